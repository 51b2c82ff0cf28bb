"""Says something to the app as Slack's outgoing webhook would, and watches the consumers do their part."""

import http.client
import json
import socket
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable

from advent_cli import counts
from advent_cli.aws_errors import found
from advent_cli.errors import AdventError, TargetError, UsageError
from advent_cli.patience import Patience
from advent_cli.settings import Slack
from advent_cli.stack import Stack

TIMEOUT = 30  # seconds for one answer; API Gateway itself gives up after 30
NOT_THERE_YET = {403: "Forbidden", 404: "Not Found"}  # what API Gateway says of an API it does not know everywhere yet
NOT_ALLOWED_YET = (500, "Internal Server Error")  # and of a function, or a role's policy, that is as new as that
LONGEST_WORD = 2048  # bytes; the handlers leave longer ones out
SEE = "`advent status` tells whether all is there; the functions' log groups may tell more"
CALM = 3.0  # seconds without a change after which several consumers count as done


def message(words: tuple[str, ...]) -> str:
    """The words of the command line as one text; raises AdventError for bytes that are no text."""
    text = " ".join(words)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError("the text is not UTF-8", hint="check the settings of the terminal") from None
    return text


def form(text: str, slack: Slack) -> dict[str, str]:
    """The fields that Slack posts (api.slack.com, "Outgoing webhooks"), for a person in a channel of a test team."""
    return {
        "token": "advent-say",
        "team_id": "T0001",
        "team_domain": "advent",
        "channel_id": "C2147483705",
        "channel_name": "test",
        "timestamp": f"{time.time():.6f}",
        "user_id": "U2147483697",
        "user_name": "advent",
        "text": text,
        "trigger_word": slack.trigger_word,
    }


def post(url: str, fields: dict[str, str], wait: Patience, untouched: Callable[[], bool] = lambda: False) -> str:
    """Post the form and return the text of the bot's reply.

    An API that is not reachable everywhere yet is tried again for a while, and so is one whose function is not allowed
    to work yet, if `untouched` says that no word was counted. Whatever else goes wrong is an AdventError, and is not
    tried again.
    """
    reply = ""

    def answered() -> bool:
        nonlocal reply
        try:
            reply = _post_once(url, fields)
        except urllib.error.HTTPError as error:
            body = error.read().decode(errors="replace")
            if error.code in NOT_THERE_YET and NOT_THERE_YET[error.code] in body:
                return False
            if error.code == NOT_ALLOWED_YET[0] and NOT_ALLOWED_YET[1] in body and untouched():
                return False
            raise AdventError(f"the API answered {error.code}", why=body.strip()[:300], hint=SEE) from None
        except urllib.error.URLError as error:
            if isinstance(error.reason, socket.gaierror):
                return False  # the name of a new API is not known everywhere yet
            raise TargetError(f"{url} does not answer", why=str(error.reason)) from None
        except (OSError, http.client.HTTPException) as error:
            raise TargetError(f"{url} does not answer", why=str(error) or type(error).__name__) from None
        return True

    wait.until(answered, f"{url} does not answer yet", within=20, hint=SEE)
    try:
        return str(json.loads(reply)["text"]) if reply else ""
    except (ValueError, KeyError, TypeError):
        raise AdventError("the API answered something that is no reply for Slack", why=reply[:300]) from None


def _post_once(url: str, fields: dict[str, str]) -> str:
    parts = urllib.parse.urlsplit(url)
    host = parts.hostname or ""
    request = urllib.request.Request(url, urllib.parse.urlencode(fields).encode(), method="POST")  # noqa: S310
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


def writers(stack: Stack) -> list[str]:
    """The consumers that count too, so that the counts go on changing after the reply."""
    functions = stack.config.functions.items()
    return [name for name, function in functions if function.subscribes and function.table == "write"]


def expected(stack: Stack, text: str) -> dict[str, int]:
    """The counts that function 1 will answer with, from those there are before the text is posted."""
    words = Counter(word for word in text.split() if len(word.encode()) <= LONGEST_WORD)
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
