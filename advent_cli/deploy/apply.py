"""Carries out the steps of `up` and `down`."""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

from advent_cli.aws.aws_errors import explain
from advent_cli.aws.retry import StoppedError, Waiter
from advent_cli.deploy import executor, lingering, order
from advent_cli.deploy.causes import root_causes
from advent_cli.deploy.contention import run_step
from advent_cli.deploy.decide import Action, Step
from advent_cli.deploy.events import Event, Existing, Finished, Outcome, Planned, Started, Waiting
from advent_cli.deploy.executor import Interrupt, Report
from advent_cli.deploy.inspection import Inspection, exit_code_of, inspect
from advent_cli.deploy.run_notes import run_notes
from advent_cli.deploy.timing import Waits
from advent_cli.errors import DONE, INTERRUPTED, REFUSED, AdventError, RefusedError, UsesForeignError
from advent_cli.stack.build import Stack

MOST_REPAIRS = 3  # runs after the first, when other runs interfere; each of those ends at some time
CHANGED = {Outcome.CREATED, Outcome.UPDATED, Outcome.ATTACHED}
Listener = Callable[[Event], None]


@dataclass
class Result:
    """How a run ended: the last event of each step, the time it took, and the seconds it waited for each service."""

    finished: dict[str, Finished] = field(default_factory=dict)
    seconds: float = 0.0
    waited: dict[str, float] = field(default_factory=dict)
    stopped: bool = False
    notes: tuple[str, ...] = ()
    """Sentences about what the run changed."""

    @property
    def exit_code(self) -> int:
        """The exit code of the process."""
        return INTERRUPTED if self.stopped else exit_code_of([e.error for e in self.finished.values() if e.error])

    @property
    def problems(self) -> list[Exception]:
        """The errors, each cause once; without those of steps that only need something foreign."""
        return root_causes((key, event.error) for key, event in self.finished.items() if event.error)

    def raise_bug(self) -> None:
        """Raise the first error that is a bug in advent, if there is one."""
        for problem in self.problems:
            if not isinstance(problem, AdventError):
                raise problem

    def changed(self, key: str | None) -> bool:
        """Whether the run created or updated the resource with this key."""
        return key in self.finished and self.finished[key].outcome in CHANGED


def up(inspection: Inspection, steps: tuple[Step, ...], listen: Listener, interrupt: Interrupt) -> Result:
    """Carry out the steps of `steps_up`, each as soon as those that it needs are done.

    If a step met another run, inspect the stack again and repair what that run changed.
    """
    doubtful = lingering.doubtful(inspection)
    result = _run(inspection, steps, order.up(inspection), listen, interrupt, order.existing_up(inspection), doubtful)
    result.notes = run_notes(inspection, steps, result.changed)
    for _ in range(MOST_REPAIRS):
        if not inspection.stack.aws.contested or result.exit_code not in (DONE, REFUSED):
            break
        _repair(inspection.stack, result, listen, interrupt)
    return result


def _repair(stack: Stack, result: Result, listen: Listener, interrupt: Interrupt) -> None:
    """Inspect again and redo the steps of this run that are not as wanted; reports waits and failures only."""

    def listen_quietly(event: Event) -> None:
        if isinstance(event, Waiting) or (isinstance(event, Finished) and event.error):
            listen(event)

    began, inspection = time.monotonic(), inspect(stack)
    different = [step for step in inspection.steps_up() if step.action in (Action.CREATE, Action.UPDATE)]
    steps = tuple(step for step in different if step.key in result.finished)
    repair = _run(inspection, steps, order.up(inspection), listen_quietly, interrupt, order.existing_up(inspection))
    result.finished |= {key: event for key, event in repair.finished.items() if event.error}
    result.waited = {
        name: result.waited.get(name, 0) + repair.waited.get(name, 0) for name in result.waited | repair.waited
    }
    result.stopped, result.seconds = repair.stopped, result.seconds + time.monotonic() - began


def down(inspection: Inspection, steps: tuple[Step, ...], listen: Listener, interrupt: Interrupt) -> Result:
    """Carry out the steps of `steps_down`, as many at once as possible; reuses the answers of the inspection."""
    with inspection.stack.aws.caching(inspection.answers):
        return _run(inspection, steps, order.down(inspection), listen, interrupt)


def _run(
    inspection: Inspection,
    steps: tuple[Step, ...],
    needs: Mapping[str, set[str]],
    listen: Listener,
    interrupt: Interrupt,
    existing: Mapping[str, set[str]] | None = None,
    doubtful: Collection[str] = (),
) -> Result:
    resources = inspection.resources
    by_key = {step.key: step for step in steps}
    result, waits, began = Result(), Waits(), time.monotonic()

    def work(key: str, report: Report) -> Outcome:
        if key not in by_key:
            return Outcome.UNCHANGED  # it is kept, or as wanted already
        step, resource = by_key[key], resources[key]
        if step.action is Action.NOTHING and result.changed(resource.parent):
            step = replace(step, seen=resource.read())  # its parent may have been recreated without it
        if isinstance(step.seen, RefusedError) and step.want is None:
            return Outcome.LEFT  # not an error, so that the others are still deleted
        if step.deleted_with:
            return Outcome.ABSENT if step.seen is None else Outcome.DELETED
        waiter = Waiter(
            notify=lambda words: report(Waiting(key, words)),
            stopped=lambda: interrupt.asked,
            exists=lambda: report(Existing(key)),
        )
        if key in doubtful:
            step = lingering.settled(resource, step, waiter)
        needed = [resources[need] for need in needs[key]]
        return run_step(resource, resources.get(resource.parent or ""), step, waiter, needed)

    listen(Planned(steps))
    for event in executor.execute(needs, work, interrupt, existing):
        waits.note(event)
        if isinstance(event, Existing) or (isinstance(event, Started | Waiting | Finished) and event.key not in by_key):
            continue
        if isinstance(event, Finished):
            event = _finished(event, by_key[event.key])
            result.finished[event.key] = event
        listen(event)
    result.stopped = interrupt.asked
    result.seconds, result.waited = time.monotonic() - began, waits.seconds
    return result


def _finished(event: Finished, step: Step) -> Finished:
    """The event with its error as an AdventError; a bug stays as it is."""
    error = event.error and (explain(event.error) or event.error)
    if event.outcome in (Outcome.LEFT, Outcome.SKIPPED) and isinstance(step.seen, RefusedError):
        error = step.seen  # name what blocks this step, also if an earlier step is blocked too
    if isinstance(error, StoppedError):
        return replace(event, outcome=Outcome.SKIPPED, error=None, reason=error.what)
    outcome = Outcome.LEFT if isinstance(error, RefusedError) else event.outcome
    reason = str(error) if isinstance(error, UsesForeignError) else event.reason
    return replace(event, outcome=outcome, error=error, reason=reason)
