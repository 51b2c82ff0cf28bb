"""Posts a message to the app as Slack would."""

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
from advent_cli.messages import slack_post
from advent_cli.messages.slack_post import SlackRequest
from advent_cli.stack.build import Stack

TIMEOUT = 30  # seconds for one response; API Gateway itself gives up after 30
NOT_READY = {  # API Gateway's responses for an API that it does not know everywhere yet, and for a busy one
    403: "Forbidden",
    404: "Not Found",
    429: "Too Many Requests",
}
NOT_PERMITTED_YET = {  # API Gateway's for a new function; and the function's, for new policies of its role
    500: "Internal Server Error",
    503: "Please try again",
}
UNAUTHORIZED = 401


def message(words: tuple[str, ...]) -> str:
    """The words of the command line as one text that Slack could send; raises UsageError if they are not UTF-8."""
    text = re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", " ".join(words))
    try:
        text.encode()
    except UnicodeEncodeError:
        hint = "check the encoding of your terminal"
        raise UsageError(f"the text is not UTF-8: {ascii(text)[:80]}", hint=hint) from None
    return text


@dataclass(frozen=True)
class Reply:
    """The bot's reply: its text, when the message was posted, how long the response took, and the message id.

    `posted_at` is in seconds since 1970, by AWS's clock if the response has a date. The id is from the function's
    header, or else API Gateway's, which functions get as the request id.
    """

    text: str
    posted_at: float
    seconds: float
    message_id: str | None


@dataclass(frozen=True)
class Webhook:
    """The URL that Slack posts to, the function behind it, Slack's settings, and the secret if one is set."""

    url: str
    function: str
    slack: Slack | None
    secret: str | None = field(repr=False)
    server: Endpoint | None = None

    def say(self, text: str, waiter: Waiter, not_counted: Callable[[], bool] = lambda: False) -> Reply:
        """Post a message; see `post`."""
        try:
            return post(self.url, slack_post.build_request(text, self.slack, self.secret), waiter, not_counted)
        except TargetError:
            if self.server:
                self.server.check()
            raise


def webhook(stack: Stack) -> Webhook:
    """The app's webhook; raises AdventError if config.yaml has no route for it, or the API does not exist."""
    config, kept = stack.config, stack.secrets.get(SLACK_SECRET)
    if not config.post_routes:
        raise AdventError("no function has a POST route for Slack", hint="add `routes: POST /PATH` to one of them")
    url, secret = in_parallel(lambda: stack.url, lambda: kept.value() if kept else None)
    if url is None:
        raise AdventError(f"the {stack.api.title} is missing", hint="`advent up` creates it")
    function = next(name for name, function in config.functions.items() if config.post_routes[0] in function.routes)
    return Webhook(url, function, config.slack, secret, stack.aws.endpoint)


def post(url: str, message: SlackRequest, waiter: Waiter, not_counted: Callable[[], bool] = lambda: False) -> Reply:
    """Post a message as Slack would, and return the bot's reply.

    Retries for a while if the API is not reachable everywhere yet; also if the function lacks permissions so far, but
    only if `not_counted` says that no word was counted. Raises AdventError for anything else, without a retry.
    """
    reply, refused = Reply("", 0, 0, None), None

    def answered() -> bool:
        nonlocal reply, refused
        try:
            reply = send(url, message)
        except urllib.error.HTTPError as error:
            body = error.read().decode(errors="replace")
            if error.code in NOT_READY and NOT_READY[error.code] in body:
                return False
            why = _text(body) or body.strip()[:300]
            hint = "`advent slack secret` sets the secret" if error.code == UNAUTHORIZED else SEE_STATUS
            refused = AdventError(f"the API answered {error.code}", why=why, hint=hint)
            if error.code in NOT_PERMITTED_YET and NOT_PERMITTED_YET[error.code] in body and not_counted():
                return False
            raise refused from None
        except urllib.error.URLError as error:
            if isinstance(error.reason, socket.gaierror):
                return False  # DNS does not have the name of a new API everywhere yet
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
        raise AdventError("the API's response is not a Slack reply", why=reply.text[:300])
    return replace(reply, text=text)


def _text(reply: str) -> str | None:
    """The text of a reply as Slack shows it; None if it is not a reply."""
    try:
        return slack_post.unescape(json.loads(reply)["text"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def send(url: str, message: SlackRequest) -> Reply:
    """Post a message once, and return the response with its body as the text; raises urllib's errors."""
    parts = urllib.parse.urlsplit(url)
    host = parts.hostname or ""
    request = urllib.request.Request(url, message.body, message.headers, method="POST")  # noqa: S310
    opener = urllib.request.build_opener()
    if host == "127.0.0.1" or host.endswith(".localhost"):  # RFC 6761: this machine, whatever resolvers answer
        request.add_unredirected_header("Host", parts.netloc)
        request.host = f"127.0.0.1:{parts.port or 80}"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    at, began = time.time(), time.perf_counter()
    with opener.open(request, timeout=TIMEOUT) as response:
        seconds, text = time.perf_counter() - began, str(response.read().decode())
        message_id = response.headers.get("X-Message-Id") or response.headers.get("apigw-requestid")
        if date := response.headers.get("Date"):  # by AWS's clock, in whole seconds
            at = parsedate_to_datetime(date).timestamp() - seconds - 1
        return Reply(text, at, seconds, message_id)
