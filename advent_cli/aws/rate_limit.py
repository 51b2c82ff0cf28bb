"""Limits the calls per second to a service once it has throttled one."""

import threading
import time
from collections.abc import Callable
from typing import Any

# "Lambda quotas" in its developer guide, and "Amazon API Gateway quotas": requests per second to the control plane.
RATES = {"lambda": 15, "apigatewayv2": 10}
APART = ("GetFunction",)  # the operations with a quota of their own, which is 100 a second
THROTTLED = ("TooManyRequestsException", "ThrottlingException", "Throttling")


class RateLimiter:
    """The limit shared by all clients of one service: none until a call is throttled, then `rate` calls per second.

    Without it each call would retry on its own, after a delay that takes no account of the others.
    """

    def __init__(
        self, rate: float, sleep: Callable[[float], None] = time.sleep, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate, self._sleep, self._clock = rate, sleep, clock
        self._next: float | None = None  # when the next call may go out; None until a call is throttled
        self._lock = threading.Lock()

    def guard(self, client: Any) -> None:
        """Limit all calls of a botocore client but those in `APART`, each retry included."""
        client.meta.events.register("before-send", self._wait)
        client.meta.events.register("needs-retry", self._check_response)

    def _wait(self, event_name: str, **_: Any) -> None:
        if self._next is None or event_name.endswith(APART):
            return
        with self._lock:
            now = self._clock()
            turn = max(now, self._next)
            self._next = turn + 1 / self._rate
        self._sleep(turn - now)

    def _check_response(self, response: Any, event_name: str, **_: Any) -> None:
        if event_name.endswith(APART):
            return
        parsed = response[1] if response else {}  # response is None after a network error
        if self._next is None and parsed.get("Error", {}).get("Code") in THROTTLED:
            with self._lock:
                self._next = self._clock()
