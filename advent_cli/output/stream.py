"""The door to stdin, stdout and stderr: what goes to a terminal carries no control characters of other people's."""

import io
import os
import stat
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, TextIO

JOINER = "\u200d"  # it makes one emoji of several


def harmless(text: str) -> str:
    """The text on one line, with escapes for what moves a terminal's cursor or makes the terminal act."""
    return "".join(c if c.isprintable() or c == JOINER else c.encode("unicode_escape").decode() for c in text)


def harmless_lines(text: str) -> str:
    """The same for a text of several lines, which stay lines."""
    return "\n".join(harmless(line.expandtabs()) for line in text.split("\n"))


def printable(text: str, longest: int = 60) -> str:
    """The text on one line, harmless to a terminal, cut to `longest` characters."""
    shown = harmless(text)
    return shown if len(shown) <= longest else shown[: longest - 3] + "..."


class Tolerant:
    """A stream whose reader may leave: what nobody reads any more is dropped, for the work must go on."""

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


def out(text: str, end: str = "\n") -> None:
    """Print a result to stdout: as it is where a program reads, harmless where a terminal shows it."""
    sys.stdout.write((harmless_lines(text) if sys.stdout.isatty() else text) + end)
    sys.stdout.flush()


def err(text: str) -> None:
    """Print anything else to stderr, which is always for people."""
    stream = Tolerant(sys.stderr)
    stream.write(f"{harmless_lines(text)}\n")
    stream.flush()


def is_lively(stream: TextIO | None = None) -> bool:
    """Whether the stream, stderr if none is given, is a terminal that can move and colour what it shows."""
    stream = stream or sys.stderr
    return stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def lines_of_stdin() -> tuple[Iterable[str], int | None]:
    """The lines of stdin that are not empty; and how many, if that can be known before the first is used.

    It is the process's own stdin, also where sys.stdin has been replaced so that nobody can be asked.
    """
    own = sys.__stdin__ or sys.stdin
    if isinstance(own, io.TextIOWrapper):
        own.reconfigure(errors="surrogateescape")  # a line that is no text is refused, and the others are used
    lines = (line for line in map(str.strip, own) if line)
    if stat.S_ISREG(os.fstat(own.fileno()).st_mode):
        everything = list(lines)
        return everything, len(everything)
    return lines, None
