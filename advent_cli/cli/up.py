"""advent up: inspect, plan, confirm, execute, report."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from advent_cli.cli.command import Command
from advent_cli.cli.completion import adoptable
from advent_cli.cli.exit_codes import STACK_CODES
from advent_cli.cli.pick_reporter import events_option, json_option, refuse_options
from advent_cli.errors import DONE, INTERRUPTED, AdventError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from advent_cli.cli.options import Options
    from advent_cli.deploy.decide import Step
    from advent_cli.deploy.inspection import Inspection
    from advent_cli.output.reporter import Reporter
    from advent_cli.stack.model import Stack


@click.command(
    cls=Command,
    example="advent up",
    short_help="Create or update everything in config.yaml.",
    codes=STACK_CODES,
    for_scripts=lambda params: refuse_options(params, "watch", "explain"),
)
@click.option("-y", "--yes", is_flag=True, help="Do not ask for confirmation, even before deleting data.")
@click.option(
    "--import",
    "import_file",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Afterwards, import the word counts from FILE, as written by down --export.",
)
@click.option(
    "--adopt",
    metavar="KIND/NAME",
    multiple=True,
    shell_complete=adoptable,
    help="Adopt this existing resource; can be repeated.",
)
@click.option("--keep-going", is_flag=True, help="Skip steps blocked by someone else's resources, and do the rest.")
@click.option("--watch", is_flag=True, help="Run again whenever config.yaml or a handler is saved, until Ctrl-C.")
@click.option("--no-wait", is_flag=True, help="Do not wait until the app answers at its URL.")
@click.option("--explain", is_flag=True, help="First show the steps in the AWS console, and as aws commands.")
@json_option
@events_option
@click.pass_obj
def up(
    options: Options,
    yes: bool,
    import_file: Path | None,
    adopt: tuple[str, ...],
    keep_going: bool,
    watch: bool,
    no_wait: bool,
    explain: bool,
) -> int:
    """Create or update everything in config.yaml, delete what is no longer in it, and wait until the app answers."""
    from advent_cli.aws.retry import Waiter
    from advent_cli.cli.open_stack import find_config, open_stack
    from advent_cli.config import file_changes
    from advent_cli.deploy.inspection import SERVICES
    from advent_cli.local import lifecycle
    from advent_cli.words import export_import

    if import_file:
        export_import.check(import_file)
    # Resolved once: if config.yaml vanished for a moment, --watch would deploy the tutorial's instead.
    file, report = find_config(options), options.report
    opened = partial(open_stack, replace(options, config=str(file)), lifecycle.start, ahead=SERVICES)
    before = file_changes.state(file) if watch else {}
    run = partial(_up, opened, report, ask=not yes, keep_going=keep_going, explain=explain, wait=not no_wait)
    stack, run_code, code = run(adopt, ask_first=not yes)
    if import_file:
        words = export_import.restore(stack.table, import_file, Waiter()) if run_code == DONE else None
        report.imported(words, import_file)
    if watch and code != INTERRUPTED:
        _watch(run, report, file_changes.changes(file, before))
    return code


def _up(
    opened: Callable[[], Stack],
    report: Reporter,
    adopt: tuple[str, ...] = (),
    *,
    ask: bool,
    ask_first: bool = False,
    keep_going: bool,
    explain: bool,
    wait: bool,
) -> tuple[Stack, int, int]:
    """Run `up` once and report the URL; returns the stack, and the exit codes of the run and of the command.

    They differ if the app does not answer. `opened` opens the stack afresh.
    """
    from advent_cli.cli import confirm
    from advent_cli.deploy import walkthrough
    from advent_cli.deploy.adopt import adopt as take_over
    from advent_cli.deploy.code_changes import changed_files
    from advent_cli.deploy.inspection import inspect

    with report.waiting("inspecting the stack"):
        stack = opened()
        inspection = inspect(stack)
        if adopt:
            take_over(inspection, adopt)
            inspection = inspect(stack)
    steps = inspection.steps_up()
    if not keep_going and (refused := _refuse(inspection, steps, report, adopt)):
        return stack, refused, refused
    if ask:
        steps = tuple(confirm.without_data_loss(stack, step) for step in steps)
    report.run_planned(inspection, steps)
    if explain:
        report.walkthrough(walkthrough.up(inspection, steps), is_result=False)
    if ask_first and stack.aws.endpoint is None:
        files = partial(changed_files, inspection, steps)
        confirm.changes(stack, steps, show=None if explain else partial(report.confirming, steps, files))
    return (stack, *_run(inspection, steps, report, wait=wait))


def _run(inspection: Inspection, steps: tuple[Step, ...], report: Reporter, *, wait: bool) -> tuple[int, int]:
    """Carry out the steps and wait for the app; returns the exit codes of the run and of the command."""
    from advent_cli.deploy import apply
    from advent_cli.deploy.executor import Interrupt

    with Interrupt() as interrupt, report.running() as listen:
        result = apply.up(inspection, steps, listen, interrupt)
    report.run_ended(inspection, steps, result)
    result.raise_bug()
    stack, is_done = inspection.stack, result.exit_code == DONE
    code = _ask_app(stack, report) if wait and is_done else result.exit_code
    report.app_ready(inspection, stack.url if is_done else None, is_done=code == DONE)
    return result.exit_code, code


def _refuse(inspection: Inspection, steps: tuple[Step, ...], report: Reporter, adopted: tuple[str, ...]) -> int:
    """If something foreign is in the way, report all that is; returns the exit code, or DONE if nothing foreign is."""
    from advent_cli.deploy.inspection import exit_code, problems

    if not any(step.foreign for step in steps):
        return DONE
    report.run_planned(inspection, steps)
    changed = "nothing else was changed" if adopted else "nothing was changed"
    found = [problem for problem in problems(steps) if isinstance(problem, AdventError)]
    report.run_refused(found, f"{changed}; `advent up --keep-going` does what is not blocked")
    report.app_ready(inspection, None, is_done=False)
    return exit_code(steps)


def _ask_app(stack: Stack, report: Reporter) -> int:
    """Wait until the app answers at its URL, and report it; returns the exit code."""
    from advent_cli.aws.aws_errors import explain
    from advent_cli.aws.retry import Waiter
    from advent_cli.messages.answering import WORDS, wait_until_it_answers

    try:
        with report.waiting(WORDS) as notify:
            seconds = wait_until_it_answers(stack, Waiter(notify))
    except Exception as error:
        if (known := explain(error)) is None:
            raise
        report.error(known)
        return known.exit_code
    if seconds is not None:
        report.answered(seconds)
    return DONE


def _watch(run: Callable[[], tuple[Stack, int, int]], report: Reporter, changes: Iterator[str]) -> None:
    """Run `up` at each change, until Ctrl-C; after an error, wait for the next change."""
    from contextlib import suppress

    from advent_cli.aws.aws_errors import explain as as_advent_error

    report.note("watching config.yaml and the handlers; press Ctrl-C to stop")
    with suppress(KeyboardInterrupt):
        for changed in changes:
            report.change_saved(changed)
            try:
                *_, code = run()
            except Exception as error:  # a mistake in a file, or the network
                if (known := as_advent_error(error)) is None:
                    raise
                report.error(known)
                continue
            if code == INTERRUPTED:
                return
