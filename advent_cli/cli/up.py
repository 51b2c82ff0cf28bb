"""advent up: inspect, plan, confirm, execute, report."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from advent_cli.cli.command import MEETS, Command
from advent_cli.cli.completion import adoptable
from advent_cli.cli.pick_reporter import as_events, as_json, refuse
from advent_cli.errors import DONE, INTERRUPTED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from advent_cli.cli.options import Options
    from advent_cli.stack.model import Stack


@click.command(
    cls=Command,
    example="advent up",
    short_help="Make AWS as config.yaml wants it.",
    codes=MEETS,
    for_scripts=lambda params: refuse(params, "watch", "explain"),
)
@click.option("--yes", is_flag=True, help="Do not ask, neither before changing an AWS account nor before losing words.")
@click.option(
    "--import",
    "import_file",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Set the word counts that down --export wrote.",
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
    from advent_cli.aws.retry import Waiter
    from advent_cli.config import config_file, file_changes
    from advent_cli.words import export_import

    if import_file:
        export_import.check(import_file)
    # Found once: were config.yaml away for a moment, `up` would take the tutorial's for it.
    options = replace(options, config=str(config_file.find(options.config)))
    before = file_changes.state(config_file.find(options.config)) if watch else {}
    stack, code = _up(options, adopt, ask=not yes, ask_first=not yes, explain=explain)
    if import_file:
        words = export_import.restore(stack.table, import_file, Waiter()) if code == DONE else None
        options.report.imported(words, import_file)
    if watch and code != INTERRUPTED:
        _watch(options, file_changes.changes(config_file.find(options.config), before), ask=not yes, explain=explain)
    return code


def _up(options: Options, adopt: tuple[str, ...], *, ask: bool, ask_first: bool, explain: bool) -> tuple[Stack, int]:
    """Once up, with the URL at the end; the stack, and the exit code."""
    from advent_cli.cli import confirm
    from advent_cli.cli.open_stack import open_stack
    from advent_cli.deploy import apply, walkthrough
    from advent_cli.deploy.executor import Interrupt
    from advent_cli.deploy.inspection import SERVICES, inspect
    from advent_cli.deploy.inspection import adopt as make_ours
    from advent_cli.local import lifecycle

    report = options.report
    with report.waiting("inspecting what is there"):
        stack = open_stack(options, lifecycle.start, ahead=SERVICES)
        inspection = inspect(stack)
        if adopt:
            make_ours(inspection, adopt)
            inspection = inspect(stack)
    steps = inspection.steps_up()
    if ask:
        steps = tuple(confirm.without_data_loss(stack, step) for step in steps)
    if explain:
        report.walkthrough(walkthrough.up(inspection, steps, options.profile), is_result=False)
    if ask_first and stack.aws.endpoint is None:
        confirm.changes(stack, steps, show=None if explain else partial(report.confirming, steps))
    report.planned(stack, steps)
    with Interrupt() as interrupt, report.running() as listen:
        result = apply.up(inspection, steps, listen, interrupt)
    report.run_ended(steps, result)
    result.raise_bug()
    report.app_ready(inspection, stack.url if result.exit_code == DONE else None)
    return stack, result.exit_code


def _watch(options: Options, changes: Iterator[str], *, ask: bool, explain: bool) -> None:
    """Up again at each change, until Ctrl-C; an error is reported, and may be put right."""
    from contextlib import suppress

    from advent_cli.aws.aws_errors import explain as in_words

    options.report.note("watching config.yaml and its handlers; Ctrl-C ends it")
    with suppress(KeyboardInterrupt):
        for changed in changes:
            options.report.note(f"{changed} was changed")
            try:
                _, code = _up(options, (), ask=ask, ask_first=False, explain=explain)
            except Exception as error:  # a mistake in a file, or the network
                if (known := in_words(error)) is None:
                    raise
                options.report.problem(known)
                continue
            if code == INTERRUPTED:
                return
