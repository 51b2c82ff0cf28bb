"""Ctrl-C while a step waits: what AWS has already done is not reported as if nothing had happened."""

import json
import signal
from collections.abc import Callable
from graphlib import TopologicalSorter
from typing import Any

import pytest

from advent_cli.aws.retry import StoppedError, Waiter
from advent_cli.deploy.contention import run_step
from advent_cli.deploy.decide import Step
from advent_cli.stack.build import Stack
from tests.deploy.test_contention import ABORTED, APIGW_BUSY, CREATING, IN_USE, PENDING, ROLE, STALE, UPDATING
from tests.deploy.test_faults import fresh, prepared, proxy, start, through
from tests.support.proxy import Fault, Handler, Proxy, changing, pass_on

__all__ = ["proxy"]  # the fixture

UPDATED = changing('"LastUpdateStatus": "Successful"', '"LastUpdateStatus": "InProgress"')
NEVER_READY = {"ACTIVE": "CREATING", "Active": "Pending", "Successful": "InProgress"}
NOTHING_DONE = "stopped while waiting"


def never_ready(name: str, handler: Handler, body: bytes) -> None:
    """Pass a call on; nothing that it shows is ever ready."""
    status, headers, content = handler.upstream(body)
    for ready, busy in NEVER_READY.items():
        content = content.replace(f'"{ready}"'.encode(), f'"{busy}"'.encode())
    handler.answer(status, {key: value for key, value in headers.items() if key.lower() != "x-amz-crc32"}, content)


def stopped_step(stack: Stack, key: str, want: Any, seen: Any) -> str:
    """What the step says when it is stopped at its first wait; empty if it does not wait."""
    resource = stack.resources[key]
    try:
        run_step(resource, None, Step(key, resource.title, want, seen), Waiter(stopped=lambda: True))
    except StoppedError as error:
        return error.what
    return ""


def test_whatever_waits_after_its_creation_says_that_it_was_created(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared(proxy.engine, "up")
    stack, seen = through(proxy), fresh(proxy.engine.endpoint)
    monkeypatch.setattr(proxy, "meet", never_ready)
    said = {}
    for key in TopologicalSorter(stack.needs).static_order():
        said[key] = stopped_step(stack, key, stack.resources[key].want(), None)
        assert seen.resources[key].read() is not None, key
    assert {words for key, words in said.items() if key.startswith(("table/", "function/"))} == {
        "created, not confirmed"
    }
    assert {*said.values()} == {"", "created, not confirmed"}


LATER: dict[str, tuple[str, dict[str, list[Fault]]]] = {  # a resource -> the answers after its first change
    "a stage": ("api/aws_advent", {"apigateway:CreateStage": [APIGW_BUSY]}),
    "a retention": ("log-group//aws/lambda/sns_logger", {"logs:PutRetentionPolicy": [ABORTED]}),
}


@pytest.mark.parametrize("case", LATER)
def test_a_creation_of_several_calls_that_is_stopped_between_them_says_so(proxy: Proxy, case: str) -> None:
    key, script = LATER[case]
    prepared(proxy.engine, "up")
    stack = through(proxy)
    proxy.begin()
    proxy.script = {name: list(faults) for name, faults in script.items()}
    assert stopped_step(stack, key, stack.resources[key].want(), None) == "created, not confirmed"
    assert stack.resources[key].read() is not None


REFUSED: dict[str, tuple[str, dict[str, list[Fault]]]] = {  # a resource -> the answer to its first change
    "a role unknown to Lambda": ("function/sns_logger", {"lambda:CreateFunction": [ROLE]}),
    "a busy topic": ("topic/awsadvent", {"sns:CreateTopic": [STALE]}),
    "another run's table": ("table/table", {"dynamodb:CreateTable": [IN_USE]}),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_stopped_before_aws_agreed_to_a_change_was_not_created(proxy: Proxy, case: str) -> None:
    key, script = REFUSED[case]
    prepared(proxy.engine, "up")
    stack = through(proxy)
    for resource in (stack.resources["role/sns_logger_lambda"], stack.queue):
        resource.create(Waiter())
    proxy.begin()
    proxy.script = {name: list(faults) for name, faults in script.items()}
    assert stopped_step(stack, key, stack.resources[key].want(), None) == NOTHING_DONE
    assert stack.resources[key].read() is None


def with_other_memory(stack: Stack) -> tuple[str, Any, Any]:
    function = stack.resources["function/sns_logger"]
    return function.key, function.want(), {**function.want(), "memory": 1}


def busy(stack: Stack) -> tuple[str, Any, Any]:
    function = stack.resources["function/sns_logger"]
    return function.key, function.want(), {**function.want(), "state": "busy"}


def without_variable(stack: Stack) -> tuple[str, Any, Any]:
    variable = next(resource for resource in stack.resources.values() if resource.kind == "variable")
    variable.delete(Waiter())
    return variable.key, variable.want(), None


def deleting(handler: Handler, body: bytes) -> None:
    """The answer of DescribeTable about a table for some seconds after DeleteTable."""
    handler.answer(200, {"Content-Type": "application/x-amz-json-1.0"}, b'{"Table": {"TableStatus": "DELETING"}}')


def unwanted(key: str) -> Callable[[Stack], tuple[str, Any, Any]]:
    return lambda stack: (key, None, stack.resources[key].want())


CHANGES: dict[str, tuple[Callable[[Stack], tuple[str, Any, Any]], dict[str, list[Fault]], str]] = {
    "an update that goes on": (
        with_other_memory,
        {"lambda:UpdateFunctionConfiguration": [UPDATED], "lambda:GetFunction": [pass_on, UPDATED]},
        "updated, not confirmed",
    ),
    "a variable": (
        without_variable,
        {"lambda:UpdateFunctionConfiguration": [pass_on, UPDATED]},
        "attached, not confirmed",
    ),
    "an update that waits for another": (busy, {"lambda:GetFunction": [PENDING]}, NOTHING_DONE),
    "a table that is being deleted": (
        unwanted("table/table"),
        {"dynamodb:DescribeTable": [pass_on, deleting]},
        "deleted, not confirmed",
    ),
    "a table that is still created": (
        unwanted("table/table"),
        {"dynamodb:DescribeTable": [CREATING, CREATING]},
        NOTHING_DONE,
    ),
    "a function that is busy": (unwanted("function/sns_logger"), {"lambda:DeleteFunction": [UPDATING]}, NOTHING_DONE),
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_change_that_is_stopped_says_whether_aws_has_made_it(proxy: Proxy, case: str) -> None:
    step, script, words = CHANGES[case]
    prepared(proxy.engine, "down")
    stack = through(proxy)
    proxy.begin()
    proxy.script = {name: list(faults) for name, faults in script.items()}
    assert stopped_step(stack, *step(stack)) == words


def test_ctrl_c_during_up_reports_what_was_created_as_not_confirmed(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared(proxy.engine, "up")
    proxy.begin()
    monkeypatch.setattr(proxy, "meet", never_ready)
    slow = {"table/table", "function/aws_advent", "function/sns_multiplier", "function/sns_logger"}
    waiting: set[str] = set()
    with start(proxy, "up", "--events") as up:
        assert up.stdout
        while not slow <= waiting and (line := up.stdout.readline()):
            event = json.loads(line)
            waiting |= {event["key"]} if event["event"] == "waiting" else set()
        up.send_signal(signal.SIGINT)
        result = json.loads(up.communicate(timeout=60)[0].splitlines()[-1])["result"]
    assert (up.returncode, waiting >= slow) == (130, True)
    steps = {step["key"]: (step["outcome"], step["reason"]) for step in result["steps"]}
    assert {steps[key] for key in slow} == {("skipped", "created, not confirmed")}
    assert steps["route/POST /aws_advent"] == ("skipped", "stopped")
    assert [error["what"] for error in result["errors"]] == ["interrupted"]
