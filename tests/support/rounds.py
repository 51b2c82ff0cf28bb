"""Counts rounds of calls: calls that arrive together pass together, so the rounds are the longest chain of calls."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.proxy import Fault, Handler, changing, pass_on

QUIET = 0.25  # seconds without another call after which a round is complete
# How long the engine takes to create a function, and so how often it is polled, depends on the machine.
ACTIVE = changing(
    '"State": "Pending"(.*)"LastUpdateStatus": "InProgress"', r'"State": "Active"\1"LastUpdateStatus": "Successful"'
)


class Gate:
    """Holds calls until no other has arrived for a while, then passes all of them on; `rounds` counts how often."""

    def __init__(self) -> None:
        self.rounds = 0
        self._changed = threading.Condition()
        self._waiting = self._under_way = 0
        self._latest = 0.0
        self._closed = False

    def hold(self, name: str, handler: Handler, body: bytes) -> None:
        """Handle a call as a fault of the proxy does; requests for the engine's own pages pass at once."""
        if name.startswith("none:GET /_"):
            return pass_on(handler, body)
        with self._changed:
            turn, self._waiting, self._latest = self.rounds, self._waiting + 1, time.monotonic()
            self._changed.wait_for(lambda: self.rounds > turn or self._closed)
        answer: Fault = ACTIVE if name == "lambda:GetFunction" else pass_on
        try:
            answer(handler, body)
        finally:
            with self._changed:
                self._under_way, self._latest = self._under_way - 1, time.monotonic()
        return None

    @contextmanager
    def open(self) -> Iterator[None]:
        """Pass rounds on while this is entered."""
        keeper = threading.Thread(target=self._keep, daemon=True)
        keeper.start()
        try:
            yield
        finally:
            with self._changed:
                self._closed = True
                self._changed.notify_all()
            keeper.join()

    def _keep(self) -> None:
        while not self._closed:
            with self._changed:
                is_quiet = time.monotonic() - self._latest > QUIET
                if self._waiting and not self._under_way and is_quiet:
                    self._under_way, self._waiting = self._waiting, 0
                    self.rounds += 1
                    self._changed.notify_all()
            time.sleep(QUIET / 10)
