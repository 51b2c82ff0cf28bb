"""What AWS still shows for a while after it was deleted: when to believe that it is there, and when that it is gone."""

from dataclasses import replace

from advent_cli.aws.retry import Waiter
from advent_cli.deploy.decide import Step
from advent_cli.deploy.inspection import Inspection
from advent_cli.resources.base import Resource
from advent_cli.resources.function import Function
from advent_cli.resources.role import Role

ABSENCES = 3  # looks in a row that must not see it: after its deletion one look sees it and the next one does not


def doubtful(inspection: Inspection) -> set[str]:
    """The keys of the resources that `up` found and that may go while it runs, because a `down` has deleted them.

    A `down` deletes all functions, so nothing is in doubt if there is one; a fresh `up` finds nothing to doubt. The
    local engine deletes at once.
    """
    stack = inspection.stack
    functions = [key for key, resource in stack.resources.items() if resource.kind == Function.kind]
    if stack.aws.endpoint or any(inspection.seen[key] is not None for key in functions):
        return set()
    return {key for key, r in stack.resources.items() if r.lingers and isinstance(inspection.seen[key], dict)}


def settled(resource: Resource, step: Step, waiter: Waiter) -> Step:
    """The step once it is certain whether the resource stays: as soon as it is gone, or when it can no longer go.

    It is another `up`'s, and stays, if that one turns out to have created a role or a function at the same time.
    """
    lingers, began, absences = resource.lingers, waiter.clock(), 0
    if lingers is None:
        return step
    seen = step.seen

    def is_certain() -> bool:
        nonlocal seen, absences
        seen = resource.read()
        absences = 0 if seen is not None else absences + 1
        is_late = waiter.clock() - began >= lingers.seconds
        is_another_runs = any(key.split("/")[0] in (Role.kind, Function.kind) for key in resource.aws.contested)
        return absences >= ABSENCES or is_late or is_another_runs

    waiter.until(is_certain, lingers.words)
    return replace(step, seen=seen)
