"""The functions, called as Lambda calls them, with a real table and topic behind them."""

import base64
import importlib.util
import json
import logging
import sys
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from advent_cli import counts, say
from advent_cli.local import Engine
from advent_cli.patience import Patience
from advent_cli.stack import Stack
from tests.support import stacks
from tests.support.stacks import ROOT, TUTORIAL

WAIT = Patience()


@pytest.fixture(scope="module")
def stack(running_engine: Engine) -> Stack:
    """A table and a topic, without consumers."""
    stacks.reset(running_engine)
    stack = stacks.tutorial(running_engine)
    stack.table.create(WAIT)
    stack.topic.create(WAIT)
    return stack


@pytest.fixture
def environment(stack: Stack, running_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """What Lambda sets for each function."""
    for name, value in running_engine.environment(None).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DYNAMO_TABLE", stack.table.name)
    monkeypatch.setenv("SNS_TOPIC_ARN", stack.topic.arn)
    return monkeypatch


@pytest.fixture
def app(environment: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    yield from load("app")


@pytest.fixture
def multiplier(environment: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    yield from load("sns_multiplier")


def load(name: str) -> Iterator[ModuleType]:
    """A handler's module, run afresh as in a new container."""
    level = logging.getLogger().level
    spec = importlib.util.spec_from_file_location(name, ROOT / "handlers" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    logging.getLogger().setLevel(level)


def posted(fields: dict[str, str], encode: bool = True) -> dict[str, Any]:
    """The event of a form post, as an HTTP API makes it."""
    body = urllib.parse.urlencode(fields)
    return {"body": base64.b64encode(body.encode()).decode() if encode else body, "isBase64Encoded": encode}


def told(*messages: str) -> dict[str, Any]:
    """The event of SNS with these messages."""
    return {"Records": [{"Sns": {"Message": text, "MessageId": str(n)}} for n, text in enumerate(messages)]}


def reply(module: ModuleType, event: dict[str, Any]) -> str:
    answer = module.handler(event, None)
    assert answer["statusCode"] == 200
    return str(json.loads(answer["body"])["text"])


WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
LIVE = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@LIVE
@example("a&b c#d e+f g%41 h=i")
@example("awsadvent awsadvent ünïcödé 🎄 🎄 🎄")
@given(st.lists(WORDS, max_size=5).map(" ".join))
def test_every_text_is_counted_word_for_word(app: ModuleType, multiplier: ModuleType, stack: Stack, text: str) -> None:
    words = Counter(text.split())
    before = counts.of(stack.table, words)
    answer = reply(app, posted(say.form(text, TUTORIAL.slack)))
    expected = [f"{word} = {before[word] + times}" for word, times in words.items()]
    assert answer == (", ".join(expected) if expected else "There are no words to count.")
    multiplier.handler(told(text), None)
    assert counts.of(stack.table, words) == {word: before[word] + 11 * times for word, times in words.items()}


@LIVE
@given(st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3), st.booleans())
def test_a_form_without_a_text_is_answered(app: ModuleType, fields: dict[str, str], encode: bool) -> None:
    fields.pop("text", None)
    assert reply(app, posted(fields, encode)) == "There are no words to count."


@LIVE
@given(st.binary(max_size=50))
def test_any_body_is_answered(app: ModuleType, body: bytes) -> None:
    event = {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    assert app.handler(event, None)["statusCode"] == 200
    assert app.handler({"body": body.decode("latin-1"), "isBase64Encoded": False}, None)["statusCode"] == 200


@pytest.mark.parametrize("event", [{}, {"body": None}, {"body": ""}, {"isBase64Encoded": True}])
def test_a_request_without_a_body_is_answered(app: ModuleType, event: dict[str, Any]) -> None:
    assert reply(app, event) == "There are no words to count."


def test_a_word_too_long_for_a_key_is_left_out_and_told(app: ModuleType, multiplier: ModuleType, stack: Stack) -> None:
    text = f"short {'é' * 1025}"
    assert reply(app, posted({"text": text})) == "short = 1 (left out: 1 longer than 2048 bytes)"
    multiplier.handler(told(text), None)
    assert counts.of(stack.table, ["short"]) == {"short": 11}


def test_the_bot_does_not_answer_itself(app: ModuleType, stack: Stack) -> None:
    answer = app.handler(posted({"text": "awsadvent = 1, bot = 1", "user_id": "USLACKBOT"}), None)
    assert (answer["statusCode"], answer["body"]) == (200, "")
    assert counts.of(stack.table, ["bot"]) == {"bot": 0}


def test_all_the_messages_of_an_event_are_counted(multiplier: ModuleType, stack: Stack) -> None:
    multiplier.handler(told("first", "second third", "first"), None)
    assert counts.of(stack.table, ["first", "second", "third"]) == {"first": 20, "second": 10, "third": 10}


def test_the_logger_writes_each_word(capsys: pytest.CaptureFixture[str]) -> None:
    logger = next(load("sns_logger"))
    logger.handler(told("some words", "a&b c#d 100%"), None)
    assert capsys.readouterr().out.split("\n") == ["some", "words", "a&b", "c#d", "100%", ""]


def test_a_failed_publish_is_told_and_logged(environment: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    environment.setenv("SNS_TOPIC_ARN", "arn:aws:sns:us-east-1:000000000000:gone")
    app = next(load("app"))
    assert reply(app, posted({"text": "unheard"})) == "unheard = 1 (counted, not announced)"
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 1
    assert "gone" in errors[0].getMessage()
    assert errors[0].exc_info  # with the cause


def test_without_a_topic_it_counts_and_tells_nobody(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("SNS_TOPIC_ARN")
    assert reply(next(load("app")), posted({"text": "alone"})) == "alone = 1"


def test_a_handler_needs_nothing_of_ours() -> None:
    for file in (ROOT / "handlers").glob("*.py"):
        spec = importlib.util.spec_from_file_location(file.stem, file)
        assert spec
        imported = {
            line.split()[1].split(".")[0]
            for line in file.read_text().splitlines()
            if line.startswith(("import ", "from "))
        }
        assert imported <= {"boto3", *sys.stdlib_module_names}, file
