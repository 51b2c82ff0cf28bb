"""Reads stdin and writes stdout and stderr; all text that goes to a terminal is escaped."""

import codecs
import io
import os
import stat
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, TextIO

from advent_cli.output.control_characters import escape_lines


class Tolerant:
    """A stream that drops what is written once its reader has closed the pipe, because the run must go on."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def write(self, text: str) -> int:
        """Write; a closed pipe is no error."""
        with suppress(BrokenPipeError):
            self.stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush; a closed pipe is no error."""
        with suppress(BrokenPipeError):
            self.stream.flush()


def out(text: str, end: str = "\n") -> None:
    """Print a result to stdout: escaped on a terminal, unchanged in a pipe or a file."""
    _write(sys.stdout, (escape_lines(text) if sys.stdout.isatty() else text) + end)


def err(text: str) -> None:
    """Print anything that is not a result to stderr, always escaped."""
    with suppress(BrokenPipeError):
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
    """Whether the stream (stderr by default) is a terminal that can show colours and animation."""
    stream = stream or sys.stderr
    return stream.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


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
