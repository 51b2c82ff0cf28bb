"""The commands that change things: advent up, advent down."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from advent_cli import cli_told
from advent_cli.cli_answer import Answering, as_events, as_json
from advent_cli.cli_complete import adoptable
from advent_cli.cli_help import MEETS
from advent_cli.errors import DONE, FAILED, INTERRUPTED, REFUSED
from advent_cli.options import Options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from advent_cli.plan import Step
    from advent_cli.stack import Stack

PATH = click.Path(path_type=Path, dir_okay=False)
WRITTEN = click.Path(path_type=Path, dir_okay=False, readable=False)


@click.command(cls=Answering, example="advent up", short_help="Make AWS as config.yaml wants it.", codes=MEETS)
@click.option("--yes", is_flag=True, help="Do not ask, neither before changing an AWS account nor before losing words.")
@click.option(
    "--import", "import_file", metavar="FILE", type=PATH, help="Set the word counts that down --export wrote."
)
@click.option(
    "--adopt",
    metavar="KIND/NAME",
    multiple=True,
    shell_complete=adoptable,
    help="Make what is in the way ours; may be repeated.",
)
@click.option("--watch", is_flag=True, help="Do so again whenever config.yaml or a handler is saved, until Ctrl-C.")
@click.option("--explain", is_flag=True, help="First show the steps in the console, and as aws commands.")
@as_json
@as_events
@click.pass_obj
def up(
    options: Options, yes: bool, import_file: Path | None, adopt: tuple[str, ...], watch: bool, explain: bool
) -> int:
    """Make AWS as config.yaml wants it; what is so already is left alone."""
    from dataclasses import replace

    from advent_cli import backup, config
    from advent_cli import watch as watching
    from advent_cli.patience import Patience

    cli_told.only_for_people(options, watch=watch, explain=explain)
    if import_file:
        backup.check(import_file)
    # Found once: were config.yaml away for a moment, `up` would take the tutorial's for it.
    options = replace(options, config=str(config.find(options.config)))
    before = watching.state(config.find(options.config)) if watch else {}
    stack, code = _up(options, adopt, ask=not yes, ask_first=not yes, explain=explain)
    if import_file and code != DONE:
        cli_told.note(options, f"nothing was set from {import_file}", imported=0)
    elif import_file:
        words = backup.restore(stack.table, import_file, Patience())
        cli_told.note(options, f"set the counts of {words} words from {import_file}", imported=words)
    if watch and code != INTERRUPTED:
        _watch(options, watching.changes(config.find(options.config), before), ask=not yes, explain=explain)
    return code


def _up(options: Options, adopt: tuple[str, ...], *, ask: bool, ask_first: bool, explain: bool) -> tuple[Stack, int]:
    """Once up, with the URL at the end; the stack, and the exit code."""
    from advent_cli import asking, deploy, local
    from advent_cli.context import open_stack
    from advent_cli.engine import Interrupt
    from advent_cli.plan import Action
    from advent_cli.survey import SERVICES, look
    from advent_cli.survey import adopt as make_ours

    with cli_told.looking(options):
        stack = open_stack(options, local.start, ahead=SERVICES)
        survey = look(stack)
    if adopt:
        make_ours(survey, adopt)
        survey = look(stack)
    steps = survey.steps_up()
    if ask:
        steps = tuple(asking.spared(stack, step) for step in steps)
    changes = any(step.action not in (Action.NOTHING, Action.BLOCKED) for step in steps)
    if explain:
        from advent_cli import explain as explaining

        cli_told.explained(options, *explaining.up(survey, steps, options))
    if ask_first and changes and stack.aws.endpoint is None and sys.stdin.isatty():
        if not explain:
            from advent_cli.display import report, terminal

            report.plan(terminal.stderr(), steps, show_settings=False)
        asking.confirm(f"Do this in {asking.place(stack)}?")
    cli_told.planned(options, stack, steps)
    with Interrupt() as interrupt, cli_told.listener(options) as listen:
        result = deploy.up(survey, steps, listen, interrupt)
    cli_told.ended(options, steps, result)
    cli_told.way_in(options, survey, stack.url if result.exit_code == DONE else None)
    return stack, result.exit_code


def _watch(options: Options, changes: Iterator[str], *, ask: bool, explain: bool) -> None:
    """Up again at each change, until Ctrl-C; what is wrong is told, and may be put right."""
    from contextlib import suppress

    from advent_cli.aws_errors import explain as in_words
    from advent_cli.crash import shown
    from advent_cli.display import report, terminal

    click.echo("watching config.yaml and its handlers; Ctrl-C ends it", err=True)
    with suppress(KeyboardInterrupt):
        for changed in changes:
            click.echo(f"{changed} was changed", err=True)
            try:
                _, code = _up(options, (), ask=ask, ask_first=False, explain=explain)
            except Exception as error:  # a mistake in a file, or the network: told, and survived
                if (told := in_words(error)) is None:
                    raise
                report.error(terminal.stderr(), shown(told, options.run))
                continue
            if code == INTERRUPTED:
                return


@click.command(
    cls=Answering,
    example="advent down --export words.jsonl",
    short_help="Delete all that up made.",
    codes=MEETS,
    meaning={REFUSED: "refused: something in the way is not ours, FILE exists, or you did not confirm"},
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--export",
    metavar="FILE",
    type=WRITTEN,
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
    from advent_cli import asking, backup, deploy, export_file, local
    from advent_cli.context import open_stack
    from advent_cli.engine import Interrupt
    from advent_cli.plan import Action
    from advent_cli.survey import SERVICES, look

    cli_told.only_for_people(options, explain=explain)
    file = export_file.chosen(export, force=force, stdout_is_taken=options.answer is not None)

    def is_kept(step: Step) -> bool:
        return keep_table and step.key.startswith("table/")  # one left over as well

    def loss(stack: Stack, step: Step) -> str:
        return "" if options.answer or is_kept(step) else asking.loss(stack, step)

    with cli_told.looking(options):
        stack = open_stack(options, local.require, ahead=SERVICES)
        survey = look(stack, loss)
    steps = tuple(step for step in survey.steps_down() if not is_kept(step))
    cli_told.planned(options, stack, steps)
    if file:
        backup.check_table(stack.table, survey.seen[stack.table.key])
    if not file and all(step.action is Action.NOTHING for step in steps):
        cli_told.note(options, "nothing to delete", seconds=0, left=[])
        return DONE
    if explain:
        from advent_cli import explain as explaining

        cli_told.explained(options, *explaining.down(survey, steps, options))
    cli_told.losses(options, survey, steps, agreed=yes or explain)
    if not yes and any(step.action is Action.DELETE for step in steps):
        asking.confirm(f"Delete all of this from {asking.place(stack)}?")
    if file:
        words = backup.export(stack.table, file)
        cli_told.note(options, f"wrote the counts of {words} words to {export}", exported=words)
    with Interrupt() as interrupt, cli_told.listener(options) as listen:
        result = deploy.down(survey, steps, listen, interrupt)
    cli_told.ended(options, steps, result)
    if result.exit_code not in (DONE, REFUSED):
        return result.exit_code
    left = deploy.receipt(stack, is_kept)
    cli_told.left(options, left)
    return FAILED if left else result.exit_code
