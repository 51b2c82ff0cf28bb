"""Pure: what `down` does about the tables: it deletes them, keeps them for the next `up`, or hands them over."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

from advent_cli.aws.retry import AGAIN
from advent_cli.aws.tags import OWNER_TAG
from advent_cli.deploy.apply import Result
from advent_cli.deploy.decide import Action, Step
from advent_cli.deploy.events import Outcome
from advent_cli.deploy.inspection import Inspection
from advent_cli.errors import AdventError, ForeignError
from advent_cli.resources.base import Resource
from advent_cli.resources.handed_over_table import HandedOverTable
from advent_cli.resources.table import Table

NOT_YET = {
    "CREATING": ("DynamoDB is still creating it", AGAIN),
    "DELETING": ("DynamoDB is deleting it", "`advent down` deletes the rest of the stack"),
}


class Tables(Enum):
    """What happens to the tables, those that config.yaml no longer has too."""

    DELETE = "deleted"
    KEEP = "kept"
    HAND_OVER = "handed over"

    def is_kept(self, step: Step) -> bool:
        """Whether the step's resource stays, as the stack's."""
        return self is Tables.KEEP and _is_table(step)

    def is_lost(self, step: Step) -> bool:
        """Whether the data in the step's resource is lost if it exists."""
        return self is Tables.DELETE or not _is_table(step)


@dataclass(frozen=True)
class Staying:
    """The tables that are there after `down`.

    `kept` are the stack's; it takes its tag off those in `handing_over`; `foreign` are not the stack's, or no longer.
    """

    kept: tuple[Step, ...] = ()
    handing_over: tuple[Step, ...] = ()
    foreign: tuple[Step, ...] = ()

    def handed_over(self, result: Result) -> tuple[Step, ...]:
        """Those off which the run took the tag."""
        ended = {key for key, event in result.finished.items() if event.outcome is Outcome.UPDATED}
        return tuple(step for step in self.handing_over if step.key in ended)


def plan(inspection: Inspection, tables: Tables) -> tuple[Inspection, tuple[Step, ...], Staying]:
    """The inspection for the run of `down`, its steps, and the tables that stay.

    Raises an AdventError if a table is to be handed over that cannot be read, or is being created or deleted.
    """
    if tables is Tables.HAND_OVER:
        inspection = _handing_over(inspection)
    steps = inspection.steps_down()
    kept = tuple(step for step in steps if tables.is_kept(step) and step.action is Action.DELETE)
    foreign = tuple(step for step in steps if tables is Tables.HAND_OVER and _is_table(step) and step.foreign)
    handing_over = tuple(step for step in steps if step.key in inspection.handed_over)
    left_out = {step.key for step in (*foreign, *filter(tables.is_kept, steps))}
    taken = tuple(step for step in steps if step.key not in left_out)
    return inspection, taken, Staying(kept, handing_over, foreign)


def _handing_over(inspection: Inspection) -> Inspection:
    """The inspection in which the stack's tables only lose its tag."""
    owned = {table.key: HandedOverTable(table.aws, table.name) for table in _owned_tables(inspection)}
    tagged = {key: {OWNER_TAG: table.aws.stack} for key, table in owned.items()}
    return replace(inspection, handed_over={**owned}, seen={**inspection.seen, **tagged})


def _owned_tables(inspection: Inspection) -> Iterator[Resource]:
    for key, resource in inspection.resources.items():
        seen = inspection.seen[key]
        if resource.kind != Table.kind or seen is None or isinstance(seen, ForeignError):
            continue
        if isinstance(seen, Exception):
            raise seen
        if seen["status"] in NOT_YET:
            why, hint = NOT_YET[seen["status"]]
            raise AdventError(f"cannot hand over {resource.title}", why=why, hint=hint)
        yield resource


def _is_table(step: Step) -> bool:
    return step.key.startswith(f"{Table.kind}/")
