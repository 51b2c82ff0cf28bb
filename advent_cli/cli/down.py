"""advent down: inspect, plan, confirm, export, execute, and make sure that nothing is left."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from advent_cli.cli.command import MEETS, Command
from advent_cli.cli.pick_reporter import as_events, as_json, refuse
from advent_cli.errors import DONE, FAILED, REFUSED

if TYPE_CHECKING:
    from advent_cli.cli.options import Options
    from advent_cli.deploy.decide import Step
    from advent_cli.stack.model import Stack


def _for_scripts(params: dict[str, Any]) -> None:
    from advent_cli.words import export_file

    refuse(params, "explain")
    export_file.refuse_stdout(params["export"])


@click.command(
    cls=Command,
    example="advent down --export words.jsonl",
    short_help="Delete all that up made.",
    codes=MEETS,
    meaning={REFUSED: "refused: something in the way is not ours, FILE exists, or you did not confirm"},
    for_scripts=_for_scripts,
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--export",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, readable=False),
    help="First write the word counts to FILE, as JSON lines. Words said meanwhile may be lost. Of a pipe or a device "
    "it is known only that the bytes were handed over, not that the reader kept them.",
)
@click.option("--force", is_flag=True, help="Overwrite the FILE of --export if it exists.")
@click.option("--keep-table", is_flag=True, help="Leave the table; the next up finds it as ours.")
@click.option("--explain", is_flag=True, help="First show the steps in the console, and as aws commands.")
@as_json
@as_events
@click.pass_obj
def down(options: Options, yes: bool, export: Path | None, force: bool, keep_table: bool, explain: bool) -> int:
    """Delete all that up made, the table with its words included."""
    from advent_cli.cli import confirm
    from advent_cli.cli.open_stack import open_stack
    from advent_cli.deploy import apply, walkthrough
    from advent_cli.deploy.decide import Action
    from advent_cli.deploy.executor import Interrupt
    from advent_cli.deploy.inspection import SERVICES, inspect
    from advent_cli.local import lifecycle
    from advent_cli.words import export_file, export_import

    report, file = options.report, export_file.from_options(export, force=force)

    def is_kept(step: Step) -> bool:
        return keep_table and step.key.startswith("table/")  # an orphan, too

    def data_loss(stack: Stack, step: Step) -> str:
        return "" if is_kept(step) else confirm.data_loss(stack, step)

    with report.waiting("inspecting what is there"):
        stack = open_stack(options, lifecycle.require, ahead=SERVICES)
        inspection = inspect(stack, report.describing_data_loss(data_loss))
    steps = tuple(step for step in inspection.steps_down() if not is_kept(step))
    report.planned(stack, steps)
    if file:
        export_import.check_table(stack.table, inspection.seen[stack.table.key])
    elif all(step.action is Action.NOTHING for step in steps):
        report.nothing_to_delete()
        return DONE
    if explain:
        report.walkthrough(walkthrough.down(inspection, steps, options.profile), is_result=False)
    report.data_loss(inspection, steps, agreed=yes or explain)
    if not yes:
        confirm.deletion(stack, steps)
    if file:
        report.exported(export_import.export(stack.table, file), file.given)
    with Interrupt() as interrupt, report.running() as listen:
        result = apply.down(inspection, steps, listen, interrupt)
    report.run_ended(steps, result)
    result.raise_bug()
    if result.exit_code not in (DONE, REFUSED):
        return result.exit_code
    remaining = apply.receipt(stack, is_kept)
    report.remaining(remaining)
    return FAILED if remaining else result.exit_code
