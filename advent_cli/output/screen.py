"""The whole terminal for a while: drawn on, listened to, and left as it was, however that ends."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from rich.console import Console, RenderableType
from rich.live import Live

from advent_cli.errors import INTERRUPTED
from advent_cli.output.keys import END, Key, keys

QUIT = ("q", "Q", "\x03", END)  # Ctrl-C is one where the terminal sends it as a key
POLL, REDRAW = 0.1, 1.0  # seconds


class Screen:
    """The terminal while it is ours."""

    def __init__(self, live: Live, key: Key) -> None:
        self._live = live
        self._key = key

    def run(self, news: Callable[[], bool], draw: Callable[[], RenderableType]) -> None:
        """Draw when there are news, when the size changes and every second, until the person quits."""
        console = self._live.console
        size, waited = console.size, REDRAW
        while True:
            if news() or console.size != size or waited >= REDRAW:
                size, waited = console.size, 0.0
                self._live.update(draw(), refresh=True)
            if self._key(POLL) in QUIT:
                return
            waited += POLL


@contextmanager
def whole(console: Console) -> Iterator[Screen]:
    """The screen, while this is entered. SIGTERM raises SystemExit, and Ctrl-Z does nothing."""
    live = Live(console=console, screen=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)
    with _signals(), keys() as key, live:
        yield Screen(live, key)


@contextmanager
def _signals() -> Iterator[None]:
    wanted: dict[int, Any] = {signal.SIGTERM: _end}
    if sys.platform != "win32":
        wanted |= {signal.SIGTSTP: signal.SIG_IGN, signal.SIGHUP: _end}
    before = {number: signal.signal(number, handler) for number, handler in wanted.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 (the signature of a handler)
    raise SystemExit(INTERRUPTED)
