"""Waiting for AWS: for a bounded time, with growing pauses, and telling in words what it waits for."""

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from advent_cli.errors import AdventError

T = TypeVar("T")
AGAIN = "run the same command again"
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 0.5  # seconds
GROWTH = 1.15  # from pause to pause: what comes after 2 s is known 0.3 s later at the most, by 10 questions


class GaveUpError(AdventError):
    """What was waited for did not come in time."""


class StoppedError(AdventError):
    """The person asked to stop while we waited."""

    def __init__(self) -> None:
        super().__init__("stopped while waiting", hint="run the same command again to finish")


def ignore(words: str) -> None:
    """Drop the words."""


@dataclass(frozen=True)
class Transient:
    """An error of AWS that goes away by itself: its code, a part of its message, and what it means in words.

    With `times`, the call is made again only so often, each time after the longest pause.
    """

    code: str
    text: str
    words: str
    times: int | None = None

    def matches(self, error: Exception) -> bool:
        """Whether this is the error meant; the same code often has several meanings, so the text decides."""
        details = (getattr(error, "response", None) or {}).get("Error", {})
        return details.get("Code") == self.code and self.text in details.get("Message", "")


@dataclass(frozen=True)
class Waiter:
    """How to wait: whom to tell why, who may end it, and the clock (given, so that tests need not wait)."""

    notify: Callable[[str], None] = ignore
    stopped: Callable[[], bool] = lambda: False
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def retry(self, call: Callable[[], T], *transients: Transient, within: float = 60) -> T:
        """Call until it succeeds, as long as it fails with one of `transients`, for `within` seconds at most."""
        began, pause = self.clock(), FIRST_PAUSE
        met: Counter[Transient] = Counter()
        while True:
            try:
                return call()
            except Exception as error:
                transient = next((transient for transient in transients if transient.matches(error)), None)
                waited = self.clock() - began
                if transient is None or waited >= within or met[transient] == transient.times:
                    raise
                met[transient] += 1
                self.notify(f"{transient.words}, {waited:.0f} s" if waited >= 1 else transient.words)
                pause = pause if transient.times is None else LONGEST_PAUSE
            pause = self._rest(pause)

    def until(self, ready: Callable[[], bool], words: str, *, within: float = 120, hint: str = AGAIN) -> None:
        """Ask `ready` until it says yes; raises GaveUpError with `words` if that takes over `within` seconds."""
        began, pause = self.clock(), FIRST_PAUSE
        while not ready():
            waited = self.clock() - began
            if waited >= within:
                raise GaveUpError(f"gave up after {waited:.0f} s", why=words, hint=hint)
            self.notify(f"{words}, {waited:.0f} s" if waited >= 1 else words)
            pause = self._rest(pause)

    def _rest(self, pause: float) -> float:
        if self.stopped():
            raise StoppedError
        self.sleep(pause * random.uniform(0.95, 1.05))  # noqa: S311 (jitter, so that two waiters do not stay in step)
        return min(pause * GROWTH, LONGEST_PAUSE)
