"""advent plan: inspect and decide, and change nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from advent_cli.cli.command import MEETS, Command
from advent_cli.cli.pick_reporter import as_json, refuse
from advent_cli.errors import DIFFERENT, DONE

if TYPE_CHECKING:
    from advent_cli.cli.options import Options


@click.command(
    cls=Command,
    example="advent plan --exit-code",
    short_help="Show what up would do.",
    codes=(*MEETS, DIFFERENT),
    for_scripts=lambda params: refuse(params, "explain"),
)
@click.option("--exit-code", "exit_code", is_flag=True, help="End with 5 if there is something to do.")
@click.option("--explain", is_flag=True, help="Add the way through the console and the aws commands: a shell script.")
@as_json
@click.pass_obj
def plan(options: Options, exit_code: bool, explain: bool) -> int:
    """Show what up would do: + create, ~ update with the settings that differ, - delete, ! cannot; writes nothing."""
    from advent_cli.cli.open_stack import open_stack
    from advent_cli.deploy import inspection as inspections
    from advent_cli.deploy import walkthrough
    from advent_cli.deploy.decide import Action
    from advent_cli.local import lifecycle

    report = options.report
    with report.waiting("inspecting what is there"):
        inspection = inspections.inspect(open_stack(options, lifecycle.start, ahead=inspections.SERVICES))
    steps = inspection.steps_up()
    if explain:
        report.walkthrough(walkthrough.up(inspection, steps, options.profile), is_result=True)
    else:
        report.plan(inspection.stack, steps)
    different = exit_code and any(step.action is not Action.NOTHING for step in steps)
    return inspections.exit_code(steps) or (DIFFERENT if different else DONE)
