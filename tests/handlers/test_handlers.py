"""The functions that count, called as Lambda calls them, with a real table, topic and queue behind them."""

import base64
import importlib.util
import itertools
import json
import os
import re
import sys
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore.config import Config
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from advent_cli.aws.retry import Waiter
from advent_cli.local.lifecycle import Engine
from advent_cli.messages import slack_post
from advent_cli.stack.build import Stack
from advent_cli.words import counts
from tests.support import functions, stacks
from tests.support import proxy as proxies
from tests.support.functions import Context, reply, request, told, typed

WAIT = Waiter()
NUMBERS = itertools.count(10_000)  # of messages, no two the same
EXAMPLES = 20_000 if os.environ.get("ADVENT_FUZZ") == "all" else 200
Patch = pytest.MonkeyPatch


class KilledError(BaseException):
    """What ends a function at once."""


@pytest.fixture(scope="module")
def stack(running_engine: Engine) -> Stack:
    """A table, a topic and a queue, without consumers."""
    stacks.reset(running_engine)
    stack = stacks.tutorial(running_engine)
    for resource in (stack.table, stack.topics["awsadvent"], stack.queue):
        resource.create(WAIT)
    return stack


@pytest.fixture
def app(stack: Stack, running_engine: Engine, monkeypatch: Patch) -> ModuleType:
    return patient_app(stack, running_engine.environment(None), monkeypatch)


def patient_app(stack: Stack, environment: dict[str, str], patch: Patch) -> ModuleType:
    """Function 1, in no hurry, for this machine may have other things to do."""
    functions.environment(stack, "aws_advent", environment, patch)
    app = functions.load("app", patch)
    patch.setattr(app, "COUNT_WITHIN", 60)
    patch.setattr(app, "READ_WITHIN", 60)
    patch.setattr(app, "PUBLISH_WITHIN", 60)
    patient = app.counting.CLIENT_CONFIG.merge(Config(read_timeout=60))
    patch.setattr(app.counting, "dynamodb", boto3.client("dynamodb", config=patient))
    patch.setattr(app, "sns", boto3.client("sns", config=patient))
    return app


@pytest.fixture
def multiplier(stack: Stack, running_engine: Engine, monkeypatch: Patch) -> ModuleType:
    functions.environment(stack, "sns_multiplier", running_engine.environment(None), monkeypatch)
    return functions.load("sns_multiplier", monkeypatch)


@pytest.fixture
def counted(stack: Stack) -> Callable[[Iterable[str]], dict[str, int]]:
    """The counts of words, as they are in the table."""
    return lambda words: counts.of(stack.table, words)


def through(proxy: proxies.Proxy) -> dict[str, str]:
    """The environment of functions whose calls go through the proxy."""
    return {**proxy.engine.environment(None), "AWS_ENDPOINT_URL": proxy.endpoint.url}


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The log lines written since the last look."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def letters(stack: Stack) -> list[dict[str, Any]]:
    """The messages in the queue of dead letters, taken out."""
    sqs = stack.aws.client("sqs")
    messages = sqs.receive_message(QueueUrl=stack.queue.url, MaxNumberOfMessages=10).get("Messages", [])
    for message in messages:
        sqs.delete_message(QueueUrl=stack.queue.url, ReceiptHandle=message["ReceiptHandle"])
    return [json.loads(message["Body"]) for message in messages]


PLAIN = re.compile(r"(?<!\S)[a-z0-9-]+(?!\S)")  # such words other tests count, and hypothesis reads them here
WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
LIVE = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@LIVE
@example("a&b c#d e+f g%41 h=i &lt; <!channel> <@U1|x>")
@example("awsadvent awsadvent ünïcödé 🎄 🎄 🎄 &amp; &amp;amp;")
@example("/count some of 1 2 3")
@given(st.lists(WORDS, max_size=5).map(" ".join).filter(lambda text: not PLAIN.search(text)))
def test_every_text_is_counted_word_for_word(
    app: ModuleType, multiplier: ModuleType, counted: Callable[[Iterable[str]], dict[str, int]], text: str
) -> None:
    plain = " ".join(slack_post.counted_words(text))
    words = Counter(plain.split(" ") if plain else [])
    before = counted(words)
    answer = reply(app.handler(typed(text), Context()))
    expected = [f"{word} = {before[word] + times}" for word, times in words.items()]
    assert answer == (", ".join(expected) if expected else "There are no words to count.")
    multiplier.handler(told(plain, first_id=next(NUMBERS)), Context())
    assert counted(words) == {word: before[word] + 11 * times for word, times in words.items()}


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ("<https://a.org|a.org> &amp; &lt;b&gt;", "a.org & <b>"),
        ("<https://a.org/?q=1&amp;r=2> <mailto:x@a.org|x@a.org>", "https://a.org/?q=1&r=2 x@a.org"),
        ("<@U12|ann> <@U12> <#C1|general> <#C1>", "@ann @U12 #general #C1"),
        ("<!here> <!subteam^S1|@team> <!date^1^{date}|today>", "@here @team today"),
        ("<!here|here> <!here|@here> <!channel|channel> <!subteam^S1|team>", "@here @here @channel @team"),
        ("&amp;lt; a&#38;b <> <|x>", "&lt; a&#38;b x"),
    ],
)
def test_what_slack_wraps_is_counted_as_it_was_typed(app: ModuleType, sent: str, words: str) -> None:
    assert app.slack.read_text({"text": sent}).split() == words.split()


def test_a_reply_cannot_call_the_whole_channel(app: ModuleType) -> None:
    answer = app.handler(typed("<!channel>"), Context())
    assert json.loads(answer["body"])["text"].startswith("&lt;!channel&gt; = ")


def test_a_command_is_answered_for_all_to_see(app: ModuleType) -> None:
    answer = json.loads(app.handler(typed("/count inchannel"), Context())["body"])
    assert answer == {"response_type": "in_channel", "text": "inchannel = 1"}
    assert "response_type" not in app.handler(typed("inchannel"), Context())["body"]


BAD: dict[str, tuple[dict[str, Any], int]] = {
    "no body": ({}, 400),
    "null body": ({"body": None, "headers": None}, 400),
    "no text": (request("token=x&user_name=y"), 400),
    "json": (request('{"text": "x"}', {"Content-Type": "application/json"}), 415),
    "a file": (request("x", {"Content-Type": "multipart/form-data; boundary=x"}), 415),
    "not base64": ({"body": "text=a%20b", "isBase64Encoded": True}, 400),
    "not utf-8 bytes": (request(b"text=\xff\xfe"), 400),
    "not utf-8 escapes": (request("text=%ff%fe"), 400),
    "half a character": ({"body": "text=\ud800", "isBase64Encoded": False}, 400),
    "too many fields": (request("&".join(f"f{n}=1" for n in range(101)) + "&text=x"), 400),
    "a huge body": (request(b"text=" + b"x" * 1_000_001), 413),
    "a huge text": (request("text=" + "x+" * 100_001), 413),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_form_of_slacks_is_refused_in_a_few_words(app: ModuleType, stack: Stack, name: str) -> None:
    event, status = BAD[name]
    before = counts.top(stack.table, 1000)
    assert 5 < len(reply(app.handler(event, Context()), status)) < 100
    assert counts.top(stack.table, 1000) == before


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\x00\x07", "\u2003"])
def test_a_message_without_words_is_answered(app: ModuleType, text: str) -> None:
    assert reply(app.handler(typed(text), Context())) == "There are no words to count."


@pytest.mark.parametrize("fields", [{"user_id": "USLACKBOT"}, {"bot_id": "B1"}, {"ssl_check": "1", "token": "x"}])
def test_the_bot_does_not_answer_itself(app: ModuleType, stack: Stack, fields: dict[str, str]) -> None:
    answer = app.handler(request(urllib.parse.urlencode({"text": "awsadvent = 1, bot = 1", **fields})), Context())
    assert (answer["statusCode"], answer["body"]) == (200, "")
    assert counts.of(stack.table, ["bot"]) == {"bot": 0}


def test_a_word_too_long_for_a_key_is_left_out_and_told(app: ModuleType, multiplier: ModuleType, stack: Stack) -> None:
    text = f"short {'é' * 1025}"
    assert reply(app.handler(typed(text), Context())) == "short = 1 (left out: 1 longer than 2048 bytes)"
    multiplier.handler(told(text, first_id=700), Context())
    assert counts.of(stack.table, ["short"]) == {"short": 11}
    assert reply(app.handler(typed("é" * 1025), Context())).startswith("There are no words to count (left out: 1 ")


def test_a_thousand_words_are_counted_and_no_more(
    app: ModuleType, multiplier: ModuleType, stack: Stack, running_engine: Engine, monkeypatch: Patch
) -> None:
    with proxies.running(running_engine) as proxy:
        app = patient_app(stack, through(proxy), monkeypatch)
        words = [f"w{n}" for n in range(1100)]
        answer = reply(app.handler(typed(" ".join(words)), Context()))
        assert answer.endswith("w999 = 1 (left out: 100 beyond the first 1000 different words)")
        assert Counter(proxy.calls) == {
            "ssm:GetParameter": 1,
            "dynamodb:TransactWriteItems": 10,
            "dynamodb:BatchGetItem": 10,
            "sns:Publish": 10,  # each part that is counted as one is announced as one
        }
    multiplier.handler(told(" ".join(words), first_id=800), Context())
    assert counts.of(stack.table, words) == {word: 11 if n < 1000 else 0 for n, word in enumerate(words)}


def test_a_message_that_comes_again_counts_once(multiplier: ModuleType, stack: Stack, monkeypatch: Patch) -> None:
    for _ in range(5):
        multiplier.handler(told("again again and", first_id=900), Context())
    multiplier.handler(told("again", first_id=901), Context())
    assert counts.of(stack.table, ["again", "and"]) == {"again": 30, "and": 10}
    for number in range(3):  # told three times by function 1, under one id of its own: SNS gives a new one each time
        multiplier.handler(told("thrice", first_id=910 + number, published_as="request-7/0"), Context())
    assert counts.of(stack.table, ["thrice"]) == {"thrice": 10}
    monkeypatch.setattr(multiplier, "MULTIPLIER", 20)
    multiplier.handler(told("again again and", first_id=900), Context())  # and stays counted as it was
    assert counts.of(stack.table, ["again"]) == {"again": 30}


@pytest.mark.parametrize("when", ["before-call", "after-call"])
@pytest.mark.parametrize("call", range(3))
def test_a_consumer_that_is_killed_at_any_call_and_run_again_is_exact(
    multiplier: ModuleType, stack: Stack, when: str, call: int
) -> None:
    words = [f"{when}{call}-{n}" for n in range(250)]  # three transactions
    event = told(" ".join(words), first_id=1000 + call + 10 * len(when))
    seen = 0

    def kill(**_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == call + 1:
            raise KilledError

    events = multiplier.counting.dynamodb.meta.events
    events.register(f"{when}.dynamodb.TransactWriteItems", kill)
    with pytest.raises(KilledError):
        multiplier.handler(event, Context())
    events.unregister(f"{when}.dynamodb.TransactWriteItems", kill)
    multiplier.handler(event, Context())
    assert set(counts.of(stack.table, words).values()) == {10}


CONFLICT = (
    '{"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException", "Message": "cancelled",'
    ' "CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict", "Message": "ongoing"}]}'
)


def conflict(handler: proxies.Handler, body: bytes) -> None:
    """Another transaction is at work on one of the words."""
    handler.answer(400, {"Content-Type": "application/x-amz-json-1.0"}, CONFLICT.encode())


PASSING = [
    conflict,
    proxies.refusing(400, "TransactionInProgressException", "wait"),
    proxies.throttle,
    proxies.error_500,
    proxies.cut_before,
    proxies.cut_after,
]


def test_what_passes_by_itself_is_tried_again_and_counts_once(
    stack: Stack, running_engine: Engine, monkeypatch: Patch
) -> None:
    with proxies.running(running_engine) as proxy:
        app = patient_app(stack, through(proxy), monkeypatch)
        proxy.script = {name: list(PASSING) for name in ("dynamodb:TransactWriteItems", "dynamodb:BatchGetItem")}
        assert reply(app.handler(typed("hot cold"), Context())) == "hot = 1, cold = 1"
        assert len(proxy.calls) == 2 * len(PASSING) + 4  # with GetParameter and Publish


@dataclass
class Clock:
    """A clock that goes on when somebody sleeps, or a call gets no answer: nobody has to wait."""

    now: float = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def silence(self, handler: proxies.Handler, _: bytes) -> None:
        """No answer until the client has lost patience; the call is never carried out."""
        self.now += 0.8
        handler.cut()


CALLS = ["ssm:GetParameter", "dynamodb:TransactWriteItems", "dynamodb:BatchGetItem", "sns:Publish", "sqs:SendMessage"]
SILENT = [[name] for name in CALLS] + [["sns:Publish", "sqs:SendMessage"], ["ssm:GetParameter", "sns:Publish"]]


@pytest.mark.parametrize("silent", SILENT, ids="+".join)
def test_whoever_is_silent_slack_gets_its_answer_in_three_seconds(
    stack: Stack, running_engine: Engine, monkeypatch: Patch, silent: list[str]
) -> None:
    with proxies.running(running_engine) as proxy:
        functions.environment(stack, "aws_advent", through(proxy), monkeypatch)
        app = functions.load("app", monkeypatch)
        clock = Clock()
        for module in (app, app.counting):
            monkeypatch.setattr(module, "time", clock)
        proxy.script = {name: [clock.silence] * 100 for name in silent}
        answer = app.handler(typed("silence"), Context())
        assert clock.now - 1000 < 3
        assert answer["statusCode"] == (503 if silent in ([CALLS[0]], [CALLS[1]], SILENT[-1]) else 200)
        if "sns:Publish" in proxy.calls:
            assert ("not announced" in answer["body"]) == ("sns:Publish" in silent)
    letters(stack)


def test_conflicts_without_end_are_given_up_in_time(stack: Stack, running_engine: Engine, monkeypatch: Patch) -> None:
    with proxies.running(running_engine) as proxy:
        functions.environment(stack, "aws_advent", through(proxy), monkeypatch)
        app = functions.load("app", monkeypatch)
        clock = Clock()
        for module in (app, app.counting):
            monkeypatch.setattr(module, "time", clock)
        proxy.script = {"dynamodb:TransactWriteItems": [conflict] * 200}
        assert reply(app.handler(typed("hot"), Context()), 503).startswith("Nothing was counted.")
        assert clock.now - 1000 < 1
        assert 3 < proxy.calls.count("dynamodb:TransactWriteItems") < 30


def test_what_batch_get_item_leaves_for_later_is_asked_again(
    stack: Stack, running_engine: Engine, monkeypatch: Patch
) -> None:
    def partly(handler: proxies.Handler, body: bytes) -> None:
        status, headers, content = handler.upstream(body)
        answer, request = json.loads(content), json.loads(body)["RequestItems"]["table"]
        found = answer["Responses"]["table"]
        late = [key for key in request["Keys"] if key["word"] != found[0]["word"]]
        answer = {"Responses": {"table": found[:1]}, "UnprocessedKeys": {"table": {**request, "Keys": late}}}
        plain = {name: value for name, value in headers.items() if name.lower() != "x-amz-crc32"}
        handler.answer(status, plain, json.dumps(answer).encode())

    with proxies.running(running_engine) as proxy:
        app = patient_app(stack, through(proxy), monkeypatch)
        proxy.script = {"dynamodb:BatchGetItem": [partly, partly]}
        assert reply(app.handler(typed("later1 later2 later3"), Context())) == "later1 = 1, later2 = 1, later3 = 1"
        assert proxy.calls.count("dynamodb:BatchGetItem") == 3


def test_two_consumers_of_one_message_count_it_each(stack: Stack, running_engine: Engine, monkeypatch: Patch) -> None:
    for name in ("sns_multiplier", "another"):
        functions.environment(stack, "sns_multiplier", running_engine.environment(None), monkeypatch)
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", name)
        consumer = functions.load("sns_multiplier", monkeypatch)
        for _ in range(2):
            consumer.handler(told("both", first_id=950), Context())
    assert counts.of(stack.table, ["both"]) == {"both": 20}


def test_a_message_published_twice_is_known_again(
    stack: Stack, running_engine: Engine, monkeypatch: Patch, multiplier: ModuleType
) -> None:
    """An answer of SNS is lost, so function 1 publishes again; what was published is what the consumer gets."""
    published: list[dict[str, Any]] = []

    def lost(handler: proxies.Handler, body: bytes) -> None:
        keep(handler, body, after=proxies.cut_after)

    def keep(handler: proxies.Handler, body: bytes, after: Any = proxies.pass_on) -> None:
        form = dict(urllib.parse.parse_qsl(body.decode()))
        assert form["MessageAttributes.entry.1.Name"] == "message_id"
        value = form["MessageAttributes.entry.1.Value.StringValue"]
        published.append(told(form["Message"], first_id=970 + len(published), published_as=value))
        after(handler, body)

    with proxies.running(running_engine) as proxy:
        app = patient_app(stack, through(proxy), monkeypatch)
        proxy.script = {"sns:Publish": [lost, keep]}
        reply(app.handler(typed("doubled"), Context()))
    assert len(published) == 2
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "sns_multiplier")
    for event in published:
        multiplier.handler(event, Context())
    assert counts.of(stack.table, ["doubled"]) == {"doubled": 11}


def test_a_table_that_does_not_take_it_is_told_and_nothing_is_announced(
    stack: Stack, running_engine: Engine, monkeypatch: Patch, capsys: pytest.CaptureFixture[str]
) -> None:
    denied = proxies.refusing(400, "AccessDeniedException", "not you")
    with proxies.running(running_engine) as proxy:
        app = patient_app(stack, through(proxy), monkeypatch)
        proxy.script = {"dynamodb:TransactWriteItems": [denied]}
        assert reply(app.handler(typed("denied"), Context()), 503).startswith("Nothing was counted.")
        assert proxy.calls == ["ssm:GetParameter", "dynamodb:TransactWriteItems"]
        assert [line["level"] for line in lines(capsys)] == ["ERROR"]
        proxy.script = {"dynamodb:TransactWriteItems": [denied]}  # one part of two
        words = [f"part{n}" for n in range(150)]
        answer = reply(app.handler(typed(" ".join(words)), Context()))
        left_out = re.search(r"\(left out: (\d+) that the table did not confirm\)", answer)
        assert left_out
        counted = [word for word, count in counts.of(stack.table, words).items() if count]
        assert len(words) - int(left_out[1]) == len(counted) in (50, 100)
        assert proxy.calls.count("sns:Publish") == 1
        proxy.script = {"dynamodb:BatchGetItem": [denied]}
        answer = reply(app.handler(typed("unread"), Context()))
        assert answer == "Counted 1 words, but the table does not tell their counts."


def test_a_failed_publish_is_told_and_logged_and_kept(
    app: ModuleType, stack: Stack, capsys: pytest.CaptureFixture[str], monkeypatch: Patch
) -> None:
    monkeypatch.setattr(app, "TOPIC_ARN", "arn:aws:sns:us-east-1:000000000000:gone")
    assert reply(app.handler(typed("unheard"), Context())) == "unheard = 1 (counted, not announced)"
    error, counted = lines(capsys)
    assert error["level"] == "ERROR"
    assert error["message"].startswith("not announced: NotFound")
    assert error["message_id"] == f"{counted['message_id']}/0"
    (letter,) = letters(stack)
    assert letter == {"topic": app.TOPIC_ARN, "message": "unheard", "message_id": error["message_id"]}


def test_without_a_topic_it_counts_and_tells_nobody(app: ModuleType, stack: Stack, monkeypatch: Patch) -> None:
    monkeypatch.setattr(app, "TOPIC_ARN", None)
    assert reply(app.handler(typed("alone"), Context())) == "alone = 1"
    assert letters(stack) == []


def test_all_the_messages_of_an_event_are_counted(multiplier: ModuleType, stack: Stack) -> None:
    multiplier.handler(told("first", "second third", "first", first_id=1300), Context())
    assert counts.of(stack.table, ["first", "second", "third"]) == {"first": 20, "second": 10, "third": 10}


def test_a_log_line_tells_all_but_what_people_write(
    app: ModuleType, capsys: pytest.CaptureFixture[str], monkeypatch: Patch
) -> None:
    app.handler(typed("private things"), Context("request-8"))
    (line,) = lines(capsys)
    ids, counted = ["request_id", "message_id"], ["words", "published", "milliseconds", "status", "slackbot"]
    assert [*line] == ["level", "message", *ids, *counted]
    assert (line["level"], line["message"], line["request_id"], line["words"]) == ("INFO", "counted", "request-8", 2)
    assert "private" not in str(line)
    assert isinstance(line["milliseconds"], int)
    monkeypatch.setattr(app, "LOG_TEXT", True)
    app.handler(typed("private things"), Context("request-9"))
    (line,) = lines(capsys)
    assert (line["request_id"], line["text"]) == ("request-9", "private things")


def test_a_log_line_of_the_multiplier_has_the_same_fields(
    multiplier: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    multiplier.handler(told("private things", first_id=1400), Context("request-9"))
    (line,) = lines(capsys)
    assert [*line] == ["level", "message", "request_id", "message_id", "words", "milliseconds"]
    assert (line["message"], line["request_id"], line["message_id"]) == ("counted", "request-9", "id-1400")
    assert "private" not in str(line)


def test_the_logger_writes_each_word(capsys: pytest.CaptureFixture[str], monkeypatch: Patch) -> None:
    logger = functions.load("sns_logger", monkeypatch)
    logger.handler(told("some words", "a&b c#d 100%"), Context())
    written = lines(capsys)
    assert [line["message"] for line in written] == ["some", "words", "logged", "a&b", "c#d", "100%", "logged"]
    assert [line["message_id"] for line in written] == ["id-0"] * 3 + ["id-1"] * 4


def requests() -> st.SearchStrategy[dict[str, Any]]:
    """Everything that can arrive: bodies of any bytes, forms of any fields, messages of any text."""
    kinds = st.sampled_from([functions.FORM, "application/json", "text/plain", f"{functions.FORM}; charset=utf-8", ""])
    bodies = st.binary(max_size=80) | st.text(max_size=40).map(lambda text: f"text={text}".encode("utf-8", "replace"))
    raw = st.builds(lambda body, kind: request(body, {"Content-Type": kind}), bodies, kinds)
    plain = st.builds(lambda body: {"body": body, "isBase64Encoded": False}, st.text(max_size=40) | st.none())
    broken = st.builds(lambda body: {"body": body, "isBase64Encoded": True}, st.text(max_size=40))
    names = st.sampled_from(["text", "command", "user_id", "bot_id", "ssl_check", "token"]) | st.text(max_size=4)
    fields = st.dictionaries(names, st.text(st.characters(exclude_categories=["Cs"]), max_size=30), max_size=5)
    forms = fields.map(lambda form: request(urllib.parse.urlencode(form)))
    return st.one_of(raw, plain, broken, forms, st.text(max_size=60).filter(_encodes).map(typed))


def _encodes(text: str) -> bool:
    return text.isascii() or text.encode("utf-8", "replace").decode() == text


@pytest.fixture
def table(stack: Stack) -> Iterator[dict[str, int]]:
    """The counts as they should be; at the end those in the real table are the same."""
    expected: dict[str, int] = Counter(dict(counts.scan(stack.table)))
    yield expected
    assert dict(counts.scan(stack.table)) == dict(expected)


@settings(LIVE, max_examples=EXAMPLES)
@given(requests())
def test_whatever_arrives_is_answered_and_the_sums_are_exact(app: ModuleType, table: Any, event: Any) -> None:
    answer = app.handler(event, Context())
    assert answer["statusCode"] in (200, 400, 413, 415), answer
    text = json.loads(answer["body"])["text"] if answer["body"] else ""
    if answer["statusCode"] == 200 and " = " in text:
        body = base64.b64decode(event["body"]).decode() if event["isBase64Encoded"] else event["body"]
        form = {name: values[0] for name, values in urllib.parse.parse_qs(body, keep_blank_values=True).items()}
        for word, times in app.counting.count_words(app.slack.read_text(form))[0].items():
            table[word] += times
            assert f"{slack_post.escape(word)} = {table[word]}" in text


def test_a_handler_needs_nothing_of_ours() -> None:
    allowed = {"boto3", "botocore", *sys.stdlib_module_names, *(file.stem for file in functions.HANDLERS.glob("*.py"))}
    for file in functions.HANDLERS.glob("*.py"):
        spec = importlib.util.spec_from_file_location(file.stem, file)
        assert spec
        text = file.read_text()
        imported = {
            line.split()[1].split(".")[0] for line in text.splitlines() if line.startswith(("import ", "from "))
        }
        assert imported <= allowed, file
        assert len(text.splitlines()) < 150
