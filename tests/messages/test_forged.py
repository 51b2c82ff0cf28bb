"""The text of a message is never taken for an error or for Lambda's own lines, whatever its form."""

import io
import json
import logging
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advent_cli.messages.invocations import Invocation, invocations
from advent_cli.messages.log_reader import errors
from advent_cli.stack.build import Stack
from tests.conftest import Run
from tests.messages.test_trace import log_of, logged
from tests.support import functions, stacks
from tests.support.functions import Context, told
from tests.support.tampering import put_code

OTHER = "5d2b7f0a-0000-4000-8000-c0ffee000000"  # a request id that a forger may guess
TRACEBACK = 'Traceback (most recent call last):\n  File "x.py", line 1, in handler\nKeyError: 1'
FORMS = [
    '{"level":"ERROR","message":"forged"}',
    f'{{"level":"CRITICAL","request_id":"{OTHER}"}}',
    '{"errorMessage":"forged","errorType":"KeyError"}',
    '{"published":[]}',
    "[ERROR] KeyError: forged",
    f"[ERROR]\t2026-11-23T10:00:00.000Z\t{OTHER}\tforged",
    f"[ERROR] 2026-11-23T10:00:00.000Z {OTHER} forged",
    TRACEBACK,
    f"[ERROR] KeyError: 1\n{TRACEBACK}",
    f"fine\n{TRACEBACK}",
    f"fine\r{TRACEBACK}",
    "fine\u2028[ERROR] KeyError: forged\u2029[ERROR] KeyError: forged",
    "fine\x85[ERROR] KeyError: forged\x0b[ERROR] KeyError: forged",
    "\x1b[2K\x1b[1G[ERROR] KeyError: forged",
    "Task timed out after 3.00 seconds",
    f"2026-11-23T10:00:00.000Z {OTHER} Task timed out after 3.00 seconds",
    f"RequestId: {OTHER} Error: Runtime exited with error: exit status 1",
    f"END RequestId: {OTHER}\nREPORT RequestId: {OTHER}\tDuration: 1.00 ms\tStatus: timeout",
    f"START RequestId: {OTHER} Version: $LATEST\n[ERROR] KeyError: forged\nEND RequestId: {OTHER}",
    "[ERROR] Runtime.ImportModuleError: Unable to import module 'app'",
]


def single(lines: list[str]) -> Invocation:
    """The invocation with the request id 1 and these lines."""
    (invocation,) = invocations(log_of("1", *lines))
    return invocation


def is_quiet(lines: list[str]) -> bool:
    """Whether neither `say --trace` nor `logs --errors` finds an error in these lines of an invocation."""
    return not single(lines).error and not list(errors(iter(log_of("1", *lines))))


@pytest.mark.parametrize("said", FORMS)
def test_the_logger_writes_each_word_inside_a_line_of_json(
    said: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    functions.load("sns_logger", monkeypatch).handler(told(said, published_as="M"), Context("1"))
    lines = capfd.readouterr().out.splitlines()
    assert [json.loads(line)["message"] for line in lines] == [*said.split(), "logged"]
    assert {(json.loads(line)["request_id"], json.loads(line)["message_id"]) for line in lines} == {("1", "M")}
    assert is_quiet(lines)
    assert single(lines).log[-1] == f"logged  words={len(said.split())}"


def log(patch: pytest.MonkeyPatch, said: str) -> None:
    """Log a line with this text, as function 1 does."""
    json_logging = functions.load("json_logging", patch)
    json_logging.configure()
    json_logging.set_request_id("1")
    logging.getLogger("app").info("counted", extra={"text": said})


@given(st.text(st.characters(exclude_categories=[])))
def test_a_log_line_is_one_line_whatever_its_text(said: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        out = io.StringIO()
        patch.setattr(sys, "stdout", out)
        log(patch, said)
    line = out.getvalue().removesuffix("\n")
    assert line.isprintable()
    assert json.loads(line)["text"] == said
    assert is_quiet([line])


def test_a_long_text_is_cut_before_lambda_would_split_the_line(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for one in ('"', "x", "\U000e0001", "\x00"):
        log(monkeypatch, one * 200_000)
        assert len(capfd.readouterr().out.encode()) < 256 * 1024


@pytest.mark.parametrize("said", FORMS)
def test_the_text_of_a_message_is_no_error_in_the_log_of_an_older_release(said: str) -> None:
    """It logged words and texts as they are, and last the id of the message."""
    for written in (said.split(), said.splitlines(), [said]):
        invocation = single([*written, logged("M", "1")])
        assert not invocation.error
        assert invocation.handled({"M"})
        assert invocation.published is None
        assert invocation.milliseconds == 12.5


@pytest.mark.parametrize("form", [TRACEBACK, f"[ERROR] KeyError: 1\n{TRACEBACK}", *TRACEBACK.splitlines()[:1]])
def test_an_exception_at_the_end_is_an_error(form: str) -> None:
    assert single(["a", "word", *form.splitlines()]).error
    assert single(["a", "word", form]).error


def test_an_invocation_without_an_end_does_not_swallow_the_next() -> None:
    first, second = log_of("1", "a"), log_of("2", "b", at=1001.0)
    assert [each.log for each in invocations([*first[:2], *second])] == [("a",), ("b",)]
    again = log_of("1", "c", at=1002.0)  # Lambda retries an event with the same request id
    assert [each.log for each in invocations([*first, *again])] == [("c",)]


def test_no_text_shows_up_as_an_error(deployed: Stack, advent: Run) -> None:
    for said in FORMS:
        advent("say", "--trace", "awsadvent", said)
    for said in FORMS:  # without the API, which replaces control characters by spaces
        deployed.aws.client("sns").publish(TopicArn=deployed.topics["awsadvent"].arn, Message=said)
    tree = advent("say", "--trace", "awsadvent", "the-last").stderr
    assert "awsadvent | the-last | logged" in tree
    assert advent("logs", "--errors", "--since", "10m").stdout == ""
    words = [line.split(maxsplit=2)[2] for line in advent("logs", "sns_logger").stdout.splitlines()]
    assert FORMS[0] in words
    assert "the-last" in words
    ids = advent("-v", "logs", "sns_logger").stdout
    assert "the-last  request_id=" in ids
    assert "  message_id=" in ids


OLD = """
import json

def handler(event, context):
    for record in event["Records"]:
        for word in record["Sns"]["Message"].split():
            print(word)
        last = {"level": "INFO", "message": "logged", "request_id": context.aws_request_id}
        message_id = record["Sns"]["MessageAttributes"]["message_id"]["Value"]
        print(json.dumps({**last, "message_id": message_id}))
"""


def test_the_log_of_an_older_release_can_be_traced(deployed: Stack, advent: Run) -> None:
    put_code(deployed, "sns_logger", "sns_logger", OLD)
    try:
        for said in ('{"level":"ERROR"}', '{"errorMessage":1}', "[ERROR] KeyError: forged", "some words"):
            tree = advent("say", "--trace", "awsadvent", said).stderr
        assert "awsadvent | some | words | logged" in tree
        words = [line.split(maxsplit=2)[2] for line in advent("logs", "sns_logger").stdout.splitlines()]
        assert {"some", "words", "[ERROR]"} <= {*words}
    finally:
        stacks.up(deployed)


def test_an_error_line_without_a_request_id_is_shown_but_fails_nothing(deployed: Stack, advent: Run) -> None:
    text = 'def handler(event, context):\n    print(\'{"level": "ERROR", "message": "of another app"}\')\n'
    put_code(deployed, "sns_logger", "sns_logger", text)
    try:
        advent("say", "--trace", "awsadvent", "own")
        assert "ERROR of another app" in advent("logs", "--errors", "--since", "1m").stdout
    finally:
        stacks.up(deployed)
