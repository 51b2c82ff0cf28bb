"""The two streams: results go to stdout, everything else to stderr; colour and movement only where they are wanted."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any, TextIO, cast

from rich.console import Console

from advent_cli.display.plain import Plain
from advent_cli.display.reading import Reading
from advent_cli.display.rows import Rows
from advent_cli.patience import tell_nobody


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


def _lively(stream: TextIO) -> bool:
    return stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def listener(*, lines_only: bool) -> AbstractContextManager[Rows] | AbstractContextManager[Plain]:
    """What shows a run: rows that change in place, or a line for each step."""
    return Plain(cast(TextIO, Tolerant(sys.stderr))) if lines_only or not _lively(sys.stderr) else Rows(stderr())


@contextmanager
def waiting() -> Iterator[Callable[[str], None]]:
    """Show what we wait for while this is entered; not where it would stay in the way as text."""
    if not _lively(sys.stderr):
        yield tell_nobody
        return
    with stderr().status("") as shown:
        yield shown.update


def reading(about: Callable[[], int]) -> AbstractContextManager[Callable[[int], None]]:
    """Show how far a long reading has come, of `about` so many; not where it would stay in the way as text."""
    return Reading(stderr(), about) if _lively(sys.stderr) else nullcontext(_ignore)


def _ignore(read: int) -> None:
    """Show nothing."""
