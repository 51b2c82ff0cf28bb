"""Waits for AWS: for a bounded time, with growing pauses, and with a message that says what for."""

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
GROWTH = 1.15  # of each pause: what is ready after 2 s is noticed within 0.3 s, with 10 polls


class GaveUpError(AdventError):
    """The wait timed out."""


class StoppedError(AdventError):
    """The person pressed Ctrl-C during the wait."""

    def __init__(self, what: str = "stopped while waiting") -> None:
        super().__init__(what, hint="run the same command again to finish")


def ignore(message: str) -> None:
    """Drop the message."""


def nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True)
class Transient:
    """An error of AWS that goes away by itself: its code, a part of its message, and its meaning in words.

    With `times`, the call is retried that often at most, each time after the longest pause.
    """

    code: str
    text: str
    words: str
    times: int | None = None

    def matches(self, error: Exception) -> bool:
        """Whether `error` is this one; a code often has several meanings, so the message decides."""
        details = (getattr(error, "response", None) or {}).get("Error", {})
        return details.get("Code") == self.code and self.text in details.get("Message", "")


@dataclass(frozen=True)
class Waiter:
    """How to wait: what gets the messages, what can end the wait, and the clock (passed in, so tests need not wait).

    Call `exists` when what is being created exists, and only a wait for it to become ready is left. `answered` is
    called when a call of `retry` has succeeded; so send a change with `retry` if you wait after it.
    """

    notify: Callable[[str], None] = ignore
    stopped: Callable[[], bool] = lambda: False
    exists: Callable[[], None] = nothing
    answered: Callable[[], None] = nothing
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def retry(
        self, call: Callable[[], T], *transients: Transient, within: float = 60, longest: float = LONGEST_PAUSE
    ) -> T:
        """The result of `call`, retried for `within` seconds while it fails with one of `transients`.

        No pause is longer than `longest` seconds.
        """
        start, pause = self.clock(), FIRST_PAUSE
        retries: Counter[Transient] = Counter()
        while True:
            try:
                result = call()
            except Exception as error:
                transient = next((transient for transient in transients if transient.matches(error)), None)
                waited = self.clock() - start
                if transient is None or waited >= within or retries[transient] == transient.times:
                    raise
                retries[transient] += 1
                self.notify(f"{transient.words}, {waited:.0f} s" if waited >= 1 else transient.words)
                pause = pause if transient.times is None else LONGEST_PAUSE
            else:
                self.answered()
                return result
            pause = self._rest(pause, longest)

    def until(
        self,
        ready: Callable[[], bool],
        words: str,
        *,
        within: float = 120,
        longest: float = LONGEST_PAUSE,
        hint: str = AGAIN,
    ) -> None:
        """Poll `ready` until it is true; raises GaveUpError with `words` after `within` seconds."""
        start, pause = self.clock(), FIRST_PAUSE
        while not ready():
            waited = self.clock() - start
            if waited >= within:
                raise GaveUpError(f"gave up after {waited:.0f} s", why=words, hint=hint)
            self.notify(f"{words}, {waited:.0f} s" if waited >= 1 else words)
            pause = self._rest(pause, longest)

    def _rest(self, pause: float, longest: float) -> float:
        if self.stopped():
            raise StoppedError
        self.sleep(pause * random.uniform(0.95, 1.05))  # noqa: S311 (jitter, or two waiters would stay in step)
        return min(pause * GROWTH, longest)
