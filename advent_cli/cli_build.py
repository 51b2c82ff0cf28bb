"""The commands that change things: advent up, advent down."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from advent_cli.cli_complete import adoptable
from advent_cli.cli_help import MEETS, Explained
from advent_cli.errors import DONE, FAILED, INTERRUPTED, REFUSED, AdventError, UsesForeignError
from advent_cli.options import Options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from advent_cli.deploy import Result
    from advent_cli.stack import Stack

PATH = click.Path(path_type=Path, dir_okay=False)


@click.command(cls=Explained, example="advent up --adopt table/table", codes=MEETS)
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
@click.pass_obj
def up(options: Options, yes: bool, import_file: Path | None, adopt: tuple[str, ...], watch: bool) -> int:
    """Make AWS as config.yaml wants it; what is so already is left alone."""
    from dataclasses import replace

    from advent_cli import backup, config
    from advent_cli import watch as watching
    from advent_cli.patience import Patience

    if import_file:
        backup.check(import_file)
    # Found once: were config.yaml away for a moment, `up` would take the tutorial's for it.
    options = replace(options, config=str(config.find(options.config)))
    before = watching.state(config.find(options.config)) if watch else {}
    stack, code = _up(options, adopt, ask=not yes, ask_first=not yes)
    if import_file and code != DONE:
        click.echo(f"nothing was set from {import_file}", err=True)
    elif import_file:
        words = backup.restore(stack.table, import_file, Patience())
        click.echo(f"set the counts of {words} words from {import_file}", err=True)
    if watch and code != INTERRUPTED:
        _watch(options, watching.changes(config.find(options.config), before), ask=not yes)
    return code


def _up(options: Options, adopt: tuple[str, ...], *, ask: bool, ask_first: bool) -> tuple[Stack, int]:
    """Once up, with the URL at the end; the stack, and the exit code."""
    from advent_cli import asking, deploy, local
    from advent_cli.context import open_stack
    from advent_cli.display import report, terminal
    from advent_cli.engine import Interrupt
    from advent_cli.plan import Action
    from advent_cli.survey import adopt as make_ours
    from advent_cli.survey import look

    stack = open_stack(options, local.start)
    survey = look(stack)
    if adopt:
        make_ours(survey, adopt)
        survey = look(stack)
    steps = survey.steps_up()
    if ask:
        steps = tuple(asking.spared(stack, step) for step in steps)
    changes = any(step.action not in (Action.NOTHING, Action.BLOCKED) for step in steps)
    if ask_first and changes and stack.aws.endpoint is None and sys.stdin.isatty():
        report.plan(terminal.stderr(), steps, show_settings=False)
        asking.confirm(f"Do this in {asking.place(stack)}?")
    with Interrupt() as interrupt, terminal.listener(lines_only=options.trace is not None) as listen:
        result = deploy.up(survey, steps, listen, interrupt)
    _tell(result)
    if result.exit_code == DONE and (url := stack.url):
        click.echo(url)
        report.after_up(terminal.stderr(), stack.config.slack, options.stack, is_open=survey.is_open)
    return stack, result.exit_code


def _watch(options: Options, changes: Iterator[str], *, ask: bool) -> None:
    """Up again at each change, until Ctrl-C; what is wrong is told, and may be put right."""
    from contextlib import suppress

    from advent_cli.aws_errors import explain
    from advent_cli.display import report, terminal

    click.echo("watching config.yaml and its handlers; Ctrl-C ends it", err=True)
    with suppress(KeyboardInterrupt):
        for changed in changes:
            click.echo(f"{changed} was changed", err=True)
            try:
                _, code = _up(options, (), ask=ask, ask_first=False)
            except Exception as error:  # a mistake in a file, or the network: told, and survived
                if (told := explain(error)) is None:
                    raise
                report.error(terminal.stderr(), told)
                continue
            if code == INTERRUPTED:
                return


@click.command(cls=Explained, example="advent down --export words.jsonl", codes=MEETS)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--export", metavar="FILE", type=PATH, help="First write the word counts to FILE, as JSON lines.")
@click.option("--keep-table", is_flag=True, help="Leave the table; the next up finds it as ours.")
@click.pass_obj
def down(options: Options, yes: bool, export: Path | None, keep_table: bool) -> int:
    """Delete all that up made, the table with its words included."""
    from advent_cli import asking, backup, deploy, local
    from advent_cli.context import open_stack
    from advent_cli.display import report, terminal
    from advent_cli.engine import Interrupt
    from advent_cli.plan import Action
    from advent_cli.survey import look

    stack = open_stack(options, local.require)
    survey = look(stack)
    everything, err = survey.steps_down(), terminal.stderr()
    kept = {step.key for step in everything if keep_table and step.key.startswith("table/")}  # one left over as well
    steps = tuple(step for step in everything if step.key not in kept)
    if export and not isinstance(survey.seen[stack.table.key], dict):
        raise AdventError(f"there is no {stack.table.title} of ours to export", hint="nothing was deleted")
    if all(step.action is Action.NOTHING for step in steps):
        click.echo("nothing to delete", err=True)
        return DONE
    for step in steps:
        loss = asking.loss(stack, step)
        if step.action is Action.DELETE and (loss or not yes):
            report.line(err, ("- ", "red"), step.title, (loss, "bold red"))
    if not yes and any(step.action is Action.DELETE for step in steps):
        asking.confirm(f"Delete all of this from {asking.place(stack)}?")
    if export:
        click.echo(f"wrote the counts of {backup.export(stack.table, export)} words to {export}", err=True)
    with Interrupt() as interrupt, terminal.listener(lines_only=options.trace is not None) as listen:
        result = deploy.down(survey, steps, listen, interrupt)
    _tell(result)
    if result.exit_code not in (DONE, REFUSED):
        return result.exit_code
    left = deploy.receipt(stack, kept)
    for step in left:
        report.line(err, ("left: ", "bold red"), step.title)
    report.line(err, (f"{len(left)} left", "bold"))
    return FAILED if left else result.exit_code


def _tell(result: Result) -> None:
    """After the rows: how the steps ended, and each error once; a bug is raised, with its traceback."""
    from advent_cli.display import report, terminal, text

    err = terminal.stderr()
    report.line(err, (text.ended(result.finished.values(), result.seconds), "bold"))
    for event in result.finished.values():
        if isinstance(event.error, AdventError):
            if not isinstance(event.error, UsesForeignError):  # the row says it, and the cause is told once
                report.error(err, event.error)
        elif event.error:
            raise event.error
    if result.stopped:
        report.line(err, "stopped: run the same command again to finish")
