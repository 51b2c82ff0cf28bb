"""Prints what a run would do, folded into groups."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.console import Console

from advent_cli.deploy.decide import Action, Step, count_actions
from advent_cli.deploy.inspection import Inspection
from advent_cli.errors import AdventError, UsesForeignError
from advent_cli.output import header
from advent_cli.output.branches import Parts
from advent_cli.output.group_rows import WIDTH, Columns, details, row
from advent_cli.output.groups import Group, groups
from advent_cli.output.labels import ACTION_STYLES, KIND_WIDTH, kind_and_name, setting
from advent_cli.output.styled_lines import line

VERBS = {
    Action.CREATE: "to create",
    Action.UPDATE: "to update",
    Action.DELETE: "to delete",
    Action.BLOCKED: "blocked",
}
Files = Mapping[str, Sequence[str]]
"""The files that change in code, by the key of the function's step."""


def page(
    console: Console, inspection: Inspection, steps: Sequence[Step], files: Files, *, every_resource: bool
) -> None:
    """Print the whole page: the header, the changes, the notes, and how to apply it."""
    header.show(console, inspection.stack)
    show(console, steps, files, every_resource=every_resource)
    for note in inspection.plan_notes:
        line(console, f"  {note}")
    if any(step.action not in (Action.NOTHING, Action.BLOCKED) for step in steps):
        rest = "apply what is not blocked: `advent up --keep-going`"
        line(console, f"  {rest if any(step.foreign for step in steps) else 'apply: `advent up`'}")


def show(console: Console, steps: Sequence[Step], files: Files, *, every_resource: bool) -> None:
    """Print a line for each group that changes, under it what changes in it, and the totals.

    A group that is created or deleted as a whole is one line; `every_resource` unfolds that too, with the settings of
    what is created.
    """
    changing = [group for group in groups(steps) if _actions(group) != {Action.NOTHING}]
    columns = Columns.fitting(changing, console.width if console.is_terminal else WIDTH, has_state=False)
    for group in changing:
        console.print(row(_sign(group), group, columns, name_only=not group.is_whole), overflow="fold")
        details(console, _inside(group, files, every_resource=every_resource))
    line(console, (f"  {totals(steps)}", "bold"))


def totals(steps: Iterable[Step]) -> str:
    """The number of steps of each action, as in `+ 2 to create, ~ 1 to update`."""
    parts = [f"{action.value} {number} {VERBS[action]}" for action, number in count_actions(steps).items() if number]
    return ", ".join(parts) or "nothing to do: everything matches config.yaml"


def step_lines(step: Step, *, show_settings: bool, files: Sequence[str] = ()) -> Iterator[Parts]:
    """What a step will do, as lines; `show_settings` adds those of a new resource."""
    kind, name = kind_and_name(step.key)
    yield [(f"{step.action.value} {kind:{KIND_WIDTH}} {name}", ACTION_STYLES[step.action])]
    for name, value in (step.want or {}).items() if step.action is Action.CREATE and show_settings else ():
        yield [(f"    {name}: {setting(value)}", "")]
    yield from ([("    ", ""), *parts] for parts in _differences(step, files))


def _inside(group: Group, files: Files, *, every_resource: bool) -> Iterator[Parts]:
    """The lines under a group's row."""
    waiting = [step for step in group.steps if isinstance(step.seen, UsesForeignError)]
    if every_resource or not group.is_whole:
        for step in group.steps:
            if step.action is not Action.NOTHING and step not in waiting:
                yield from step_lines(step, show_settings=every_resource, files=files.get(step.key, ()))
    if waiting:
        yield blocked(waiting)


def blocked(steps: Sequence[Step]) -> Parts:
    """A line for steps of a group that something foreign blocks."""
    return [("blocked: ", "magenta"), (f"{', '.join(step.title for step in steps)} ({steps[0].seen})", "")]


def _differences(step: Step, files: Sequence[str]) -> Iterator[Parts]:
    for difference in step.differences:
        if difference.setting == "code":  # the hashes would say nothing
            yield [("code to upload: ", ""), (", ".join(files) or "changed", "yellow")]
        else:
            change = f"{setting(difference.now)} -> {setting(difference.want)}"
            yield [(f"{difference.setting}: ", ""), (change, "yellow")]
    if isinstance(step.seen, AdventError):
        yield [(str(step.seen), "")]
        if step.seen.hint:
            yield [(f"try: {step.seen.hint}", "")]


def _actions(group: Group) -> set[Action]:
    return {step.action for step in group.steps}


def _sign(group: Group) -> tuple[str, str]:
    """The sign of a group's row: that of its only action; none if the lines under it have signs of their own."""
    actions = {step.action for step in group.steps if not isinstance(step.seen, UsesForeignError)}
    action = actions.pop() if group.is_whole else Action.BLOCKED if not actions else Action.NOTHING
    return action.value, ACTION_STYLES[action]
