"""advent plan: inspect and decide, without changing anything."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from advent_cli.cli.command import Command
from advent_cli.cli.exit_codes import STACK_CODES
from advent_cli.cli.pick_reporter import format_option, json_option, refuse_options
from advent_cli.errors import DIFFERENT, DONE

if TYPE_CHECKING:
    from advent_cli.cli.options import Options


@click.command(
    cls=Command,
    example="advent plan --exit-code",
    short_help="Show what up would do.",
    codes=(*STACK_CODES, DIFFERENT),
    for_scripts=lambda params: refuse_options(params, "explain"),
)
@click.option("--exit-code", "exit_code", is_flag=True, help="Exit with 5 if there are changes to make.")
@click.option(
    "--explain", is_flag=True, help="Print a shell script: the aws commands, with the console steps as comments."
)
@format_option
@json_option
@click.pass_obj
def plan(options: Options, exit_code: bool, explain: bool) -> int:
    """Show what up would do, without changing anything: + create, ~ update, - delete, ! blocked."""
    from advent_cli.cli.open_stack import open_stack
    from advent_cli.deploy import inspection as inspections
    from advent_cli.deploy import walkthrough
    from advent_cli.deploy.code_changes import changed_files
    from advent_cli.deploy.decide import is_done
    from advent_cli.local import lifecycle

    report = options.report
    with report.waiting("inspecting the stack"):
        inspection = inspections.inspect(open_stack(options, lifecycle.start, ahead=inspections.SERVICES))
    steps = inspection.steps_up()
    if explain:
        report.walkthrough(walkthrough.up(inspection, steps), is_result=True)
    else:
        report.plan(inspection, steps, partial(changed_files, inspection, steps))
    different = exit_code and not is_done(steps)
    return inspections.exit_code(steps) or (DIFFERENT if different else DONE)
