"""Carries out what is to be done about the stack: the inside of up and down."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from advent_cli.aws.aws_errors import explain
from advent_cli.aws.retry import GaveUpError, StoppedError, Waiter
from advent_cli.deploy import executor, orphans
from advent_cli.deploy.contention import carry_out
from advent_cli.deploy.decide import Action, Step
from advent_cli.deploy.events import Event, Finished, Outcome, Planned, Started, Waiting
from advent_cli.deploy.executor import Interrupt, Notify
from advent_cli.deploy.inspection import Inspection, causes, code_of, inspect
from advent_cli.deploy.timing import Waits
from advent_cli.errors import DONE, INTERRUPTED, REFUSED, AdventError, RefusedError, UsesForeignError
from advent_cli.resources.function import Function
from advent_cli.resources.log_group import LogGroup
from advent_cli.stack.build import Stack

LOOKS_AGAIN = 3  # at the most; each other run that is at work ends some time
CHANGED = {Outcome.CREATED, Outcome.UPDATED, Outcome.ATTACHED}
Listener = Callable[[Event], None]


@dataclass
class Result:
    """How a run ended: the last event of each step, whether it was stopped, how long it took; and waited, for whom."""

    finished: dict[str, Finished] = field(default_factory=dict)
    seconds: float = 0.0
    waited: dict[str, float] = field(default_factory=dict)
    stopped: bool = False

    @property
    def exit_code(self) -> int:
        """What the process ends with."""
        return INTERRUPTED if self.stopped else code_of([e.error for e in self.finished.values() if e.error])

    @property
    def problems(self) -> list[Exception]:
        """What went wrong, each cause once; what only needs something foreign is not told again."""
        return causes(event.error for event in self.finished.values() if event.error)

    def raise_bug(self) -> None:
        """Raise the first error that is a bug, if there is one."""
        for problem in self.problems:
            if not isinstance(problem, AdventError):
                raise problem

    def changed(self, key: str | None) -> bool:
        """Whether the run made or changed this."""
        return key in self.finished and self.finished[key].outcome in CHANGED


def up(inspection: Inspection, steps: tuple[Step, ...], listen: Listener, interrupt: Interrupt) -> Result:
    """Carry out the steps of `steps_up`, each as soon as those it needs are done.

    Where a step has met another run at work, all is looked at once more, and what that run changed is put right.
    """
    result = _run(inspection, steps, order_up(inspection), listen, interrupt)
    for _ in range(LOOKS_AGAIN):
        if not inspection.stack.aws.contested or result.exit_code not in (DONE, REFUSED):
            break
        _put_right(inspection.stack, result, listen, interrupt)
    return result


def _put_right(stack: Stack, result: Result, listen: Listener, interrupt: Interrupt) -> None:
    """Look at all again, and make those of the run's steps good that are not as wanted; only failures are told."""

    def hear(event: Event) -> None:
        if isinstance(event, Waiting) or (isinstance(event, Finished) and event.error):
            listen(event)

    began, inspection = time.monotonic(), inspect(stack)
    undone = [step for step in inspection.steps_up() if step.action in (Action.CREATE, Action.UPDATE)]
    steps = tuple(step for step in undone if step.key in result.finished)
    again = _run(inspection, steps, order_up(inspection), hear, interrupt)
    result.finished |= {key: event for key, event in again.finished.items() if event.error}
    result.waited = {
        name: result.waited.get(name, 0) + again.waited.get(name, 0) for name in result.waited | again.waited
    }
    result.stopped, result.seconds = again.stopped, result.seconds + time.monotonic() - began


def down(inspection: Inspection, steps: tuple[Step, ...], listen: Listener, interrupt: Interrupt) -> Result:
    """Carry out the steps of `steps_down`, as many at once as can be; what the look has seen is not asked again."""
    with inspection.stack.aws.caching(inspection.answers):
        return _run(inspection, steps, order_down(inspection), listen, interrupt)


def order_up(inspection: Inspection) -> dict[str, set[str]]:
    """For each key those that `up` does before it."""
    return {**inspection.stack.needs, **orphans.needs(inspection.orphans, inspection.stack)}


def order_down(inspection: Inspection) -> dict[str, set[str]]:
    """For each key those that `down` does before it: only what a log group outlives. All else goes side by side."""
    functions = {key for key, resource in inspection.orphans.items() if resource.kind == Function.kind}
    left = {key: functions if r.kind == LogGroup.kind else set() for key, r in inspection.orphans.items()}
    outlived = {key: {function} for key, function in inspection.stack.outlives.items()}
    return {**{key: set() for key in inspection.stack.resources}, **outlived, **left}


def receipt(stack: Stack, is_kept: Callable[[Step], bool]) -> list[Step]:
    """What is still there of ours after `down`, but for what is kept: looked for again by name, by tag and by path.

    Lists lag, and a log group may come back with the last lines of its function; so it looks more than once.
    """
    left: list[Step] = []

    def gone() -> bool:
        left[:] = [step for step in inspect(stack).steps_down() if step.action is Action.DELETE and not is_kept(step)]
        return not left

    with suppress(GaveUpError):
        Waiter().until(gone, "AWS still shows what was deleted", within=10)
    return left


def _run(
    inspection: Inspection,
    steps: tuple[Step, ...],
    needs: Mapping[str, set[str]],
    listen: Listener,
    interrupt: Interrupt,
) -> Result:
    resources = {**inspection.stack.resources, **inspection.orphans}
    by_key = {step.key: step for step in steps}
    result, waits, began = Result(), Waits(), time.monotonic()

    def work(key: str, notify: Notify) -> Outcome:
        if key not in by_key:
            return Outcome.UNCHANGED  # deleted along with its host
        step, resource = by_key[key], resources[key]
        if step.action is Action.NOTHING and result.changed(resource.host):
            step = replace(step, seen=resource.read())  # its host may have been made anew, without it
        if isinstance(step.seen, RefusedError) and step.want is None:
            return Outcome.LEFT  # which keeps nothing else from being deleted
        host = resources.get(resource.host or "")
        return carry_out(resource, host, step, Waiter(notify=notify, stopped=lambda: interrupt.asked))

    listen(Planned(steps))
    for event in executor.execute(needs, work, interrupt):
        waits.note(event)
        if isinstance(event, Started | Waiting | Finished) and event.key not in by_key:
            continue
        if isinstance(event, Finished):
            event = _told(event, by_key[event.key])
            result.finished[event.key] = event
        listen(event)
    result.stopped = interrupt.asked
    result.seconds, result.waited = time.monotonic() - began, waits.seconds
    return result


def _told(event: Finished, step: Step) -> Finished:
    """The event with its error in words for people; a bug stays as it is."""
    error = event.error and (explain(event.error) or event.error)
    if event.outcome in (Outcome.LEFT, Outcome.SKIPPED) and isinstance(step.seen, RefusedError):
        error = step.seen  # what is in the way is named, also where something before it was in the way already
    if isinstance(error, StoppedError):
        return replace(event, outcome=Outcome.SKIPPED, error=None, reason="stopped while waiting")
    outcome = Outcome.LEFT if isinstance(error, RefusedError) else event.outcome
    reason = str(error) if isinstance(error, UsesForeignError) else event.reason
    return replace(event, outcome=outcome, error=error, reason=reason)
