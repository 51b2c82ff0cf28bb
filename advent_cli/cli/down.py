"""advent down: inspect, plan, confirm, export, execute, and check that nothing is left."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from advent_cli.cli.command import Command
from advent_cli.cli.exit_codes import STACK_CODES
from advent_cli.cli.pick_reporter import events_option, json_option, refuse_options
from advent_cli.errors import DONE, FAILED, REFUSED, UsageError

if TYPE_CHECKING:
    from advent_cli.cli.options import Options
    from advent_cli.deploy.decide import Step
    from advent_cli.deploy.inspection import Inspection
    from advent_cli.deploy.tables import Staying, Tables
    from advent_cli.output.reporter import Reporter
    from advent_cli.stack.model import Stack


def _for_scripts(params: dict[str, Any]) -> None:
    from advent_cli.words import atomic_file

    refuse_options(params, "explain")
    atomic_file.refuse_stdout(params["export"])


@click.command(
    cls=Command,
    example="advent down --export words.jsonl",
    short_help="Delete everything that up created.",
    codes=STACK_CODES,
    meaning={REFUSED: "blocked by a resource that belongs to someone else, FILE exists, or not confirmed"},
    for_scripts=_for_scripts,
)
@click.option("-y", "--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option(
    "--export",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, readable=False),
    help="First write the word counts to FILE, as JSON lines. Words posted after the export starts may be lost. "
    "If FILE is a pipe or a device, advent cannot check that the reader kept the data.",
)
@click.option("--force", is_flag=True, help="Overwrite the FILE of --export if it exists.")
@click.option("--keep-table", is_flag=True, help="Keep the table; the next up reuses it.")
@click.option(
    "--hand-over",
    is_flag=True,
    help="Keep the table and remove the stack's tag, so that advent never touches it again.",
)
@click.option("--explain", is_flag=True, help="First show the steps in the AWS console, and as aws commands.")
@json_option
@events_option
@click.pass_obj
def down(
    options: Options,
    yes: bool,
    export: Path | None,
    force: bool,
    keep_table: bool,
    hand_over: bool,
    explain: bool,
) -> int:
    """Delete everything that up created, including the table and its word counts."""
    from advent_cli.cli import confirm
    from advent_cli.cli.open_stack import open_stack
    from advent_cli.deploy import tables, walkthrough
    from advent_cli.deploy.decide import is_done
    from advent_cli.deploy.inspection import SERVICES, inspect
    from advent_cli.local import lifecycle
    from advent_cli.words import atomic_file, export_import

    report, file = options.report, atomic_file.from_options(export, force=force)
    fate = _fate_of_tables(keep_table=keep_table, hand_over=hand_over)

    def data_loss(stack: Stack, step: Step) -> str:
        return confirm.data_loss(stack, step) if fate.is_lost(step) else ""

    with report.waiting("inspecting the stack"):
        stack = open_stack(options, lifecycle.require, ahead=SERVICES)
        seen = inspect(stack, report.data_loss_describer(data_loss))
    inspection, steps, staying = tables.plan(seen, fate)
    report.run_planned(inspection, steps)
    if file:
        export_import.check_table(stack.table, seen.seen[stack.table.key])
    elif is_done(steps):
        report.nothing_to_delete(inspection, staying)
        return DONE
    if explain:
        report.walkthrough(walkthrough.down(inspection, steps), is_result=False)
    report.data_loss(inspection, steps, staying, agreed=yes or explain)
    if not yes:
        confirm.deletion(stack, steps)
    if file:
        report.exported(export_import.export(stack.table, file), file.given)
    return _run(inspection, steps, staying, fate, report)


def _run(inspection: Inspection, steps: tuple[Step, ...], staying: Staying, fate: Tables, report: Reporter) -> int:
    """Carry out the steps, and report what is left and what stays; returns the exit code."""
    from advent_cli.deploy import apply, remains
    from advent_cli.deploy.executor import Interrupt

    with Interrupt() as interrupt, report.running() as listen:
        result = apply.down(inspection, steps, listen, interrupt)
    report.run_ended(inspection, steps, result)
    result.raise_bug()
    remaining = remains.remaining(inspection.stack, steps, result, fate.is_kept)
    report.remaining(remaining, staying, result)
    return FAILED if remaining and result.exit_code in (DONE, REFUSED) else result.exit_code


def _fate_of_tables(*, keep_table: bool, hand_over: bool) -> Tables:
    from advent_cli.deploy.tables import Tables

    if keep_table and hand_over:
        hint = "with --keep-table the table stays the stack's, for the next `advent up`; with --hand-over it does not"
        raise UsageError("--hand-over cannot be combined with --keep-table", hint=hint)
    return Tables.KEEP if keep_table else Tables.HAND_OVER if hand_over else Tables.DELETE
