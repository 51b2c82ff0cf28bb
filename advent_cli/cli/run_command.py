"""Runs the command line: prepares the streams, reports errors, and returns the exit code."""

from __future__ import annotations

import io
import sys

import click

from advent_cli.cli.app import advent
from advent_cli.cli.failure import end_with_error
from advent_cli.cli.options import Run
from advent_cli.cli.pick_reporter import modes_in, pick_reporter
from advent_cli.errors import DONE, FAILED, USAGE, AdventError
from advent_cli.output import stream
from advent_cli.output.stream import ReaderLeftError, err


def run(words: list[str]) -> int:
    """Run a command line and return the exit code; a bug's traceback goes to a file."""
    code = DONE
    with stream.safe():
        try:
            code = _run(words)
            sys.stdout.flush()
        except ReaderLeftError:  # nobody wants the rest
            return code
        except AdventError as error:  # the last results could not be written
            return code or end_with_error(pick_reporter("advent", (), Run()), error)
        return code


def _run(words: list[str]) -> int:
    this = Run()
    try:
        return int(advent.main(words, standalone_mode=False, auto_envvar_prefix="ADVENT", obj=this) or DONE)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        return _usage_error(words, error)
    except SystemExit as error:
        return int(error.code or DONE)
    except ReaderLeftError:
        raise
    except (Exception, KeyboardInterrupt) as error:
        try:
            return end_with_error(pick_reporter("advent", (), this), error)
        except Exception as bug:  # the error itself, or one raised while reporting it
            from advent_cli.output import crash_report

            crash_report.show(bug, this.secrets, verbose=this.verbose)
            return FAILED


def _usage_error(words: list[str], error: click.ClickException) -> int:
    """Report what click could not parse, in the output mode that was requested."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    command: click.Command | None = context.command if context and context.parent else None
    command = command or next((advent.commands[word] for word in words if word in advent.commands), None)
    if command and (modes := modes_in(command, words)):
        return end_with_error(pick_reporter(str(command.name), modes, Run()), error)
    shown = io.StringIO()
    error.show(shown)
    err(shown.getvalue().rstrip("\n"))
    return USAGE
