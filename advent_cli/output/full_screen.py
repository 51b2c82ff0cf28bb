"""The full-screen mode of the terminal: draws, reads keys, and restores the terminal on exit."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from rich.console import Console, RenderableType
from rich.live import Live

from advent_cli.errors import INTERRUPTED
from advent_cli.output.keys import QUIT, Key, keys

POLL, REDRAW = 0.1, 1.0  # seconds


class Screen:
    """The terminal in full-screen mode."""

    def __init__(self, live: Live, key: Key) -> None:
        self._live = live
        self._key = key

    def run(self, has_update: Callable[[], bool], draw: Callable[[], RenderableType]) -> None:
        """Draw at each update, each change of size and every second, until the user quits."""
        console = self._live.console
        size, waited = console.size, REDRAW
        while True:
            if has_update() or console.size != size or waited >= REDRAW:
                size, waited = console.size, 0.0
                self._live.update(draw(), refresh=True)
            if self._key(POLL) in QUIT:
                return
            waited += POLL


@contextmanager
def full_screen(console: Console) -> Iterator[Screen]:
    """Full-screen mode until exit; SIGTERM raises SystemExit, and Ctrl-Z is ignored."""
    live = Live(console=console, screen=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)
    with _signal_handlers(), keys() as key, live:
        yield Screen(live, key)


@contextmanager
def _signal_handlers() -> Iterator[None]:
    handlers: dict[int, Any] = {signal.SIGTERM: _exit}
    if sys.platform != "win32":
        handlers |= {signal.SIGTSTP: signal.SIG_IGN, signal.SIGHUP: _exit}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _exit(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 (the signature of a signal handler)
    raise SystemExit(INTERRUPTED)
