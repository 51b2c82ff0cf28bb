"""Reads stdin and writes stdout and stderr; all text that goes to a terminal is escaped."""

import codecs
import io
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast

from advent_cli.errors import AdventError
from advent_cli.output.control_characters import escape_lines


class ReaderLeftError(Exception):
    """The reader of stdout has closed the pipe, as `head` does: nobody wants the rest of the results."""


class _Stream:
    """Stderr: drops what cannot be written, because the run must go on, and there is no other place to say so."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def write(self, text: str) -> int:
        """Write."""
        self._try(lambda: self.stream.write(text))
        return len(text)

    def flush(self) -> None:
        """Flush."""
        self._try(self.stream.flush)

    def _try(self, act: Callable[[], object]) -> None:
        try:
            act()
        except OSError as error:
            with suppress(OSError, ValueError):  # it may have no file descriptor
                os.dup2(os.open(os.devnull, os.O_WRONLY), self.stream.fileno())  # or the flush at the end would fail
            self.failed(error)

    def failed(self, error: OSError) -> None:
        """Handle an error; whatever is written afterwards goes nowhere."""


class _Results(_Stream):
    """Stdout: raises ReaderLeftError if its reader has gone, and AdventError if the results are lost, at each write."""

    error: Exception | None = None

    def failed(self, error: OSError) -> None:
        """Raise what has happened."""
        lost = AdventError("cannot write the output", why=os.strerror(error.errno or 0))
        self.error = ReaderLeftError() if isinstance(error, BrokenPipeError) else lost
        raise self.error from None

    def _try(self, act: Callable[[], object]) -> None:
        if self.error:
            raise self.error
        super()._try(act)


@contextmanager
def safe() -> Iterator[None]:
    """Makes stdin, stdout and stderr safe to use: closed ones are replaced with /dev/null, failing ones are no bug.

    What the encoding of a stream lacks becomes a question mark.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name) or open(os.devnull, mode, encoding="utf-8")  # noqa: SIM115 (until the process ends)
        setattr(sys, name, stream)
        if mode == "w" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = cast(TextIO, _Results(before[0])), cast(TextIO, _Stream(before[1]))
    try:
        yield
    finally:
        sys.stderr.flush()
        sys.stdout, sys.stderr = before


def out(text: str, end: str = "\n") -> None:
    """Print a result to stdout: escaped on a terminal, unchanged in a pipe or a file."""
    _write(sys.stdout, (escape_lines(text) if sys.stdout.isatty() else text) + end)


def err(text: str) -> None:
    """Print anything that is not a result to stderr, always escaped."""
    _write(sys.stderr, f"{escape_lines(text)}\n")


def _write(stream: TextIO, text: str) -> None:
    """Write at once; as UTF-8 where the stream is ASCII, which usually means only that no locale is set."""
    if not text.isascii() and codecs.lookup(stream.encoding or "utf-8").name == "ascii" and hasattr(stream, "buffer"):
        stream.flush()
        stream.buffer.write(text.encode(errors="replace"))
    else:
        stream.write(text)
    stream.flush()


def can_animate(stream: TextIO | None = None) -> bool:
    """Whether the stream (stderr by default) is a terminal whose cursor can move."""
    stream = stream or sys.stderr
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def stdin_lines() -> tuple[Iterable[str], int | None]:
    """The lines of stdin that are not empty, and their number if stdin is a file.

    Reads the process's own stdin even where sys.stdin is replaced to prevent prompts.
    """
    own = sys.__stdin__ or sys.stdin
    if isinstance(own, io.TextIOWrapper):
        own.reconfigure(errors="surrogateescape")  # one line that is not UTF-8 fails, not all
    lines = (line for line in map(str.strip, own) if line)
    if stat.S_ISREG(os.fstat(own.fileno()).st_mode):
        everything = list(lines)
        return everything, len(everything)
    return lines, None
