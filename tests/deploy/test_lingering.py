"""A queue that AWS still shows after it was deleted: down trusts its deletion, and up makes sure that it stays."""

import pytest

from advent_cli.aws.retry import Waiter
from advent_cli.deploy import apply
from advent_cli.deploy.events import Event, Outcome
from advent_cli.deploy.executor import Interrupt
from advent_cli.deploy.inspection import inspect
from advent_cli.stack.build import build
from tests.conftest import Run
from tests.deploy.test_contention import FastWaiter, waited
from tests.deploy.test_faults import inventory, prepared, proxy, run
from tests.support import stacks
from tests.support.dying_queue import DyingQueue
from tests.support.proxy import Proxy

__all__ = ["proxy"]  # the fixture
LINGERS = "SQS may still be deleting this queue"
FOREVER = 10**6  # looks
QUEUE = stacks.without_calls().queue.key
LOOK = "sqs:GetQueueAttributes"


def on_aws(proxy: Proxy) -> dict[str, str]:
    """The variables for a command with --target aws that goes through the proxy."""
    return {**proxy.engine.environment(None), "AWS_ENDPOINT_URL": proxy.endpoint.url}


def up_on_aws(proxy: Proxy) -> tuple[apply.Result, list[str]]:
    """Run up as with --target aws; the words of the steps that waited."""
    words: list[str] = []

    def listen(event: Event) -> None:
        words.extend(waited(event))

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", proxy.endpoint.url)
        inspection = inspect(build(stacks.TUTORIAL, stacks.account(proxy.endpoint, is_aws=True)))
        return apply.up(inspection, inspection.steps_up(), listen, Interrupt()), words


def test_down_trusts_its_deletion_of_the_queue_and_the_next_up_makes_it_again(
    proxy: Proxy, advent: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared(proxy.engine, "down")
    dying = DyingQueue(FOREVER, misses=lambda _: False)
    proxy.begin()
    monkeypatch.setattr(proxy, "meet", dying.meet)
    assert advent("--target", "aws", "down", "--yes", **on_aws(proxy)).stderr.count("nothing is left: ") == 1

    next(iter(stacks.tutorial(proxy.engine).topics.values())).create(Waiter())
    dying.seen, dying.misses = 0, lambda number: number == 1  # the inspection misses it, and the receipt does not
    again = advent("--target", "aws", "down", "--yes", **on_aws(proxy)).stderr
    assert "- queue" not in again
    assert again.count("nothing is left: ") == 1
    assert (dying.seen > 1, len(dying.names)) == (True, 1)

    dying.seen, dying.looks = 0, 8
    advent("--target", "aws", "up", "--yes", **on_aws(proxy))
    dying.end(proxy.engine)
    assert inventory(proxy.engine)["undone"] == []


@pytest.mark.parametrize("looks", [40, 41, 42])  # the first look sees the queue, and perhaps the next does not
def test_up_waits_until_a_queue_that_a_down_deleted_is_gone(
    proxy: Proxy, looks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply, "Waiter", FastWaiter)
    prepared(proxy.engine, "down")
    dying = DyingQueue(FOREVER)
    proxy.begin()
    monkeypatch.setattr(proxy, "meet", dying.meet)
    assert run(proxy, "down").exit_code == 0
    dying.seen, dying.looks = looks % 4, looks
    result, words = up_on_aws(proxy)
    assert not result.problems
    assert result.finished[QUEUE].outcome is Outcome.CREATED
    assert any(word.startswith(LINGERS) for word in words)
    assert not dying.names
    assert inventory(proxy.engine)["undone"] == []


def test_up_looks_for_a_minute_at_a_queue_that_stays(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply, "Waiter", FastWaiter)
    prepared(proxy.engine, "down")
    lambdas = stacks.tutorial(proxy.engine).aws.client("lambda")
    for name in stacks.TUTORIAL.functions:
        lambdas.delete_function(FunctionName=name)
    proxy.begin()
    result, words = up_on_aws(proxy)
    assert not result.problems
    assert result.finished[QUEUE].outcome is Outcome.UNCHANGED
    assert [word for word in words if word.startswith("SQS")][-1] in (f"{LINGERS}, 59 s", f"{LINGERS}, 60 s")
    assert "sqs:CreateQueue" not in proxy.calls


def test_up_adds_no_look_where_no_down_was_before_it(proxy: Proxy) -> None:
    prepared(proxy.engine, "down")
    lambdas = stacks.tutorial(proxy.engine).aws.client("lambda")
    lambdas.delete_function(FunctionName="sns_logger")
    proxy.begin()
    result, _ = up_on_aws(proxy)
    assert (result.exit_code, proxy.calls.count(LOOK)) == (0, 1)
    for name in stacks.TUTORIAL.functions:
        lambdas.delete_function(FunctionName=name)
    proxy.begin()
    assert (run(proxy, "up").exit_code, proxy.calls.count(LOOK)) == (0, 1)  # on the local engine
    prepared(proxy.engine, "up")
    proxy.begin()
    result, _ = up_on_aws(proxy)
    assert (result.exit_code, proxy.calls.count(LOOK)) == (0, 1)  # a fresh one
