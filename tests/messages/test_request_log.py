"""`advent slack check`: whether and when Slack sent a request, and the response it got."""

import json
import time
import urllib.error
import urllib.request
from contextlib import suppress

import pytest

from advent_cli.local.lifecycle import Engine
from advent_cli.messages import request_log
from advent_cli.messages.log_reader import Line
from advent_cli.messages.request_log import Request
from advent_cli.stack.build import Stack
from tests.conftest import Run
from tests.messages.test_log_reader import write
from tests.support import stacks

ONE_WORD = "counted 1 word"
SLACKBOT = {"User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)"}


def post(stack: Stack, body: bytes) -> None:
    """Post as Slack does; ignore the response, even an error."""
    assert stack.url
    with suppress(urllib.error.HTTPError):
        urllib.request.urlopen(urllib.request.Request(stack.url, body, SLACKBOT)).close()


def test_no_request_then_say_then_slack_then_a_refusal(deployed: Stack, advent: Run) -> None:
    never = advent("slack", "check", code=1).stdout
    assert never.startswith("Slack sent no request in the last 14 days")
    assert [line[:2] for line in never.splitlines()[-4:]] == ["1.", "2.", "3.", "4."]
    assert str(deployed.url) in never

    advent("say", "--no-wait", "awsadvent", "checked")
    mine = advent("slack", "check", code=1).stdout
    assert mine.startswith("Slack sent no request")
    assert "others, such as advent say and slack listen: 1 answered 200" in mine

    post(deployed, b"text=checked+by+Slack")
    called = advent("slack", "check").stdout
    assert "seconds ago: answered 200, counted 3 words\n" in called.replace("second ", "seconds ")
    assert "in the last day, Slack: 1 answered 200\n" in called

    post(deployed, b"no=text")
    refused = advent("slack", "check", code=1).stdout
    assert "answered 400, refused: the field text is missing\n" in refused
    assert "in the last day, Slack: 1 answered 200, 1 answered 400\n" in refused
    assert "try: `advent logs" in refused


def line(text: str) -> Line:
    return Line(5.0, "aws_advent", text, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '{"message": "counted", "words": 1, "status": 200, "slackbot": true}',
            Request(5, 200, "counted 1 word", True),
        ),
        ('{"message": "counted", "words": 2}', Request(5, 200, "counted 2 words", None)),  # of an older function
        ('{"message": "refused: no", "status": 401, "slackbot": false}', Request(5, 401, "refused: no", False)),
        ("[ERROR] KeyError: 'x'\nTraceback (most recent", Request(5, 500, "[ERROR] KeyError: 'x'", None)),
        ("2026 Task timed out after 30.00 seconds", Request(5, 500, "2026 Task timed out after 30.00 seconds", None)),
        ('{"level": "ERROR", "message": "not announced: NotFound"}', None),
        ("END RequestId: 1", None),
        ("whatever", None),
        ('{"message": 5, "status": "odd"}', None),
    ],
)
def test_parse(text: str, expected: Request | None) -> None:
    assert request_log.parse([line(text)]) == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-3, "0 seconds"), (1, "1 second"), (59.9, "59 seconds"), (60, "1 minute"), (7200, "2 hours"), (86400, "1 day")],
)
def test_a_span_in_words(seconds: float, words: str) -> None:
    assert request_log.span(seconds) == words


def test_advice_after_a_wrong_secret() -> None:
    refused = Request(0, 401, "refused: this did not come from Slack", True)
    assert "advent slack secret" in request_log.advice(refused, "u", "w")[0]
    assert request_log.advice(Request(0, 200, ONE_WORD, True), "u", "w") == []


def test_advice_before_the_first_request_is_how_slack_reaches_the_app() -> None:
    public = "\n".join(request_log.advice(None, "https://x.example/p", "w"))
    assert "exactly this URL: https://x.example/p " in public
    assert "listen" not in public
    local = "\n".join(request_log.advice(None, "http://127.0.0.1:1/p", "w"))
    assert "`advent slack listen` is running: Slack cannot reach http://127.0.0.1:1/p" in local


def test_a_request_of_days_ago_is_found(engine: Engine) -> None:
    stack, now = stacks.tutorial(engine), time.time()
    stacks.up(stack)
    from_slack = {"message": "counted", "words": 1, "status": 200, "slackbot": True}
    write(stack, "aws_advent", (now - 3 * request_log.DAY, json.dumps(from_slack)))
    write(stack, "aws_advent", (now - 2 * request_log.DAY, json.dumps({**from_slack, "slackbot": False})))
    last = request_log.last_from_slack(stack, now)
    assert last
    assert request_log.span(now - last.time) == "3 days"
