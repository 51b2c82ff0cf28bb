"""advent logs: show the functions' logs, merged by time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from advent_cli.cli.command import Command
from advent_cli.cli.completion import functions
from advent_cli.cli.exit_codes import AWS_CODES
from advent_cli.errors import DONE, UsageError

if TYPE_CHECKING:
    from advent_cli.cli.options import Options


@click.command(
    cls=Command,
    example="advent logs --follow --since 1h sns_logger",
    short_help="Show the functions' logs.",
    codes=AWS_CODES,
)
@click.argument("function", nargs=-1, shell_complete=functions)
@click.option("-f", "--follow", is_flag=True, help="Keep printing new lines, until Ctrl-C.")
@click.option(
    "--since", default="10m", show_default=True, metavar="SPAN", help="How far back to start: 90s, 10m, 2h or 1d."
)
@click.option("--errors", is_flag=True, help="Show only errors.")
@click.pass_obj
def logs(options: Options, function: tuple[str, ...], follow: bool, since: str, errors: bool) -> int:
    """Show the logs of all functions, or of FUNCTION..., merged by time; `advent -v logs` adds Lambda's own lines."""
    from advent_cli.cli.open_stack import open_stack
    from advent_cli.local import lifecycle
    from advent_cli.messages import log_reader
    from advent_cli.output import log_lines, terminal

    start = log_reader.start_of(since, time.time())
    stack = open_stack(options, lifecycle.require)
    known = list(stack.config.functions)
    for name in function:
        if name not in known:
            raise UsageError(f"unknown function {name!r}", hint=f"use one of {', '.join(known)}")
    names, out, verbose = [name for name in known if name in function or not function], terminal.stdout(), options.trace
    shown = hidden = False
    try:
        if follow:
            options.report.note(f"following {', '.join(names)}; press Ctrl-C to stop")
            lines = log_reader.follow(stack.aws, names, start, notify=options.report.note)
        else:
            with options.report.waiting("reading the functions' logs"):
                lines = log_reader.read_merged(stack.aws, names, start)
        for line in log_reader.errors(lines) if errors else lines:
            if verbose or not line.is_platform or line.is_error:
                log_lines.show(out, names, line, ids=verbose is not None)
                shown = True
            else:
                hidden = True
    except KeyboardInterrupt:
        if not follow:
            raise
    if not (shown or follow):
        missing = log_reader.without_log(stack.aws, names)
        what = f"no {'errors' if errors else 'log lines'} in the last {log_reader.span_words(since)}"
        what += "; `advent -v logs` shows Lambda's own lines" if hidden else ""
        options.report.note(log_lines.silence(what, missing, are_all=missing == known))
    return DONE
