"""Pure: which steps of a run come before which."""

from advent_cli.deploy.inspection import Inspection
from advent_cli.deploy.orphans import needs
from advent_cli.resources.function import Function
from advent_cli.resources.log_group import LogGroup


def up(inspection: Inspection) -> dict[str, set[str]]:
    """For each key those that `up` finishes before it."""
    return {**inspection.stack.needs, **needs(inspection.orphans, inspection.stack)}


def existing_up(inspection: Inspection) -> dict[str, set[str]]:
    """For each key those that only have to exist when `up` starts it, as long as its parent is new as well.

    A topic that is there may have messages, which a new function cannot take before it is ready.
    """
    stack, seen = inspection.stack, inspection.seen
    parents = {key: stack.resources[key].parent or "" for key in stack.needs_existing}
    return {key: stack.needs_existing[key] for key, parent in parents.items() if seen.get(parent) is None}


def down(inspection: Inspection) -> dict[str, set[str]]:
    """For each key those that `down` finishes before it; most resources are deleted in parallel.

    Functions come before their log groups, and before a resource that is deleted with its parent comes the parent.
    What is handed over comes before all: from then on no other `down` deletes it, however this one ends, and if it
    fails, nothing else has changed.
    """
    orphans, stack = inspection.orphans, inspection.stack
    functions = {key for key, resource in orphans.items() if resource.kind == Function.kind}
    before = {key: {function} for key, function in stack.outlives.items()}
    before |= {key: functions for key, resource in orphans.items() if resource.kind == LogGroup.kind}
    everything, first = inspection.resources, {*inspection.handed_over}
    before |= {key: {r.parent} for key, r in everything.items() if r.deleted_with_parent and r.parent}
    return {key: set() if key in first else before.get(key, set()) | first for key in everything}
