"""Prints what `down` is going to delete, and what is left or kept after it."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console

from advent_cli.aws.retry import AGAIN
from advent_cli.aws.tags import OWNER_TAG
from advent_cli.deploy.apply import Result
from advent_cli.deploy.decide import Action, Step
from advent_cli.deploy.place import target
from advent_cli.deploy.tables import Staying
from advent_cli.errors import DONE, FAILED, REFUSED, ForeignError
from advent_cli.output.branches import Parts
from advent_cli.output.group_rows import WIDTH, Columns, details, row
from advent_cli.output.groups import Group, groups
from advent_cli.output.labels import ACTION_STYLES, LOST, kind_and_name
from advent_cli.output.styled_lines import line
from advent_cli.stack.model import Stack

EXPORT = "`advent down --export FILE` saves the counts for `advent up --import FILE`"
KEEP = f"{EXPORT}, `advent down --keep-table` keeps the table"
STAYS = f"stays with its words; without the tag {OWNER_TAG}, no `advent up` or `advent down` changes or deletes it"
NEXT = (
    "next: `advent export DIR` writes a CloudFormation template; a change set of it with --import-existing-resources "
    "takes over the table"
)
LOOKED = "searched by name, tag and role path"


def to_delete(console: Console, steps: Sequence[Step], staying: Staying, data_losses: Mapping[str, str]) -> None:
    """Print each group that goes, with the data that is lost with it, how many resources that are, and what stays."""
    deleted = [step for step in steps if step.action is Action.DELETE]
    shown = groups([*staying.handing_over, *deleted])
    columns = Columns.fitting(shown, console.width if console.is_terminal else WIDTH, has_state=False)
    for group in shown:
        action = group.steps[0].action
        text = row((action.value, ACTION_STYLES[action]), group, columns)
        text.append("".join(data_losses.get(step.key, "") for step in group.steps), "bold red")
        console.print(text, soft_wrap=not console.is_terminal)
    kept = [f", keeping {step.title}" for step in staying.kept]
    line(console, (f"  {len(deleted)} to delete", "bold"), *kept, *[f", {words}" for words in _handing_over(staying)])
    kinds = {
        kind_and_name(step.key)[0] for step in deleted if data_losses.get(step.key) or step.key.startswith("log-group/")
    }
    has_counts, lost = "table" in kinds, ", ".join(words for kind, (_, words) in LOST.items() if kind in kinds)
    if lost:
        details(console, [[(f"will be lost: {lost}", "bold red")], *([[(KEEP, "")]] if has_counts else [])], indent=2)
    details(console, [[(f"{step.title} {STAYS}", "")] for step in staying.handing_over], indent=2)


def losing(console: Console, steps: Sequence[Step], staying: Staying, data_losses: Mapping[str, str]) -> None:
    """Print only what loses data, and what stays."""
    for group in groups(steps):
        details(console, _lost_data(group, data_losses), indent=2)
    for words in (*(f"keeping {step.title}" for step in staying.kept), *_handing_over(staying)):
        line(console, f"  {words}")


def nothing_to_delete(console: Console, stack: Stack, staying: Staying) -> None:
    """Say that nothing of the stack exists, except what stays."""
    line(console, f"nothing to delete: {stack.aws.stack} is not deployed on {target(stack.aws)}")
    _stays(console, staying, ())
    _next(console, staying.foreign)


def remaining(console: Console, steps: Sequence[Step], staying: Staying, result: Result) -> None:
    """Print what is still there after `down`, and what stays; that nothing is left only if it was searched for."""
    for step in steps:
        line(console, ("  left: ", "bold red"), step.title)
    handed_over = staying.handed_over(result)
    _stays(console, staying, handed_over)
    if steps:
        line(console, (f"  {len(steps)} left", "bold"), "" if result.stopped else f": {AGAIN}")
    elif result.exit_code in (DONE, REFUSED, FAILED):
        stays = staying.kept or handed_over or staying.foreign
        line(console, ("  nothing else is left" if stays else "  nothing is left", "bold"), f": {LOOKED}")
        _next(console, (*handed_over, *staying.foreign))


def _handing_over(staying: Staying) -> list[str]:
    return [f"handing over {step.title}" for step in staying.handing_over]


def _stays(console: Console, staying: Staying, handed_over: Sequence[Step]) -> None:
    """Print the tables that stay, and whose they are."""
    for step in staying.kept:
        line(console, f"  kept: {step.title}")
    for step in handed_over:
        line(console, f"  handed over: {step.title}")
    for step in staying.foreign:
        whose = f"managed by {_manager(step)}" if _manager(step) else "not managed by this stack"
        line(console, f"  {whose}: {step.title}")


def _next(console: Console, tables: Sequence[Step]) -> None:
    """Print how CloudFormation takes over these tables, unless it manages them."""
    if any(not _manager(step) for step in tables):
        details(console, [[(NEXT, "")]], indent=2)


def _manager(step: Step) -> str:
    return step.seen.manager if isinstance(step.seen, ForeignError) else ""


def _lost_data(group: Group, data_losses: Mapping[str, str]) -> Iterator[Parts]:
    for step in group.steps:
        if step.action is Action.DELETE and data_losses.get(step.key):
            yield [("- ", "red"), (step.title, ""), (data_losses[step.key], "bold red")]
