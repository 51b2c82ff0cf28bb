"""Says something to the app as Slack would."""

import http.client
import json
import re
import socket
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime

from advent_cli.aws.account import in_parallel
from advent_cli.aws.endpoint import Endpoint
from advent_cli.aws.retry import GaveUpError, Waiter
from advent_cli.config.schema import SLACK_SECRET, Slack
from advent_cli.errors import SEE_STATUS, AdventError, TargetError, UsageError
from advent_cli.messages import slack_form
from advent_cli.messages.slack_form import Post
from advent_cli.stack.build import Stack

TIMEOUT = 30  # seconds for one answer; API Gateway itself gives up after 30
NOT_THERE_YET = {  # what API Gateway says of an API that it does not know everywhere yet, and of one that is busy
    403: "Forbidden",
    404: "Not Found",
    429: "Too Many Requests",
}
NOT_ALLOWED_YET = {  # what it says of a function that is as new as that; and the function, of its role's policies
    500: "Internal Server Error",
    503: "Please try again",
}
UNAUTHORIZED = 401


def message(words: tuple[str, ...]) -> str:
    """The words of the command line as one text, which Slack would send; raises UsageError for bytes that are none."""
    text = re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", " ".join(words))
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError(
            f"the text is not UTF-8: {ascii(text)[:80]}", hint="check the settings of the terminal"
        ) from None
    return text


@dataclass(frozen=True)
class Reply:
    """What the bot said; and of the post, when it was sent, how long the answer took, and its id.

    The time is in seconds since 1970, by AWS's clock where that is known. The id is what the function told in a header;
    else the API Gateway's, which functions know as the request's.
    """

    text: str
    at: float
    seconds: float
    message_id: str | None


@dataclass(frozen=True)
class Webhook:
    """Where Slack posts to, the function behind it, Slack's settings, and the secret that Slack has, if any."""

    url: str
    function: str
    slack: Slack | None
    secret: str | None = field(repr=False)
    server: Endpoint | None = None

    def say(self, text: str, waiter: Waiter, untouched: Callable[[], bool] = lambda: False) -> Reply:
        """Post a message; see `post`."""
        try:
            return post(self.url, slack_form.post(text, self.slack, self.secret), waiter, untouched)
        except TargetError:
            if self.server:
                self.server.check()
            raise


def webhook(stack: Stack) -> Webhook:
    """Find the app's door; raises AdventError if it has none, or not yet."""
    config, kept = stack.config, stack.secrets.get(SLACK_SECRET)
    if not config.post_routes:
        raise AdventError("no function has a route that Slack could post to", hint="give one of them routes: POST /...")
    url, secret = in_parallel(lambda: stack.url, lambda: kept.value() if kept else None)
    if url is None:
        raise AdventError(f"the {stack.api.title} is missing", hint="`advent up` makes what is in config.yaml")
    function = next(name for name, function in config.functions.items() if config.post_routes[0] in function.routes)
    return Webhook(url, function, config.slack, secret, stack.aws.endpoint)


def post(url: str, message: Post, waiter: Waiter, untouched: Callable[[], bool] = lambda: False) -> Reply:
    """Post what Slack would and return the bot's reply.

    An API that is not reachable everywhere yet is tried again for a while, and so is one whose function is not allowed
    to work yet, if `untouched` says that no word was counted. Whatever else goes wrong is an AdventError, and is not
    tried again.
    """
    reply, refused = Reply("", 0, 0, None), None

    def answered() -> bool:
        nonlocal reply, refused
        try:
            reply = post_once(url, message)
        except urllib.error.HTTPError as error:
            body = error.read().decode(errors="replace")
            if error.code in NOT_THERE_YET and NOT_THERE_YET[error.code] in body:
                return False
            hint = "`advent slack secret` sets the secret that Slack has" if error.code == UNAUTHORIZED else SEE_STATUS
            why = _text(body) or body.strip()[:300]
            refused = AdventError(f"the API answered {error.code}", why=why, hint=hint)
            if error.code in NOT_ALLOWED_YET and NOT_ALLOWED_YET[error.code] in body and untouched():
                return False
            raise refused from None
        except urllib.error.URLError as error:
            if isinstance(error.reason, socket.gaierror):
                return False  # the name of a new API is not known everywhere yet
            raise TargetError(f"{url} does not answer", why=str(error.reason)) from None
        except (OSError, http.client.HTTPException) as error:
            raise TargetError(f"{url} does not answer", why=str(error) or type(error).__name__) from None
        return True

    try:
        waiter.until(answered, f"{url} does not answer yet", within=20, hint=SEE_STATUS)
    except GaveUpError as error:
        raise refused or error from None
    text = _text(reply.text) if reply.text else ""
    if text is None:
        raise AdventError("the API answered something that is no reply for Slack", why=reply.text[:300])
    return replace(reply, text=text)


def _text(reply: str) -> str | None:
    """The text of a reply, as Slack shows it; None if this is none."""
    try:
        return slack_form.shown(json.loads(reply)["text"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def post_once(url: str, message: Post) -> Reply:
    """Post it and return the answer, its text as it came; raises what urllib does."""
    parts = urllib.parse.urlsplit(url)
    host = parts.hostname or ""
    request = urllib.request.Request(url, message.body, message.headers, method="POST")  # noqa: S310
    opener = urllib.request.build_opener()
    if host == "127.0.0.1" or host.endswith(".localhost"):  # RFC 6761: always this machine, whatever resolvers say
        request.add_unredirected_header("Host", parts.netloc)
        request.host = f"127.0.0.1:{parts.port or 80}"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    at, began = time.time(), time.perf_counter()
    with opener.open(request, timeout=TIMEOUT) as answer:
        seconds, text = time.perf_counter() - began, str(answer.read().decode())
        message_id = answer.headers.get("X-Message-Id") or answer.headers.get("apigw-requestid")
        if told := answer.headers.get("Date"):  # by AWS's own clock, to the second
            at = parsedate_to_datetime(told).timestamp() - seconds - 1
        return Reply(text, at, seconds, message_id)
