"""The class of every command: its --help, with an example and exit codes, and its reporter from begin to end."""

from __future__ import annotations

import os
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from advent_cli.cli.failure import fail
from advent_cli.cli.pick_reporter import MODES, nobody_to_ask, pick_reporter
from advent_cli.errors import DIFFERENT, DONE, FAILED, INTERRUPTED, REFUSED, UNREACHABLE, USAGE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

WIDEST, NARROWEST = 80, 50  # columns of a help text
MEANINGS = {
    DONE: "done",
    FAILED: "a step failed, or a call that it makes",
    USAGE: "wrong usage, or something is wrong with config.yaml",
    UNREACHABLE: "the target cannot be reached, or it refuses the credentials",
    REFUSED: "refused: something in the way is not ours, or you did not confirm",
    DIFFERENT: "there is something to do",
    INTERRUPTED: "interrupted; run the same command again to finish",
}
AT_HOME = (DONE, USAGE, INTERRUPTED)  # what a command can end with that asks nobody
CALLS = (*AT_HOME, FAILED, UNREACHABLE)  # one that asks AWS
MEETS = (*CALLS, REFUSED)  # one that may find things that are not ours, or ask a person


class Context(click.Context):
    """One whose help is as wide as the terminal without shutil, which loads three libraries that only pack files."""

    def make_formatter(self) -> click.HelpFormatter:
        """As click's own."""
        return click.HelpFormatter(width=max(min(_columns(), WIDEST) - 2, NARROWEST))


def _columns() -> int:
    """The width of the terminal, or what the shell says it is."""
    told = os.environ.get("COLUMNS", "")
    try:
        return int(told) if told.isdecimal() and int(told) else os.get_terminal_size(1).columns or WIDEST
    except OSError:
        return WIDEST


class Command(click.Command):
    """A command with an `example`, a line of a shell, and the exit codes that it can end with.

    `meaning` has those that mean something else with this command. `for_scripts` gets the parameters where a script
    reads the output: it may change them, and raises UsageError for what only a person can use.
    """

    context_class = Context

    def __init__(
        self,
        *args: Any,
        example: str,
        codes: tuple[int, ...],
        meaning: Mapping[int, str] | None = None,
        for_scripts: Callable[[dict[str, Any]], None] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.example = example
        self.codes = {code: {**MEANINGS, **(meaning or {})}[code] for code in sorted(codes)}
        self.for_scripts = for_scripts

    def format_epilog(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example, unbroken so that it can be copied, and the codes."""
        with formatter.section("Example"):
            formatter.write(f"{'':{formatter.current_indent}}{self.example}\n")
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), meaning) for code, meaning in self.codes.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command with its reporter; its exit code. Of its errors only bugs are raised."""
        modes = [name for name in MODES if ctx.params.pop(name, False)]
        report = pick_reporter(str(self.name), modes, ctx.obj.run)
        ctx.obj = replace(ctx.obj, report=report)
        try:
            with nobody_to_ask() if modes else nullcontext():
                if modes and self.for_scripts:
                    self.for_scripts(ctx.params)
                code = super().invoke(ctx) or DONE
        except click.exceptions.Exit:
            raise
        except (Exception, KeyboardInterrupt) as error:
            return fail(report, error)
        report.ended(code)
        return code


class Group(Command, click.Group):
    """A group of such commands, and groups."""

    command_class = Command
    group_class = type

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command of the group, which reports for itself."""
        return click.Group.invoke(self, ctx)
