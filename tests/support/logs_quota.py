"""Limits FilterLogEvents as CloudWatch Logs does on AWS; the engine answers any number of them.

"CloudWatch Logs quotas" in its user guide, and the article "cloudwatch-logs-throttling" of re:Post: 5 requests a second
in an account and region, which cannot be raised. The next is refused with ThrottlingException and "Rate exceeded".
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.support.proxy import Handler, Meet, pass_on, passing, throttle

READ_LOGS, LIMIT = "logs:FilterLogEvents", 5


@dataclass
class LogsQuota:
    """A `meet` of the proxy; `times` has when each call arrived, and `refused` how many were refused.

    The first `late` reads of each log find it empty, because CloudWatch shows a line some seconds late. What is no
    FilterLogEvents goes to `others`. The clock is that of the calls: a delay on their way never makes two closer.
    """

    late: int = 0
    others: Meet = passing
    clock: Callable[[], float] = time.monotonic
    times: list[float] = field(default_factory=list)
    reads: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def meet(self, name: str, handler: Handler, body: bytes) -> None:
        """Handle a call as a fault of the proxy does."""
        if name != READ_LOGS:
            return self.others(name, handler, body)
        with self.lock:
            now, group = self.clock(), json.loads(body)["logGroupName"]
            is_refused = len(self.times) >= LIMIT and now - self.times[-LIMIT] < 1
            if is_refused:
                self.refused += 1
            else:
                self.times.append(now)
                self.reads[group] += 1
            is_early = self.reads[group] <= self.late
        if is_refused:
            return throttle(handler, body)
        if is_early:
            return handler.answer(200, {"Content-Type": "application/x-amz-json-1.1"}, b'{"events": []}')
        return pass_on(handler, body)
