"""Prints what `down` is going to delete, and what is left or kept after it."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console

from advent_cli.aws.retry import AGAIN
from advent_cli.deploy.apply import Result
from advent_cli.deploy.decide import Action, Step
from advent_cli.deploy.place import target
from advent_cli.errors import DONE, FAILED, REFUSED
from advent_cli.output.branches import Parts
from advent_cli.output.group_rows import WIDTH, Columns, details, row
from advent_cli.output.groups import Group, groups
from advent_cli.output.labels import ACTION_STYLES, kind_and_name
from advent_cli.output.styled_lines import line
from advent_cli.stack.model import Stack

LOST = {
    "table": "the word counts",
    "log-group": "the functions' logs",
    "queue": "the dead letters",
    "parameter": "secrets that only you know",
}
EXPORT = "`advent down --export FILE` saves the counts for `advent up --import FILE`"
KEEP = f"{EXPORT}, `advent down --keep-table` keeps the table"
LOOKED = "searched by name, by tag and by the path of roles"


def to_delete(console: Console, steps: Sequence[Step], kept: Sequence[Step], data_losses: Mapping[str, str]) -> None:
    """Print each group that goes, with the data that is lost with it, and how many resources that are."""
    deleted = [step for step in steps if step.action is Action.DELETE]
    shown = groups(deleted)
    columns = Columns.fitting(shown, console.width if console.is_terminal else WIDTH, has_state=False)
    for group in shown:
        text = row((Action.DELETE.value, ACTION_STYLES[Action.DELETE]), group, columns)
        text.append("".join(data_losses.get(step.key, "") for step in group.steps), "bold red")
        console.print(text, soft_wrap=not console.is_terminal)
    line(console, (f"  {len(deleted)} to delete", "bold"), *(f", keeping {step.title}" for step in kept))
    kinds = {
        kind_and_name(step.key)[0] for step in deleted if data_losses.get(step.key) or step.key.startswith("log-group/")
    }
    has_counts, lost = "table" in kinds, ", ".join(words for kind, words in LOST.items() if kind in kinds)
    if lost:
        details(console, [[(f"lost for good: {lost}", "bold red")], *([[(KEEP, "")]] if has_counts else [])], indent=2)


def losing(console: Console, steps: Sequence[Step], kept: Sequence[Step], data_losses: Mapping[str, str]) -> None:
    """Print only what loses data, and what is kept."""
    for group in groups(steps):
        details(console, _lost_data(group, data_losses), indent=2)
    for step in kept:
        line(console, f"  keeping {step.title}")


def nothing_to_delete(console: Console, stack: Stack, kept: Sequence[Step]) -> None:
    """Say that nothing of the stack exists, except what is kept."""
    line(console, f"nothing to delete: {stack.aws.stack} is not deployed on {target(stack.aws)}")
    for step in kept:
        line(console, f"  kept: {step.title}")


def remaining(console: Console, steps: Sequence[Step], kept: Sequence[Step], result: Result) -> None:
    """Print what is still there after `down`, and what it kept; that nothing is left only if it was searched for."""
    for step in steps:
        line(console, ("  left: ", "bold red"), step.title)
    for step in kept:
        line(console, f"  kept: {step.title}")
    if steps:
        line(console, (f"  {len(steps)} left", "bold"), "" if result.stopped else f": {AGAIN}")
    elif result.exit_code in (DONE, REFUSED, FAILED):
        line(console, ("  nothing else is left" if kept else "  nothing is left", "bold"), f": {LOOKED}")


def _lost_data(group: Group, data_losses: Mapping[str, str]) -> Iterator[Parts]:
    for step in group.steps:
        if step.action is Action.DELETE and data_losses.get(step.key):
            yield [("- ", "red"), (step.title, ""), (data_losses[step.key], "bold red")]
