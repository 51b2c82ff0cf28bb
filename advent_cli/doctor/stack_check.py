"""Checks whether what is deployed is as config.yaml wants it."""

from collections.abc import Iterator, Sequence

from advent_cli.deploy.decide import Action, Step
from advent_cli.deploy.inspection import inspect, problems
from advent_cli.doctor.findings import Finding, note, ok, problem
from advent_cli.errors import AdventError, UsesForeignError
from advent_cli.stack.build import Stack

SHOWN = 3  # names
NOTHING, DEPLOY = "nothing is deployed", "`advent up` deploys it"


def health(stack: Stack) -> Finding:
    """The finding, by one inspection."""
    inspection = inspect(stack)
    return judge_health(inspection.steps_up(), inspection.unlisted)


def judge_health(steps: Sequence[Step], unlisted: AdventError | None = None) -> Finding:
    """Pure: which resources are not as wanted, and why; `unlisted` is why old roles were not looked for, if so."""
    details = [str(unlisted)] if unlisted else []
    if all(step.seen is None for step in steps):
        return note("stack", NOTHING, DEPLOY, details)
    text, hint = "; ".join(_parts(steps)), "; ".join(dict.fromkeys(_hints(steps)))
    if any(step.action in (Action.BLOCKED, Action.CREATE, Action.UPDATE) for step in steps):
        return problem("stack", text, hint, details)
    healthy = f"all {len(steps)} resources are healthy"
    return note("stack", text or healthy, hint, details) if text or details else ok("stack", healthy)


def _parts(steps: Sequence[Step]) -> Iterator[str]:
    """How many are not as wanted in each way, with the names of some."""
    foreign = [step for step in steps if step.foreign]
    blocked = [step for step in steps if isinstance(step.seen, UsesForeignError)]
    unread = [step for step in _stopped(steps) if step not in foreign]
    for some, one, several in (
        (unread, "could not be read", "could not be read"),
        (foreign, "is not managed by this stack", "are not managed by this stack"),
        (blocked, "is blocked by that", "are blocked by that"),
        (_wrong(steps), "is missing or differs", "are missing or differ"),
        (_orphans(steps), "is no longer in config.yaml", "are no longer in config.yaml"),
    ):
        if some:
            names = ", ".join(step.title for step in some[:SHOWN])
            more = f" and {len(some) - SHOWN} more" if len(some) > SHOWN else ""
            why = f" ({problems(some)[0]})" if some is unread else ""
            yield f"{len(some)} of {len(steps)} resources {one if len(some) == 1 else several}: {names}{more}{why}"


def _hints(steps: Sequence[Step]) -> Iterator[str]:
    """What to do: the first of the errors' own hints, and the commands that change the rest."""
    yield from [error.hint for error in problems(steps) if isinstance(error, AdventError) and error.hint][:1]
    for some, does in ((_wrong(steps), "repairs"), (_orphans(steps), "deletes")):
        if some:
            them = "it" if len(some) == 1 else "them"
            yield f"`advent up` {does} {them}; `advent status` shows {them}"


def _stopped(steps: Sequence[Step]) -> list[Step]:
    return [s for s in steps if s.action is Action.BLOCKED and not isinstance(s.seen, UsesForeignError)]


def _wrong(steps: Sequence[Step]) -> list[Step]:
    return [step for step in steps if step.action in (Action.CREATE, Action.UPDATE)]


def _orphans(steps: Sequence[Step]) -> list[Step]:
    return [step for step in steps if step.action is Action.DELETE]
