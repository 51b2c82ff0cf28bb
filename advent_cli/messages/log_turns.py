"""Decides whose log to read next while a message is traced: CloudWatch Logs takes few reads a second."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from advent_cli.aws.account import Aws
from advent_cli.messages.log_reader import at_once

EVERY = 0.75  # seconds between two reads of one log on AWS; with the pause of a Waiter about one
NEVER = float("-inf")


@dataclass
class Turns:
    """When the last read of each function's log began, in seconds of `clock`."""

    aws: Aws
    clock: Callable[[], float] = time.monotonic
    began: dict[str, float] = field(default_factory=dict)

    def take(self, functions: Iterable[str]) -> list[str]:
        """Those of the functions to read now, which the caller then does.

        On the local engine these are all. On AWS they are as many as CloudWatch Logs takes at once, and none twice
        within EVERY seconds, to leave others some of the limit. Those that have waited longest are first, then those
        that stand first: of thirty functions each has its turn every six seconds.
        """
        now, names = self.clock(), [*dict.fromkeys(functions)]
        if not self.aws.endpoint:
            due = [name for name in names if now - self.began.get(name, NEVER) >= EVERY]
            names = sorted(due, key=lambda name: self.began.get(name, NEVER))[: at_once(self.aws)]
        self.began |= dict.fromkeys(names, now)
        return names

    def had_turn(self, function: str, after: float) -> bool:
        """Whether the last read of a function's log began at least so long ago on the clock as `after`, or later."""
        return self.began.get(function, NEVER) >= after
