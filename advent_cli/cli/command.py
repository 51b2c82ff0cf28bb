"""The click classes of all commands: --help with an example and exit codes, and a reporter for each command."""

from __future__ import annotations

import os
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import click

from advent_cli.cli.exit_codes import MEANINGS
from advent_cli.cli.failure import end_with_error
from advent_cli.cli.global_options import AFTER, WHERE, options
from advent_cli.cli.pick_reporter import refuse_two_formats, take_modes, without_prompts
from advent_cli.errors import DONE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

MAX_WIDTH, MIN_WIDTH = 80, 50  # columns of a help text


class Context(click.Context):
    """A context that gets the terminal's width without shutil, which loads three compression libraries."""

    def make_formatter(self) -> click.HelpFormatter:
        """The formatter of help texts, at most as wide as the terminal."""
        return click.HelpFormatter(width=max(min(_columns(), MAX_WIDTH) - 2, MIN_WIDTH))


def _columns() -> int:
    """The width of the terminal: from COLUMNS if set."""
    columns = os.environ.get("COLUMNS", "")
    try:
        return int(columns) if columns.isdecimal() and int(columns) else os.get_terminal_size(1).columns or MAX_WIDTH
    except OSError:
        return MAX_WIDTH


class Command(click.Command):
    """A command with an `example`, which is a shell command, and the exit `codes` it can return.

    `meaning` replaces the usual meaning of a code. `for_scripts` gets the parameters when the output is not text:
    it may change them, and raises UsageError for options that only people can use.
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

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The parameters; a command below `advent` also takes the global options."""
        return [*super().get_params(ctx), *(AFTER if ctx.parent else ())]

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write where the global options are, the example, unwrapped so that it can be copied, and the exit codes."""
        if ctx.parent:
            formatter.write_paragraph()
            formatter.write_text(WHERE)
        with formatter.section("Example"):
            formatter.write(f"{'':{formatter.current_indent}}{self.example}\n")
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), meaning) for code, meaning in self.codes.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command with its reporter and return the exit code; only bugs are raised."""
        modes = take_modes(ctx.params)
        ctx.obj = options(ctx, str(self.name), modes)
        report = ctx.obj.report
        try:
            with without_prompts() if modes else nullcontext():
                refuse_two_formats(modes)
                if modes and self.for_scripts:
                    self.for_scripts(ctx.params)
                code = super().invoke(ctx) or DONE
        except click.exceptions.Exit:
            raise
        except (Exception, KeyboardInterrupt) as error:
            return end_with_error(report, error)
        report.command_ended(code)
        return code


class Group(Command, click.Group):
    """A group of commands and groups of these classes; its help lists them in `sections`, if it has any."""

    command_class = Command
    group_class = type
    sections: Mapping[str, Iterable[click.Command]] = {}

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands and what each is for, in aligned columns."""
        if not self.sections:
            return super().format_commands(ctx, formatter)
        width = max(map(len, self.commands))
        for title, commands in self.sections.items():
            with formatter.section(title):
                formatter.write_dl([(str(each.name).ljust(width), each.get_short_help_str()) for each in commands])
        return None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that these words begin with; for people, UsageError with the nearest name if there is none."""
        if args[0] not in self.commands and not args[0].startswith("-") and not ctx.resilient_parsing:
            from advent_cli.config.problems import unknown

            raise click.UsageError(unknown("command", args[0], self.list_commands(ctx)), ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command of the group; the command has its own reporter."""
        given = options(ctx, "advent")
        if ctx.parent:
            ctx.obj = given  # the root keeps the Run
        return click.Group.invoke(self, ctx)
