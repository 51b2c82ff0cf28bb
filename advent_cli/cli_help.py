"""How each command tells of itself in --help: after what it does, an example, and what it can end with."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from advent_cli.errors import DIFFERENT, DONE, FAILED, INTERRUPTED, REFUSED, UNREACHABLE, USAGE

if TYPE_CHECKING:
    from collections.abc import Mapping

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


class Explained(click.Command):
    """A command with an `example`, a line of a shell, and the exit codes that it can end with.

    `meaning` tells those that mean something else with this command.
    """

    context_class = Context

    def __init__(
        self, *args: Any, example: str, codes: tuple[int, ...], meaning: Mapping[int, str] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.example = example
        self.codes = {code: {**MEANINGS, **(meaning or {})}[code] for code in sorted(codes)}

    def format_epilog(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example, unbroken so that it can be copied, and the codes."""
        with formatter.section("Example"):
            formatter.write(f"{'':{formatter.current_indent}}{self.example}\n")
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), meaning) for code, meaning in self.codes.items()])


class Group(Explained, click.Group):
    """A group of such commands, and groups."""

    command_class = Explained
    group_class = type
