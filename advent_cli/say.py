"""Says something to the app as Slack would, and watches the consumers do their part."""

import http.client
import json
import re
import socket
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable
from itertools import islice

from advent_cli import counts, slack
from advent_cli.aws_errors import found
from advent_cli.errors import AdventError, TargetError, UsageError
from advent_cli.patience import GaveUpError, Patience
from advent_cli.slack import Post
from advent_cli.stack import Stack

TIMEOUT = 30  # seconds for one answer; API Gateway itself gives up after 30
NOT_THERE_YET = {403: "Forbidden", 404: "Not Found"}  # what API Gateway says of an API it does not know everywhere yet
NOT_ALLOWED_YET = {  # what it says of a function that is as new as that; and the function, of its role's policies
    500: "Internal Server Error",
    503: "Please try again",
}
UNAUTHORIZED = 401
LONGEST_WORD, MOST_WORDS = 2048, 1000  # bytes, and different words; the handlers leave out what is beyond
SEE = "`advent status` tells whether all is there; the functions' log groups may tell more"
CALM = 3.0  # seconds without a change after which several consumers count as done


def message(words: tuple[str, ...]) -> str:
    """The words of the command line as one text, which Slack would send; raises UsageError for bytes that are none."""
    text = re.sub(r"[\x00-\x1f\x7f-\x9f]", " ", " ".join(words))
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError("the text is not UTF-8", hint="check the settings of the terminal") from None
    return text


def post(url: str, message: Post, wait: Patience, untouched: Callable[[], bool] = lambda: False) -> str:
    """Post what Slack would and return the text of the bot's reply.

    An API that is not reachable everywhere yet is tried again for a while, and so is one whose function is not allowed
    to work yet, if `untouched` says that no word was counted. Whatever else goes wrong is an AdventError, and is not
    tried again.
    """
    reply, refused = "", None

    def answered() -> bool:
        nonlocal reply, refused
        try:
            reply = post_once(url, message)
        except urllib.error.HTTPError as error:
            body = error.read().decode(errors="replace")
            if error.code in NOT_THERE_YET and NOT_THERE_YET[error.code] in body:
                return False
            hint = "`advent slack secret` sets the secret that Slack has" if error.code == UNAUTHORIZED else SEE
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
        wait.until(answered, f"{url} does not answer yet", within=20, hint=SEE)
    except GaveUpError as error:
        raise refused or error from None
    text = _text(reply) if reply else ""
    if text is None:
        raise AdventError("the API answered something that is no reply for Slack", why=reply[:300])
    return text


def _text(reply: str) -> str | None:
    """The text of a reply, as Slack shows it; None if this is none."""
    try:
        return slack.shown(json.loads(reply)["text"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def post_once(url: str, message: Post) -> str:
    """Post it and return the body of the answer; raises what urllib does."""
    parts = urllib.parse.urlsplit(url)
    host = parts.hostname or ""
    request = urllib.request.Request(url, message.body, message.headers, method="POST")  # noqa: S310
    opener = urllib.request.build_opener()
    if host == "127.0.0.1" or host.endswith(".localhost"):  # RFC 6761: always this machine, whatever resolvers say
        request.add_unredirected_header("Host", parts.netloc)
        request.host = f"127.0.0.1:{parts.port or 80}"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=TIMEOUT) as answer:
        return str(answer.read().decode())


def untouched(stack: Stack, answered: dict[str, int]) -> bool:
    """Whether none of the words can have been counted yet; unknown is no."""
    now = counts.of(stack.table, answered)
    return bool(answered) and all(now[word] < answered[word] for word in answered)


def tells_counts(reply: str, answered: dict[str, int]) -> bool:
    """Whether the reply is one of a word counter, so that there is something to wait for."""
    return all(f"{word} = " in reply for word in answered)


def writers(stack: Stack) -> list[str]:
    """The consumers that count too, so that the counts go on changing after the reply."""
    functions = stack.config.functions.items()
    return [name for name, function in functions if function.subscribes and "write" in function.table]


def expected(stack: Stack, text: str) -> dict[str, int]:
    """The counts that function 1 will answer with, from those there are before the text is posted."""
    fitting = Counter(word for word in slack.counted(text).split() if len(word.encode()) <= LONGEST_WORD)
    words = dict(islice(fitting.items(), MOST_WORDS))
    before = found(lambda: counts.of(stack.table, words), "ResourceNotFoundException")
    if before is None:
        raise AdventError(f"the {stack.table.title} is missing", hint="`advent up` makes it")
    return {word: before[word] + times for word, times in words.items()}


def settle(stack: Stack, answered: dict[str, int], wait: Patience) -> dict[str, int]:
    """Wait until the consumers have counted on from what was `answered`, and return the counts then.

    With one consumer that is when each word has moved; with several, when nothing has moved for a while after that.
    """
    now, moved_at = answered, wait.clock()

    def settled() -> bool:
        nonlocal now, moved_at
        latest = counts.of(stack.table, answered)
        if latest != now:
            now, moved_at = latest, wait.clock()
        if any(now[word] <= answered[word] for word in answered):
            return False
        return len(writers(stack)) == 1 or wait.clock() - moved_at > CALM

    wait.until(settled, f"waiting for {', '.join(writers(stack))} to count", within=20, hint=SEE)
    return now
