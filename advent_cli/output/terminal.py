"""The two streams: results go to stdout, everything else to stderr; colour and movement only where they are wanted."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, TextIO, cast

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from advent_cli.aws.retry import ignore
from advent_cli.output.stream import Tolerant, harmless_lines, is_lively

if TYPE_CHECKING:
    from advent_cli.output.plain import Plain
    from advent_cli.output.rows import Rows
    from advent_cli.output.trace_tree import TraceTree


class Door(Console):
    """A console that shows no control characters of other people's, whatever is drawn on it.

    Rich's own, for colours and the cursor, are in control segments and in styles, which pass.
    """

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """The segments of what is drawn, their text harmless."""
        if isinstance(renderable, Text) and not renderable.plain.isprintable():
            renderable = _harmless(renderable)  # here, so that it is laid out as wide as it will be
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(harmless_lines(segment.text), segment.style)


def _harmless(text: Text) -> Text:
    """The same text, with escapes for control characters; its styles only if it stays as long as it is."""
    plain = harmless_lines(text.plain)
    spans = text.spans if len(plain) == len(text.plain) else []
    return Text(
        plain, text.style, justify=text.justify, overflow=text.overflow, no_wrap=text.no_wrap, end=text.end, spans=spans
    )


def stdout() -> Console:
    """The console for results."""
    return _console(sys.stdout)


def stderr() -> Console:
    """The console for all else."""
    return _console(cast(TextIO, Tolerant(sys.stderr)))


def full() -> Console | None:
    """The console to draw on all of, with NO_COLOR without colour; None if stdout is no terminal, or a dumb one."""
    console = Door(no_color="NO_COLOR" in os.environ, highlight=False, emoji=False)
    return console if sys.stdout.isatty() and not console.is_dumb_terminal else None


def _console(stream: TextIO) -> Console:
    lively = is_lively(stream)
    return Door(file=stream, force_terminal=lively, no_color=not lively, highlight=False, emoji=False)


def running(*, lines_only: bool) -> AbstractContextManager[Rows] | AbstractContextManager[Plain]:
    """What shows a run: rows that change in place, or a line for each step."""
    if lines_only or not is_lively():
        from advent_cli.output.plain import Plain

        return Plain(cast(TextIO, Tolerant(sys.stderr)))
    from advent_cli.output.rows import Rows

    return Rows(stderr())


def trace(seconds: float, advice: str) -> TraceTree:
    """What shows a trace, which began with the API's answer after so many seconds.

    `advice` is `advent` with the options of this run.
    """
    from advent_cli.output.trace_tree import TraceTree

    return TraceTree(stderr(), seconds * 1000, advice)


@contextmanager
def counting(things: str, total: int | None) -> Iterator[Callable[[], None]]:
    """Show how many things are done while this is entered; call what it gives after each. Only on a terminal."""
    if not is_lively():
        yield lambda: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn(things), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=stderr(), transient=True, redirect_stdout=sys.stdout.isatty()) as progress:
        task = progress.add_task(things, total=total)
        yield lambda: progress.advance(task)


@contextmanager
def waiting(words: str) -> Iterator[Callable[[str], None]]:
    """Show what we wait for while this is entered; not where it would stay in the way as text."""
    if not is_lively():
        yield ignore
        return
    with stderr().status(Text(words)) as shown:
        yield lambda words: shown.update(Text(words))  # as a string it would be read as markup


def reading(about: Callable[[], int]) -> AbstractContextManager[Callable[[int], None]]:
    """Show how far a long reading has come, of `about` so many; not where it would stay in the way as text."""
    if not is_lively():
        return nullcontext(_ignore)
    from advent_cli.output.progress import Reading

    return Reading(stderr(), about)


def _ignore(read: int) -> None:
    """Show nothing."""
