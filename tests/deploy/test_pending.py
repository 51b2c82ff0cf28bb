"""While AWS still creates a function, what only needs it to exist goes on; what needs it ready waits."""

import signal

import pytest
from msgspec.structs import replace

from advent_cli.aws.retry import Waiter
from advent_cli.deploy import apply
from advent_cli.deploy.decide import Action
from advent_cli.deploy.events import Outcome
from advent_cli.deploy.executor import Interrupt
from advent_cli.deploy.inspection import inspect
from advent_cli.errors import AdventError
from advent_cli.stack.build import build
from tests.deploy.test_faults import VICTIM, fresh, inventory, kill, prepared, proxy, run, start, undisturbed
from tests.support import stacks
from tests.support.pending import LOOKS, WHY, Pending
from tests.support.proxy import Handler, Proxy

__all__ = ["proxy"]  # the fixture

FUNCTIONS = ("aws_advent", "sns_multiplier", "sns_logger")
CONSUMERS = FUNCTIONS[1:]


def test_permissions_subscriptions_and_reservations_do_not_wait_until_a_function_is_active(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    functions = {name: replace(f, concurrency=5) for name, f in stacks.TUTORIAL.functions.items()}
    stack = build(replace(stacks.TUTORIAL, functions=functions), stacks.account(proxy.endpoint))
    pending = Pending()
    prepared(proxy.engine, "up")
    proxy.begin()
    monkeypatch.setattr(proxy, "meet", pending.meet)
    inspection = inspect(stack)
    assert apply.up(inspection, inspection.steps_up(), stacks.ignore, Interrupt()).exit_code == 0
    assert {*pending.early} >= {
        *(f"lambda:AddPermission {name}" for name in FUNCTIONS),
        *(f"lambda:PutFunctionConcurrency {name}" for name in FUNCTIONS),
        *(f"sns:Subscribe {name}" for name in CONSUMERS),
    }
    assert "apigateway:CreateIntegration aws_advent" in pending.late
    assert not pending.refused
    for name in FUNCTIONS:
        assert pending.early.count(f"lambda:GetFunction {name}") == LOOKS
    assert {step.action for step in inspect(stack).steps_up()} == {Action.NOTHING}


def test_a_subscription_to_a_topic_that_exists_waits_until_the_function_can_take_its_messages(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What SNS cannot deliver would become a dead letter."""
    _, expected = undisturbed(proxy, "up")
    stack, pending = fresh(proxy.engine.endpoint), Pending()
    stacks.up(stack)
    for key in ("subscription/awsadvent to sns_logger", "function/sns_logger"):
        stack.resources[key].delete(Waiter())
    proxy.begin()
    monkeypatch.setattr(proxy, "meet", pending.meet)
    assert run(proxy, "up").exit_code == 0
    assert "lambda:AddPermission sns_logger" in pending.early
    assert "sns:Subscribe sns_logger" in pending.late
    assert inventory(proxy.engine) == expected


def test_a_function_that_ends_as_failed_fails_its_own_step_and_the_next_run_repairs_it(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, expected = undisturbed(proxy, "up")
    pending = Pending(failing="sns_logger")
    prepared(proxy.engine, "up")
    proxy.begin()
    monkeypatch.setattr(proxy, "meet", pending.meet)
    result = run(proxy, "up")
    assert result.exit_code == 1
    (error,) = result.problems
    assert isinstance(error, AdventError)
    assert (error.what, error.why) == ("Lambda could not set up sns_logger", WHY)
    others = {key: event for key, event in result.finished.items() if event.outcome is not Outcome.CREATED}
    skipped = others.pop("destination/sns_logger")
    assert (skipped.outcome, skipped.reason) == (Outcome.SKIPPED, "function/sns_logger")
    assert others.pop("function/sns_logger").error is error
    assert {event.outcome for event in others.values()} == {Outcome.ATTACHED}

    result = run(proxy, "up")
    assert result.exit_code == 0
    assert result.finished["function/sns_logger"].outcome is Outcome.UPDATED
    assert inventory(proxy.engine) == expected


@pytest.mark.parametrize("command", ["up", "down"])
def test_after_a_kill_while_a_function_is_pending_the_next_command_waits_for_it(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    _, expected = undisturbed(proxy, "up")
    pending = Pending()
    prepared(proxy.engine, "up")
    proxy.begin()
    faults = [kill(after=True)]

    def meet(name: str, handler: Handler, body: bytes) -> None:
        if faults and name == "lambda:GetFunction" and "lambda:CreateFunction" in proxy.calls:
            return faults.pop()(handler, body)
        return pending.meet(name, handler, body)

    monkeypatch.setattr(proxy, "meet", meet)
    VICTIM[:] = [start(proxy, "up")]
    VICTIM[0].communicate(timeout=60)
    assert VICTIM[0].returncode == -signal.SIGKILL
    assert run(proxy, command).exit_code == 0
    if command == "up":
        assert not pending.refused
        assert inventory(proxy.engine) == expected
    else:
        assert pending.refused
        assert inventory(proxy.engine)["names"] == []
