"""Runs the command line: prepares the streams, reports errors, and returns the exit code."""

from __future__ import annotations

import io
import os
import sys

import click

from advent_cli.cli.app import advent
from advent_cli.cli.failure import end_with_error
from advent_cli.cli.options import Run
from advent_cli.cli.pick_reporter import modes_in, pick_reporter
from advent_cli.errors import DONE, FAILED, USAGE
from advent_cli.output.stream import err


def run(words: list[str]) -> int:
    """Run a command line and return the exit code; a bug's traceback goes to a file."""
    _prepare_streams()
    this = Run()
    try:
        return int(advent.main(words, standalone_mode=False, auto_envvar_prefix="ADVENT", obj=this) or DONE)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        return _usage_error(words, error)
    except SystemExit as error:
        if type(sys.stdout).__name__ == "PacifyFlushWrapper":  # click's sign that the reader closed the pipe
            return DONE
        return int(error.code or DONE)
    except (Exception, KeyboardInterrupt) as error:
        try:
            return end_with_error(pick_reporter("advent", (), this), error)
        except Exception as bug:  # the error itself, or one raised while reporting it
            from advent_cli.output import crash_report

            crash_report.show(bug, this.secrets, verbose=this.verbose)
            return FAILED


def _prepare_streams() -> None:
    """Replace closed streams with /dev/null, and print a question mark for what the encoding lacks."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name) or open(os.devnull, mode, encoding="utf-8")  # noqa: SIM115 (open until the process ends)
        setattr(sys, name, stream)
        if mode == "w" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


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
    global_options = {name for parameter in advent.params for name in parameter.opts}
    if isinstance(error, click.NoSuchOption) and error.option_name in global_options and error.ctx:
        err(f"  try: put it before the command: advent {error.option_name} {error.ctx.info_name}")
    return USAGE
