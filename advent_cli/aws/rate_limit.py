"""Keeps to the number of calls a second that a service takes, once it has said that there were too many."""

import threading
import time
from collections.abc import Callable
from typing import Any

# "Lambda quotas" in its developer guide, and "Amazon API Gateway quotas": requests a second to the control plane.
RATES = {"lambda": 15, "apigatewayv2": 10}
TOO_MANY = ("TooManyRequestsException", "ThrottlingException", "Throttling")


class RateLimiter:
    """The pace of all clients of one service: as fast as can be, until it is too much; then `rate` calls a second.

    Without it each call would try again by itself, after a pause that knows nothing of the others.
    """

    def __init__(
        self, rate: float, sleep: Callable[[float], None] = time.sleep, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate, self._sleep, self._clock = rate, sleep, clock
        self._next: float | None = None  # the moment of the next call; None while the service takes all
        self._lock = threading.Lock()

    def guard(self, client: Any) -> None:
        """Have all calls of a client of botocore's keep the pace, each try of them."""
        client.meta.events.register("before-send", self._wait)
        client.meta.events.register("needs-retry", self._heed)

    def _wait(self, **_: Any) -> None:
        if self._next is None:
            return
        with self._lock:
            now = self._clock()
            turn = max(now, self._next)
            self._next = turn + 1 / self._rate
        self._sleep(turn - now)

    def _heed(self, response: Any, **_: Any) -> None:
        answer = response[1] if response else {}  # None if there is none
        if self._next is None and answer.get("Error", {}).get("Code") in TOO_MANY:
            with self._lock:
                self._next = self._clock()
