"""Posts a message to the app as Slack would."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime

from advent_cli.aws.account import in_parallel
from advent_cli.aws.endpoint import Endpoint
from advent_cli.aws.http_client import HttpClient, NoResponseError, Response
from advent_cli.aws.retry import GaveUpError, Waiter
from advent_cli.config.schema import SLACK_SECRET, Slack
from advent_cli.errors import SEE_STATUS, AdventError, TargetError, UsageError
from advent_cli.messages import slack_post
from advent_cli.messages.gateway_responses import NOT_READY, own_response
from advent_cli.messages.slack_post import SlackRequest
from advent_cli.stack.build import Stack

TIMEOUT = 30  # seconds for one response; API Gateway itself gives up after 30
TRY_AGAIN = "Please try again"  # in the function's response if its role lacks permissions
UNAUTHORIZED = 401
REDIRECTS = range(300, 400)
NO_PROFILE = HttpClient()  # by the environment alone
FORM = "application/x-www-form-urlencoded"
NotCounted = Callable[[Response], bool]


class UnauthorizedError(AdventError):
    """The function found no valid signature or token of Slack, so it counted nothing."""


def never(_: Response) -> bool:
    """Not known, so a word may have been counted."""
    return False


def message(words: tuple[str, ...]) -> str:
    """The words of the command line as one text that Slack could send; raises UsageError if they are not UTF-8."""
    text = slack_post.CONTROLS.sub(" ", " ".join(words))
    try:
        text.encode()
    except UnicodeEncodeError:
        hint = "check the encoding of your terminal"
        raise UsageError(f"the text is not UTF-8: {ascii(text)[:80]}", hint=hint) from None
    return text


@dataclass(frozen=True)
class Reply:
    """The bot's reply: its text, when the message was posted, how long the response took, the message id, and the body.

    `posted_at` is in seconds since 1970, by AWS's clock if the response has a date. The id is from the function's
    header, or else API Gateway's, which functions get as the request id.
    """

    text: str
    posted_at: float
    seconds: float
    message_id: str | None
    body: str = ""


@dataclass(frozen=True)
class Webhook:
    """The URL that Slack posts to, the function behind it, Slack's settings, and the secret if one is set."""

    url: str
    function: str
    slack: Slack | None
    secret: str | None = field(repr=False)
    server: Endpoint | None = None
    http: HttpClient = field(default_factory=HttpClient)

    def say(self, text: str, waiter: Waiter, not_counted: NotCounted = never) -> Reply:
        """Post a message; see `post`."""
        return self.send(slack_post.build_request(text, self.slack, self.secret), waiter, not_counted)

    def send(self, request: SlackRequest, waiter: Waiter, not_counted: NotCounted) -> Reply:
        """Post a request; see `post`."""
        try:
            return post(self.url, request, waiter, not_counted, self.http)
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
    return Webhook(
        url, config.function_of(config.post_routes[0]), config.slack, secret, stack.aws.endpoint, stack.aws.http
    )


def post(
    url: str,
    message: SlackRequest,
    waiter: Waiter,
    not_counted: NotCounted = never,
    http: HttpClient = NO_PROFILE,
) -> Reply:
    """Post a message as Slack would, and return the bot's reply.

    Retries for a while if the API is not reachable everywhere yet; also if the function lacks permissions so far, but
    only if `not_counted` says of the response that no word was counted. Raises AdventError for anything else, without
    a retry.
    """
    reply, refused = Reply("", 0, 0, None), None

    def answered() -> bool:
        nonlocal reply, refused
        at, began = time.time(), time.perf_counter()
        try:
            response = send(http, url, message)
        except NoResponseError as error:
            if error.is_unknown_host:
                return False  # DNS does not have the name of a new API everywhere yet
            raise
        own = own_response(response.status, response.text)
        if response.status < REDIRECTS.start:
            reply = _reply(response, at, time.perf_counter() - began)
            return True
        if own and response.status in NOT_READY:
            return False
        refused = _refusal(response)
        not_permitted_yet = response.status == 500 if own else response.status == 503 and TRY_AGAIN in response.text
        if not_permitted_yet and not_counted(response):
            return False
        raise refused

    try:
        waiter.until(answered, f"{url} does not answer yet", within=20, hint=SEE_STATUS)
    except GaveUpError as error:
        raise refused or error from None
    text = _text(reply.text) if reply.text else ""
    if text is None:
        raise AdventError("the API's response is not a Slack reply", why=reply.text[:300])
    return replace(reply, text=text)


def send(http: HttpClient, url: str, message: SlackRequest) -> Response:
    """Post a message once, and return the response, whatever its status; raises TargetError if there is none."""
    return http.post(url, message.body, {"Content-Type": FORM, **message.headers}, TIMEOUT)


def _reply(response: Response, at: float, seconds: float) -> Reply:
    """The reply, with the whole body as its text; `at` is when it was posted, by the clock here."""
    message_id = response.headers.get("X-Message-Id") or response.headers.get("apigw-requestid")
    return Reply(response.text, sent_at(response, at, seconds), seconds, message_id, response.text)


def sent_at(response: Response, at: float, seconds: float) -> float:
    """When the request was sent, at the earliest, by AWS's clock if the response has a date; `at` is by the one here.

    `seconds` is how long the response took.
    """
    date = response.headers.get("Date")  # in whole seconds
    return parsedate_to_datetime(date).timestamp() - seconds - 1 if date else at


def _refusal(response: Response) -> AdventError:
    """The error that a response is which has no reply."""
    why = _text(response.text) or response.text.strip()[:300]
    if response.status in REDIRECTS:
        why = f"it redirects to {response.headers.get('Location', 'nowhere')}, which could post the message twice"
    what = f"the API answered {response.status}"
    if response.status == UNAUTHORIZED:
        return UnauthorizedError(what, why=why, hint="`advent slack secret` sets the secret")
    return AdventError(what, why=why, hint=SEE_STATUS)


def _text(reply: str) -> str | None:
    """The text of a reply as Slack shows it; None if it is not a reply."""
    try:
        return slack_post.unescape(json.loads(reply)["text"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
