"""advent logs: what the functions wrote, merged in time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from advent_cli.cli.command import CALLS, Command
from advent_cli.cli.completion import functions
from advent_cli.errors import DONE, UsageError

if TYPE_CHECKING:
    from advent_cli.cli.options import Options


@click.command(
    cls=Command,
    example="advent logs --follow --since 1h sns_logger",
    short_help="Show what the functions wrote.",
    codes=CALLS,
)
@click.argument("function", nargs=-1, shell_complete=functions)
@click.option("-f", "--follow", is_flag=True, help="Then go on with each new line, until Ctrl-C.")
@click.option("--since", default="10m", show_default=True, metavar="SPAN", help="How far back: 90s, 10m, 2h or 1d.")
@click.option("--errors", is_flag=True, help="Only what went wrong.")
@click.pass_obj
def logs(options: Options, function: tuple[str, ...], follow: bool, since: str, errors: bool) -> int:
    """Show what the functions wrote, all or just FUNCTION..., merged in time; `advent -v logs` adds Lambda's."""
    from advent_cli.cli.open_stack import open_stack
    from advent_cli.local import lifecycle
    from advent_cli.messages import log_reader
    from advent_cli.output import log_lines, terminal

    try:
        start = time.time() - log_reader.parse_span(since)
    except ValueError:
        raise UsageError(f"--since: found {since!r}; allowed is a span like 90s, 10m, 2h or 1d") from None
    stack = open_stack(options, lifecycle.require)
    known = list(stack.config.functions)
    for name in function:
        if name not in known:
            raise UsageError(f"there is no function {name!r}", hint=f"allowed is one of {', '.join(known)}")
    names, out, verbose = [name for name in known if name in function or not function], terminal.stdout(), options.trace
    try:
        found = (log_reader.follow if follow else log_reader.read_merged)(stack.aws, names, start)
        for line in log_reader.errors(found) if errors else found:
            if verbose or not line.is_platform or line.is_error:
                log_lines.show(out, names, line, ids=verbose is not None)
    except KeyboardInterrupt:
        if not follow:
            raise
    return DONE
