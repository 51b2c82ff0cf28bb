"""A trace: what each function did with a message, as a tree of hops."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """The state of a hop; the value is for people."""

    WAITED_FOR = "waiting"
    DONE = "done"
    FAILED = "failed"
    RUNNING = "still running"
    MISSING = "was not invoked"
    UNSEEN = "not seen: nothing published to it, a filter, or a late log"


@dataclass(frozen=True)
class Hop:
    """One function of a trace, and the hops after it.

    `topic` is where the message came from (None: from the API), `milliseconds` the duration, `ended` when it ended
    (seconds since 1970), `log` what it logged, and `published` the ids of the messages it published. A `problem` is
    possible even if the function was invoked. What could not be read is part of the problem of a function that did not
    get the message; if its filter may have rejected the message, it is `undetermined` instead, and no problem.
    """

    function: str
    topic: str | None
    state: State
    milliseconds: float | None = None
    ended: float | None = None
    log: tuple[str, ...] = ()
    published: tuple[str, ...] = ()
    problem: str = ""
    undetermined: str = ""
    hops: tuple["Hop", ...] = ()

    def all(self) -> Iterator["Hop"]:
        """This hop and all hops after it."""
        yield self
        for hop in self.hops:
            yield from hop.all()
