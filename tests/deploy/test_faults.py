"""Every kind of fault at every call of up and of down: it is repaired, and nothing is duplicated or left behind.

The quick run takes every `EVERY`th call for each kind of fault, starting elsewhere each time the calls change;
`ADVENT_FAULTS=all pytest tests/deploy/test_faults.py` takes them all.
"""

import os
import signal
import subprocess
import zlib
from collections.abc import Iterator

import pytest

from advent_cli.aws.endpoint import Endpoint
from advent_cli.aws.retry import Waiter
from advent_cli.deploy import apply
from advent_cli.deploy.executor import Interrupt
from advent_cli.deploy.inspection import inspect
from advent_cli.local.lifecycle import Engine
from advent_cli.stack.build import Stack, build
from tests.conftest import ADVENT
from tests.support import aws_like, stacks
from tests.support import proxy as proxies
from tests.support.proxy import FAULTS, Handler, Proxy

EVERY = 1 if os.environ.get("ADVENT_FAULTS") == "all" else 15
SHARDS = 10  # so that workers can share the full run


@pytest.fixture(scope="module")
def proxy(running_engine: Engine) -> Iterator[Proxy]:
    with proxies.running(running_engine) as proxy:
        yield proxy


def through(proxy: Proxy) -> Stack:
    """The tutorial's stack through the proxy, as a new run sees it."""
    return fresh(proxy.endpoint)


def fresh(endpoint: Endpoint) -> Stack:
    """The tutorial's stack as a new run sees it."""
    return build(stacks.TUTORIAL, stacks.account(endpoint))


def run(proxy: Proxy, command: str) -> apply.Result:
    """Run up or down as the command line does."""
    inspection = inspect(through(proxy))
    work, steps = (apply.up, inspection.steps_up()) if command == "up" else (apply.down, inspection.steps_down())
    return work(inspection, steps, stacks.ignore, Interrupt())


def inventory(engine: Engine) -> dict[str, object]:
    """Everything in the engine, without the ids that AWS chose."""
    stack = fresh(engine.endpoint)
    subscriptions = stack.aws.client("sns").list_subscriptions()["Subscriptions"]
    inspection = inspect(stack)
    return {
        "names": sorted(name for name in stacks.left(stack.aws.client) if name.count(":") < 6),
        "subscriptions": sorted(item["Endpoint"] for item in subscriptions),
        "orphans": list(inspection.orphans),
        "undone": [step.key for step in inspection.steps_up() if step.seen != step.want],
    }


def prepared(engine: Engine, command: str) -> None:
    """Put the engine into the state before the command."""
    stacks.reset(engine)
    if command == "down":
        stacks.up(fresh(engine.endpoint))


def undisturbed(proxy: Proxy, command: str) -> tuple[list[str], dict[str, object]]:
    prepared(proxy.engine, command)
    proxy.begin()
    assert run(proxy, command).exit_code == 0
    return list(proxy.calls), inventory(proxy.engine)


def chosen(calls: list[str], kind: str, shard: int) -> list[int]:
    """The numbers of the calls to spoil in this shard."""
    offset = zlib.crc32(kind.encode() + b"".join(sorted(call.encode() for call in calls))) % EVERY
    return list(range(offset, len(calls), EVERY))[shard::SHARDS]


@pytest.mark.parametrize("shard", range(SHARDS if EVERY == 1 else 1))
@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("command", ["up", "down"])
def test_a_fault_at_any_call_does_not_change_the_result(proxy: Proxy, command: str, kind: str, shard: int) -> None:
    calls, expected = undisturbed(proxy, command)
    for number in chosen(calls, kind, shard if EVERY == 1 else 0):
        prepared(proxy.engine, command)
        proxy.begin(number, FAULTS[kind])
        result = run(proxy, command)
        spoilt = f"{kind} at call {number}, {proxy.calls[number] if number < len(proxy.calls) else 'none'}"
        assert result.exit_code == 0, (spoilt, [e for e in result.finished.values() if e.error])
        assert inventory(proxy.engine) == expected, spoilt
        proxy.begin()
        assert run(proxy, "down").exit_code == 0, spoilt
        assert inventory(proxy.engine)["names"] == [], spoilt


def kill(after: bool) -> proxies.Fault:
    """Kill advent, a child process of the test, before or after the engine has handled the call."""

    def fault(handler: Handler, body: bytes) -> None:
        if after:
            handler.upstream(body)
        VICTIM[0].kill()
        handler.cut()

    return fault


VICTIM: list["subprocess.Popen[str]"] = []


def start(proxy: Proxy, command: str, *options: str) -> "subprocess.Popen[str]":
    words = [str(ADVENT), "--target", "aws", *command.split(), "--yes", *options]
    environment = {**os.environ, **proxy.engine.environment(None), "AWS_ENDPOINT_URL": proxy.endpoint.url}
    return subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("shard", range(SHARDS if EVERY == 1 else 1))
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("command", ["up", "down"])
def test_after_a_kill_at_any_call_running_again_repairs_it(proxy: Proxy, command: str, after: bool, shard: int) -> None:
    calls, expected = undisturbed(proxy, command)
    for number in chosen(calls, f"kill {after}", shard if EVERY == 1 else 0):
        prepared(proxy.engine, command)
        proxy.begin(number, kill(after))
        VICTIM[:] = [start(proxy, command)]
        VICTIM[0].communicate(timeout=60)
        if number < len(proxy.calls):
            assert VICTIM[0].returncode == -signal.SIGKILL
        proxy.begin()
        assert run(proxy, command).exit_code == 0, f"killed at call {number}"
        again = run(proxy, command)  # only the next run can tell apart two APIs created at the same moment
        assert again.exit_code == 0
        assert inventory(proxy.engine) == expected, f"killed at call {number}"


def at_once(proxy: Proxy, *commands: str) -> list[tuple[int, str]]:
    """Run these commands at the same time; returns the exit code and the stderr of each."""
    proxy.begin()
    processes = [start(proxy, command) for command in commands]
    errors = [process.communicate(timeout=120)[1] for process in processes]
    return [(process.returncode, error) for process, error in zip(processes, errors, strict=True)]


@pytest.mark.parametrize("meet", [proxies.passing, aws_like.meet], ids=["as the engine", "as AWS"])
def test_two_ups_at_once_both_succeed_and_leave_nothing_to_do(
    proxy: Proxy, meet: proxies.Meet, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, expected = undisturbed(proxy, "up")
    monkeypatch.setattr(proxy, "meet", meet)
    for _ in range(35 if EVERY == 1 else 4):
        prepared(proxy.engine, "up")
        for code, words in at_once(proxy, "up", "up"):
            assert code == 0, words
        assert inventory(proxy.engine) == expected


def test_two_downs_at_once_both_succeed_and_leave_nothing(proxy: Proxy) -> None:
    for _ in range(20 if EVERY == 1 else 2):
        prepared(proxy.engine, "down")
        for code, words in at_once(proxy, "down", "down"):
            assert code == 0, words
        assert inventory(proxy.engine)["names"] == []


def test_after_up_and_down_at_once_another_up_repairs_the_stack(proxy: Proxy) -> None:
    _, expected = undisturbed(proxy, "up")
    for _ in range(10 if EVERY == 1 else 1):
        prepared(proxy.engine, "down")
        for code, words in at_once(proxy, "up --no-wait", "down"):  # an API that down deletes never answers
            assert code == 0 or "  try: run the same command again\n" in words, words
        assert run(proxy, "up").exit_code == 0
        assert inventory(proxy.engine) == expected


def removed_by_another(proxy: Proxy) -> proxies.Fault:
    """Pass on a call about an API after another run has deleted this API as a duplicate and kept its own."""

    def fault(handler: Handler, body: bytes) -> None:
        client = fresh(proxy.engine.endpoint).aws.client("apigatewayv2")
        for api in client.get_apis()["Items"]:
            client.delete_api(ApiId=api["ApiId"])
        stacks.up(fresh(proxy.engine.endpoint))
        proxies.pass_on(handler, body)

    return fault


@pytest.mark.parametrize("operation", ["CreateStage", "CreateIntegration", "CreateRoute"])
def test_a_run_that_loses_its_api_to_another_run_goes_on_with_the_other_api(proxy: Proxy, operation: str) -> None:
    _, expected = undisturbed(proxy, "up")
    prepared(proxy.engine, "up")
    proxy.begin()
    proxy.script = {f"apigateway:{operation}": [removed_by_another(proxy)]}
    result = run(proxy, "up")
    assert result.exit_code == 0, result.problems
    assert inventory(proxy.engine) == expected


def test_the_run_that_created_the_api_may_create_its_route(proxy: Proxy) -> None:
    """The engine accepts a second route with the same key, so two runs that create it at once both succeed."""
    _, expected = undisturbed(proxy, "up")
    prepared(proxy.engine, "up")
    stack = fresh(proxy.engine.endpoint)
    stack.api.create(Waiter())
    (route,) = (resource for resource in stack.resources.values() if resource.kind == "route")

    def created_by_another(handler: Handler, body: bytes) -> None:
        route.create(Waiter())
        proxies.pass_on(handler, body)

    proxy.begin()
    reads = [proxies.pass_on] * 2  # during the inspection, and before the route is created
    proxy.script = {"apigateway:GetRoutes": [*reads, created_by_another]}
    assert run(proxy, "up").exit_code == 0
    assert "apigateway:CreateRoute" not in proxy.calls
    assert inventory(proxy.engine) == expected


def test_what_another_run_has_changed_is_repaired_at_the_end(proxy: Proxy) -> None:
    _, expected = undisturbed(proxy, "up")
    prepared(proxy.engine, "up")

    def changed_by_another(handler: Handler, body: bytes) -> None:
        stacks.up(fresh(proxy.engine.endpoint))  # creates the function first, which makes a conflict
        proxies.pass_on(handler, body)
        stack = fresh(proxy.engine.endpoint)
        stack.aws.client("logs").put_retention_policy(logGroupName="/aws/lambda/sns_logger", retentionInDays=1)

    proxy.begin()
    proxy.script = {"lambda:CreateFunction": [changed_by_another]}
    assert run(proxy, "up").exit_code == 0
    assert inventory(proxy.engine) == expected


def test_the_proxy_names_every_call(proxy: Proxy) -> None:
    calls, _ = undisturbed(proxy, "up")
    assert not [call for call in calls if " " in call or call.startswith("none")]
    assert {"iam:CreateRole", "lambda:AddPermission", "apigateway:CreateRoute", "logs:CreateLogGroup"} <= {*calls}
