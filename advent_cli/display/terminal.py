"""The two streams: results go to stdout, everything else to stderr; colour and movement only where they are wanted."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, TextIO, cast

from rich.console import Console

from advent_cli.patience import tell_nobody

if TYPE_CHECKING:
    from advent_cli.display.plain import Plain
    from advent_cli.display.rows import Rows
    from advent_cli.display.tree import Way


class Tolerant:
    """A stream that others may close: what can no longer be shown is dropped, for the work must go on."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def write(self, text: str) -> int:
        """Write, or not."""
        with suppress(BrokenPipeError):
            self.stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush, or not."""
        with suppress(BrokenPipeError):
            self.stream.flush()


def stdout() -> Console:
    """The console for results."""
    return _console(sys.stdout)


def stderr() -> Console:
    """The console for all else."""
    return _console(cast(TextIO, Tolerant(sys.stderr)))


def full() -> Console | None:
    """The console to draw on all of, with NO_COLOR without colour; None if stdout is no terminal, or a dumb one."""
    console = Console(no_color="NO_COLOR" in os.environ, highlight=False, emoji=False)
    return console if sys.stdout.isatty() and not console.is_dumb_terminal else None


def _console(stream: TextIO) -> Console:
    lively = _lively(stream)
    return Console(file=stream, force_terminal=lively, no_color=not lively, highlight=False, emoji=False)


def is_lively() -> bool:
    """Whether stderr is a terminal that can move and colour what it shows."""
    return _lively(sys.stderr)


def _lively(stream: TextIO) -> bool:
    return stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def listener(*, lines_only: bool) -> AbstractContextManager[Rows] | AbstractContextManager[Plain]:
    """What shows a run: rows that change in place, or a line for each step."""
    if lines_only or not is_lively():
        from advent_cli.display.plain import Plain

        return Plain(cast(TextIO, Tolerant(sys.stderr)))
    from advent_cli.display.rows import Rows

    return Rows(stderr())


def way(seconds: float, own: Callable[[str], str]) -> Way:
    """What shows a message's way through the app, which began with an answer after so many seconds.

    `own` gives advice the options that this run has.
    """
    from advent_cli.display.tree import Way

    return Way(stderr(), seconds * 1000, own)


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
def waiting() -> Iterator[Callable[[str], None]]:
    """Show what we wait for while this is entered; not where it would stay in the way as text."""
    if not is_lively():
        yield tell_nobody
        return
    with stderr().status("") as shown:
        yield shown.update


def reading(about: Callable[[], int]) -> AbstractContextManager[Callable[[int], None]]:
    """Show how far a long reading has come, of `about` so many; not where it would stay in the way as text."""
    if not is_lively():
        return nullcontext(_ignore)
    from advent_cli.display.reading import Reading

    return Reading(stderr(), about)


def _ignore(read: int) -> None:
    """Show nothing."""
