"""Looks at the stack, and carries out what is to be done about it: the inside of up, plan, status and down."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from advent_cli import engine
from advent_cli.aws import code, explain
from advent_cli.engine import Interrupt
from advent_cli.errors import DONE, FAILED, INTERRUPTED, REFUSED, ForeignError, RefusedError
from advent_cli.events import Event, Finished, Outcome, Planned
from advent_cli.patience import Patience
from advent_cli.plan import Action, Seen, Step, decide
from advent_cli.resource import Resource
from advent_cli.resources.variable import Variable
from advent_cli.stack import Stack

EXISTS = {
    "ConflictException",
    "EntityAlreadyExists",
    "InvalidParameter",  # CreateTopic, if a topic of this name has other tags
    "InvalidParameterException",
    "ResourceAlreadyExistsException",
    "ResourceConflictException",
    "ResourceInUseException",
}
OUTCOMES = {Action.CREATE: Outcome.CREATED, Action.UPDATE: Outcome.UPDATED, Action.DELETE: Outcome.DELETED}
Listener = Callable[[Event], None]


@dataclass
class Result:
    """How a run ended: the last event of each step, whether it was stopped, and how long it took."""

    finished: dict[str, Finished] = field(default_factory=dict)
    seconds: float = 0.0
    stopped: bool = False

    @property
    def exit_code(self) -> int:
        """What the process ends with."""
        outcomes = {event.outcome for event in self.finished.values()}
        if self.stopped:
            return INTERRUPTED
        if Outcome.FAILED in outcomes:
            return FAILED
        return REFUSED if Outcome.FOREIGN in outcomes else DONE


def exit_code(steps: Iterable[Step]) -> int:
    """What a command that only looks ends with: whether all could be read, and all is ours."""
    problems = [step.seen for step in steps if isinstance(step.seen, Exception)]
    if any(not isinstance(problem, RefusedError) for problem in problems):
        return FAILED
    return REFUSED if problems else DONE


def look(stack: Stack) -> dict[str, Seen]:
    """Read every resource of the stack, all at the same time."""
    resources = list(stack.resources.values())
    with ThreadPoolExecutor(max(1, len(resources))) as pool:
        seen = dict(zip(stack.resources, pool.map(_read, resources), strict=True))
    for resource in resources:
        if resource.host and isinstance(seen[resource.host], ForeignError):
            seen[resource.key] = RefusedError(f"{stack.resources[resource.host].title} is not ours")
    return seen


def _read(resource: Resource) -> Seen:
    try:
        return resource.read()
    except Exception as error:  # told beside the resource; the others can be read all the same
        told = explain(error)
        if told is None:
            raise
        return told


def steps_up(stack: Stack, seen: dict[str, Seen]) -> tuple[Step, ...]:
    """What `up` would do with each resource."""
    return tuple(Step(key, r.title, r.want(), seen[key]) for key, r in stack.resources.items())


def steps_down(stack: Stack, seen: dict[str, Seen]) -> tuple[Step, ...]:
    """What `down` would do with each resource that is not deleted along with another."""
    resources = stack.resources.items()
    return tuple(Step(key, r.title, None, seen[key]) for key, r in resources if not r.goes_with_host)


def up(stack: Stack, steps: tuple[Step, ...], listen: Listener, interrupt: Interrupt) -> Result:
    """Carry out the steps of `steps_up`, each as soon as those it needs are done."""
    return _run(stack, steps, stack.needs, listen, interrupt)


def down(stack: Stack, steps: tuple[Step, ...], listen: Listener, interrupt: Interrupt) -> Result:
    """Carry out the steps of `steps_down`, in the opposite order."""
    return _run(stack, steps, engine.reverse(stack.needs), listen, interrupt)


def _run(
    stack: Stack, steps: tuple[Step, ...], needs: dict[str, set[str]], listen: Listener, interrupt: Interrupt
) -> Result:
    by_key = {step.key: step for step in steps}

    def work(key: str, tell: Callable[[str], None]) -> Outcome:
        wait = Patience(tell=tell, stopped=lambda: interrupt.asked)
        return _carry_out(stack.resources[key], by_key[key], wait) if key in by_key else Outcome.UNCHANGED

    result, began = Result(), time.monotonic()
    listen(Planned(steps))
    for event in engine.walk(needs, work, interrupt):
        if isinstance(event, Finished):
            if event.key not in by_key:
                continue
            event = _told(event)
            result.finished[event.key] = event
        listen(event)
    result.stopped = interrupt.asked
    result.seconds = time.monotonic() - began
    return result


def _told(event: Finished) -> Finished:
    """The event with its error in words for people; a bug stays as it is."""
    error = event.error and (explain(event.error) or event.error)
    outcome = Outcome.FOREIGN if isinstance(error, ForeignError) else event.outcome
    return replace(event, outcome=outcome, error=error)


def _carry_out(resource: Resource, step: Step, wait: Patience) -> Outcome:
    if isinstance(step.seen, Exception):
        if step.want is None and isinstance(step.seen, RefusedError):
            return Outcome.FOREIGN  # left alone, which keeps nothing else from being deleted
        raise step.seen
    if step.action is Action.CREATE:
        _create(resource, wait)
    elif step.action is Action.UPDATE:
        resource.update(step.seen or {}, wait)
    elif step.action is Action.DELETE:
        resource.delete(wait)
    else:
        return Outcome.ABSENT if step.want is None else Outcome.UNCHANGED
    return Outcome.ATTACHED if isinstance(resource, Variable) else OUTCOMES[step.action]


def _create(resource: Resource, wait: Patience) -> None:
    """Create; if AWS says that it exists, made meanwhile by a retry or another run, bring that to want."""
    try:
        resource.create(wait)
    except Exception as error:
        if code(error) not in EXISTS:
            raise
        now = resource.read()
        if now is None:
            raise
        if decide(resource.want(), now) is Action.UPDATE:
            resource.update(now, wait)
