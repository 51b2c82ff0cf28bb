"""The keys that a person presses, one by one and not shown, on any system."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

END = "\x04"  # Ctrl-D, and what stands for the end of the terminal

Key = Callable[[float], str]
"""Waits so many seconds at most for a key; nothing if none was pressed."""

if sys.platform == "win32":
    import msvcrt

    @contextmanager
    def keys() -> Iterator[Key]:
        """Read keys while this is entered."""

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
        """Read keys while this is entered; then the terminal is as it was. Where stdin is none, no key ever comes."""
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
