"""With Slack's secret set, only Slack can post."""

import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from advent_cli.aws.retry import Waiter
from advent_cli.local.lifecycle import Engine
from advent_cli.messages import slack_post
from advent_cli.resources.function import Function
from advent_cli.stack.build import Stack
from advent_cli.words import counts
from tests.conftest import Run
from tests.support import functions, stacks
from tests.support import proxy as proxies
from tests.support.functions import Context, reply, request, typed
from tests.support.stacks import TUTORIAL

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
Patch = pytest.MonkeyPatch


@pytest.fixture(scope="module")
def stack(running_engine: Engine) -> Stack:
    stacks.reset(running_engine)
    stack = stacks.tutorial(running_engine)
    for resource in (stack.table, stack.topics["awsadvent"]):
        resource.create(Waiter())
    return stack


@pytest.fixture
def locked(stack: Stack) -> Stack:
    stack.secrets["slack-secret"].put(SECRET, Waiter())
    return stack


@pytest.fixture
def app(stack: Stack, running_engine: Engine, monkeypatch: Patch) -> ModuleType:
    return new_app(stack, running_engine.environment(None), monkeypatch)


def new_app(stack: Stack, environment: dict[str, str], patch: Patch) -> ModuleType:
    functions.environment(stack, "aws_advent", environment, patch)
    return functions.load("app", patch)


def test_slack_can_post_as_a_webhook_and_as_a_command(app: ModuleType, locked: Stack) -> None:
    before = counts.of(locked.table, ["in"])["in"]
    assert reply(app.handler(typed("in", SECRET), Context())) == f"in = {before + 1}"
    assert reply(app.handler(typed("/count in", SECRET), Context())) == f"in = {before + 2}"


def test_the_signature_matches_slacks_documentation(app: ModuleType, monkeypatch: Patch) -> None:
    """The example in "Verifying requests from Slack" on docs.slack.dev, with a timestamp of 2018."""
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    headers = {
        "x-slack-request-timestamp": "1531420618",
        "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    }
    slack: Any = app.slack
    monkeypatch.setattr(slack, "MAX_SIGNATURE_AGE", time.time())
    is_slack: Any = slack._is_from_slack
    assert is_slack(SECRET, headers, body, {"command": "/webhook-collect"})
    assert not is_slack(SECRET, headers, body + b"x", {"command": "/webhook-collect"})


def command(text: str, secret: str = SECRET, age: int = 0) -> dict[str, Any]:
    """A slash command, signed `age` seconds ago."""
    with Patch.context() as patch:
        now = time.time()
        patch.setattr(time, "time", lambda: now - age)
        return typed(f"/count {text}", secret)


def changed(event: dict[str, Any], **headers: str) -> dict[str, Any]:
    return {**event, "headers": {**event["headers"], **{k.replace("_", "-"): v for k, v in headers.items()}}}


def another_body() -> dict[str, Any]:
    return {**command("more"), "headers": command("less")["headers"]}


def without_signature() -> dict[str, Any]:
    return request(slack_post.build_request("/count x", TUTORIAL.slack, None).body)


INTRUDERS: dict[str, Callable[[], dict[str, Any]]] = {
    "no token": lambda: request("text=x"),
    "empty token": lambda: request("text=x&token="),
    "wrong token": lambda: typed("x", "8f742231b10e8888abcd99yyyzzz85a6"),
    "token with more": lambda: typed("x", SECRET + "a"),
    "token not ascii": lambda: typed("x", "é"),
    "command without signature": without_signature,
    "command with a token": lambda: request(f"command=%2Fc&text=x&token={SECRET}"),
    "wrong signature": lambda: command("x", "another"),
    "changed body": another_body,
    "301 seconds old": lambda: command("x", age=301),
    "301 seconds ahead": lambda: command("x", age=-301),
    "no timestamp": lambda: changed(command("x"), x_slack_request_timestamp=""),
    "odd timestamp": lambda: changed(command("x"), x_slack_request_timestamp="١٢٣"),
    "another timestamp": lambda: changed(command("x"), x_slack_request_timestamp=str(int(time.time()) - 1)),
    "no signature": lambda: changed(command("x"), x_slack_signature=""),
    "bare signature": lambda: changed(command("x"), x_slack_signature="v0="),
    "signature not ascii": lambda: changed(command("x"), x_slack_signature="v0=é"),
    "json": lambda: request('{"text": "x"}', {"Content-Type": "application/json"}),
}


@pytest.mark.parametrize("name", INTRUDERS)
def test_other_requests_are_refused_and_nothing_is_written(app: ModuleType, locked: Stack, name: str) -> None:
    before = dict(counts.scan(locked.table))
    reply(app.handler(INTRUDERS[name](), Context()), 415 if name == "json" else 401)
    assert dict(counts.scan(locked.table)) == before


@pytest.mark.parametrize("age", [0, 295, -295])
def test_a_small_clock_skew_is_accepted(app: ModuleType, locked: Stack, age: int) -> None:
    assert "in = " in reply(app.handler(command("in", age=age), Context()))


def test_the_secret_is_cached_and_read_again_after_a_refusal(
    locked: Stack, running_engine: Engine, monkeypatch: Patch
) -> None:
    with proxies.running(running_engine) as proxy:
        app = new_app(locked, {**running_engine.environment(None), "AWS_ENDPOINT_URL": proxy.endpoint.url}, monkeypatch)
        clock = time.time()
        monkeypatch.setattr(app.slack.time, "time", lambda: clock)
        for _ in range(3):
            reply(app.handler(typed("in", SECRET), Context()))
        reply(app.handler(typed("in", "wrong"), Context()), 401)
        assert proxy.calls.count("ssm:GetParameter") == 1  # an intruder cannot cause a read with each request

        locked.secrets["slack-secret"].put("rotated", Waiter())
        clock += 6
        reply(app.handler(typed("in", "rotated"), Context()))
        reply(app.handler(typed("in", SECRET), Context()), 401)
        assert proxy.calls.count("ssm:GetParameter") == 2

        locked.secrets["slack-secret"].put("again", Waiter())  # a stolen old secret stops working within a minute
        clock += 61
        reply(app.handler(typed("in", "rotated"), Context()), 401)
        assert proxy.calls.count("ssm:GetParameter") == 3

        clock += 61
        proxy.script = {"ssm:GetParameter": [proxies.error_500, proxies.error_500]}
        for _ in range(3):
            reply(app.handler(typed("in", "again"), Context()))  # keeps using the cached secret
        reply(app.handler(typed("in", "wrong"), Context()), 401)
        assert proxy.calls.count("ssm:GetParameter") == 4  # and does not read more often


def test_without_a_readable_secret_requests_are_refused(
    locked: Stack, running_engine: Engine, monkeypatch: Patch, capsys: pytest.CaptureFixture[str]
) -> None:
    with proxies.running(running_engine) as proxy:
        app = new_app(locked, {**running_engine.environment(None), "AWS_ENDPOINT_URL": proxy.endpoint.url}, monkeypatch)
        proxy.script = {"ssm:GetParameter": [proxies.refusing(400, "AccessDeniedException", "no")]}
        assert "told who sent this" in reply(app.handler(typed("in", SECRET), Context()), 503)
        assert "dynamodb:TransactWriteItems" not in proxy.calls
        assert "cannot read the secret: AccessDenied" in capsys.readouterr().out
        monkeypatch.setattr(app.slack, "MIN_READ_INTERVAL", 0)
        assert "in = " in reply(app.handler(typed("in", SECRET), Context()))


def test_set_the_secret_use_it_and_delete_it(engine: Engine, advent: Run) -> None:
    assert "anyone on this machine can post" in advent("up").stderr
    assert "anyone on this machine can post" in advent("status").stdout
    outputs = [advent("-v", "slack", "secret", stdin=f"{SECRET}\n")]
    assert "/advent/awsadvent/slack-secret" in outputs[0].stderr
    outputs += [advent("-v", command) for command in ("up", "plan", "status")]
    assert "only requests with the Slack secret; " in outputs[-1].stdout
    assert "nothing to do" in outputs[-2].stdout

    # The functions are as new as the secret, so none has cached an older state.
    assert advent("say", "--no-wait", "in").stdout == "in = 1\n"
    assert advent("say", "--no-wait", "/count", "in").stdout.startswith("in = ")
    stack = stacks.tutorial(engine)
    refused = advent("slack", "secret", stdin="two words\n", code=2)
    assert stack.secrets["slack-secret"].value() == SECRET
    function = stack.resources["function/aws_advent"]
    assert isinstance(function, Function)
    outputs += [refused, advent("local", "logs", "-n", "10000"), advent("policy")]
    assert not any(SECRET in done.stdout + done.stderr for done in outputs)
    assert SECRET not in str(function.environment)
    group = stack.aws.client("logs").filter_log_events(logGroupName="/aws/lambda/aws_advent")
    assert SECRET not in str(group["events"])

    assert "/advent/awsadvent/slack-secret" in advent("down", "--yes").stderr
    assert stack.secrets["slack-secret"].value() is None


def test_a_foreign_secret_is_neither_changed_nor_used(engine: Engine, advent: Run) -> None:
    advent("up")
    stack = stacks.tutorial(engine)
    secret = stack.secrets["slack-secret"]
    stack.aws.client("ssm").put_parameter(Name=secret.name, Value="theirs", Type="SecureString")
    foreign = "is not managed by this stack"
    assert foreign in advent("slack", "secret", stdin="ours\n", code=4).stderr
    assert foreign in advent("slack", "secret", "--remove", code=4).stderr
    assert foreign in advent("say", "in", code=4).stderr
    status = advent("status", code=4).stdout
    assert foreign in status
    assert "can post" not in status  # neither open nor restricted
    assert "are accepted" not in status
    assert foreign in advent("plan", code=4).stdout
    assert "  try: delete it" in advent("up", code=4).stderr
    assert foreign in advent("down", "--yes", code=4).stderr
    kept = stack.aws.client("ssm").get_parameter(Name=secret.name, WithDecryption=True)["Parameter"]
    assert kept["Value"] == "theirs"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("\ufeffxoxb-1\n", "it begins with a byte order mark"),
        ("one\ntwo\n", "it has 2 lines, and a secret is one line"),
        ("\n \n", "it is empty"),
        ("s" * 20_000, "it is not 1 to 500 printable ASCII characters"),
    ],
)
def test_what_cannot_be_a_secret_is_refused_with_the_reason(advent: Run, given: str, why: str) -> None:
    done = advent("slack", "secret", stdin=given, code=2)
    assert why in done.stderr
    assert "xoxb" not in done.stderr
