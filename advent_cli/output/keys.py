"""Reads single key presses without echo, on Windows and elsewhere."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

END = "\x04"  # Ctrl-D; also returned when the terminal is closed
QUIT = ("q", "Q", "\x03", END)  # Ctrl-C, where the terminal sends it as a key

Key = Callable[[float], str]
"""Waits up to this many seconds for a key; returns an empty string if none was pressed."""

if sys.platform == "win32":
    import msvcrt

    @contextmanager
    def keys() -> Iterator[Key]:
        """Yields a function that reads keys."""

        def key(seconds: float) -> str:
            until = time.monotonic() + seconds
            while not msvcrt.kbhit():
                if time.monotonic() >= until:
                    return ""
                time.sleep(0.02)
            return msvcrt.getwch()

        yield key

else:
    import select
    import termios
    import tty

    @contextmanager
    def keys() -> Iterator[Key]:
        """Yields a function that reads keys, and restores the terminal on exit; never a key if stdin is no terminal."""
        stdin = sys.stdin.fileno()
        if not os.isatty(stdin):
            yield _no_key
            return

        def key(seconds: float) -> str:
            if not select.select([stdin], [], [], seconds)[0]:
                return ""
            return os.read(stdin, 1).decode(errors="replace") or END

        before = termios.tcgetattr(stdin)
        try:
            tty.setcbreak(stdin)
            yield key
        finally:
            termios.tcsetattr(stdin, termios.TCSAFLUSH, before)


def _no_key(seconds: float) -> str:
    time.sleep(seconds)
    return ""
