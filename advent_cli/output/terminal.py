"""The consoles for stdout (results) and stderr (everything else), and the displays that move on a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, TextIO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

from advent_cli.aws.retry import ignore
from advent_cli.output.control_characters import escape_lines
from advent_cli.output.stream import can_animate

if TYPE_CHECKING:
    from advent_cli.output.problem_lines import Present
    from advent_cli.output.progress_lines import GroupLines, StepLines
    from advent_cli.output.progress_rows import Rows
    from advent_cli.output.trace_tree import TraceTree


IN_ASCII = str.maketrans({"✔": "+", "✘": "x", "·": "-", "…": "~"})  # of the same width


class SafeConsole(Console):
    """A console that escapes control characters in all text drawn on it.

    Rich keeps its own escape sequences, for colours, links and the cursor, in control segments and styles, which pass
    through; a link only if it cannot end its sequence and begin another. `advice` is `advent` with the global options
    of this run, for the commands that messages suggest.
    """

    advice = "advent"

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """The segments to draw, with their text escaped."""
        if isinstance(renderable, Text) and not renderable.plain.isprintable():
            renderable = _escaped(renderable)  # before layout, because escapes are wider
        is_unicode = self.encoding.lower().startswith("utf")
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                text = escape_lines(segment.text)
                yield Segment(text if is_unicode else text.translate(IN_ASCII), _harmless(segment.style))


def _harmless(style: Style | None) -> Style | None:
    """The style; without its link if that is not printable ASCII."""
    if style and style.link and not (style.link.isascii() and style.link.isprintable()):
        return style.update_link(None)
    return style


def _escaped(text: Text) -> Text:
    """The text with control characters escaped; it keeps its styles only if its length stays the same."""
    plain = escape_lines(text.plain)
    spans = text.spans if len(plain) == len(text.plain) else []
    return Text(
        plain, text.style, justify=text.justify, overflow=text.overflow, no_wrap=text.no_wrap, end=text.end, spans=spans
    )


def stdout(advice: str = "advent") -> SafeConsole:
    """The console for results."""
    return _console(sys.stdout, advice)


def stderr(advice: str = "advent") -> SafeConsole:
    """The console for everything else."""
    return _console(sys.stderr, advice)


def full_screen_console() -> Console | None:
    """A console for full-screen mode. None if stdout is not a terminal, or a dumb one."""
    console = SafeConsole(no_color=_without_colour(), highlight=False, emoji=False)
    return console if sys.stdout.isatty() and not console.is_dumb_terminal else None


def _console(stream: TextIO, advice: str) -> SafeConsole:
    console = SafeConsole(
        file=stream, force_terminal=can_animate(stream), no_color=_without_colour(), highlight=False, emoji=False
    )
    console.advice = advice
    return console


def _without_colour() -> bool:
    """Whether the user wants no colours (https://no-color.org); all else on a terminal stays."""
    return "NO_COLOR" in os.environ


def _is_still(*, lines_only: bool) -> bool:
    """Whether nothing may move: stderr is no terminal, or with -v calls are printed, between frames that would stay."""
    return lines_only or not can_animate()


def running(
    console: SafeConsole, present: Present, *, by_step: bool, only_problems: bool
) -> AbstractContextManager[Rows | GroupLines | StepLines]:
    """The display of a run: rows that change in place, or a line for each group, or with `by_step` for each step.

    `present` removes secrets from an error; with `only_problems`, groups that went well leave no line.
    """
    if by_step:
        from advent_cli.output.progress_lines import StepLines

        return StepLines(console, present)
    if not console.is_terminal:
        from advent_cli.output.progress_lines import GroupLines

        return GroupLines(console, present, only_problems=only_problems)
    from advent_cli.output.progress_rows import Rows

    return Rows(console, present, only_problems=only_problems)


def trace(seconds: float, advice: str, *, lines_only: bool) -> TraceTree:
    """The display of a trace, with `lines_only` once at its end; the API answered after this many seconds.

    `advice` is `advent` with the global options of this run.
    """
    from advent_cli.output.trace_tree import TraceTree

    return TraceTree(stderr(), seconds * 1000, advice, grows=not _is_still(lines_only=lines_only))


@contextmanager
def counting(things: str, total: int | None, *, lines_only: bool) -> Iterator[Callable[[], None]]:
    """Yields a function to call after each thing done, and shows how many are; only on a terminal."""
    if _is_still(lines_only=lines_only):
        yield lambda: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn(things), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=stderr(), transient=True, redirect_stdout=sys.stdout.isatty()) as progress:
        task = progress.add_task(things, total=total)
        yield lambda: progress.advance(task)


@contextmanager
def waiting(message: str, *, lines_only: bool) -> Iterator[Callable[[str], None]]:
    """Shows what the command waits for until exit; yields a function that changes the message. Only on a terminal."""
    if _is_still(lines_only=lines_only):
        yield ignore
        return
    with stderr().status(Text(message)) as status:
        yield lambda message: status.update(Text(message))  # a string would be parsed as markup


def reading(about: Callable[[], int], *, lines_only: bool) -> AbstractContextManager[Callable[[int], None]]:
    """Shows the progress of a long read, of about `about()` items; only on a terminal."""
    if _is_still(lines_only=lines_only):
        return nullcontext(_ignore)
    from advent_cli.output.scan_progress import Reading

    return Reading(stderr(), about)


def _ignore(read: int) -> None:
    """Show nothing."""
