"""Limits the calls per second to a service: from the first call on, or once it has throttled one."""

import queue
import threading
import time
from collections.abc import Callable
from typing import Any

# "Lambda quotas" in its developer guide, and "Amazon API Gateway quotas": requests per second to the control plane.
RATES = {"lambda": 15, "apigatewayv2": 10}
# "CloudWatch Logs quotas" in its user guide: requests per second in an account and region, which cannot be raised.
LOG_READS = 5
PACED = {"logs": ("FilterLogEvents", LOG_READS)}
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


class Pacer:
    """Keeps all clients of one service below a known limit: `rate` calls of an operation per second, retries included.

    A call takes one of `rate` slots, and a slot is free again a second after its response. So no more than `rate` calls
    reach AWS in any second, however long each is on its way. If AWS refuses one all the same, because others share the
    limit, all calls wait a second; botocore then sends that one again.
    """

    SECOND = 1.0
    LOST = 60.0  # seconds without a response, longer than any try takes, after which a slot is free again

    def __init__(
        self,
        operation: str,
        rate: int,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._operation, self._sleep, self._clock = operation, sleep, clock
        self._slots: queue.SimpleQueue[float] = queue.SimpleQueue()  # when each is free; those under way are not here
        self._pause_until = float("-inf")
        for _ in range(rate):
            self._slots.put(self._pause_until)

    def guard(self, service: str, client: Any) -> None:
        """Pace the operation of a botocore client of this service."""
        client.meta.events.register(f"before-send.{service}.{self._operation}", self._take)
        client.meta.events.register(f"needs-retry.{service}.{self._operation}", self._give_back)

    def _take(self, **_: Any) -> None:
        try:
            free = self._slots.get(timeout=self.LOST)
        except queue.Empty:  # botocore reports no end of a call whose response it cannot parse
            return
        while (wait := max(free, self._pause_until) - self._clock()) > 0:
            self._sleep(wait)

    def _give_back(self, response: Any, **_: Any) -> None:
        free = self._clock() + self.SECOND
        parsed = response[1] if response else {}  # response is None after a network error
        if parsed.get("Error", {}).get("Code") in THROTTLED:
            self._pause_until = free
        self._slots.put(free)
