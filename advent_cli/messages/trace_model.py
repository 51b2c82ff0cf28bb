"""What is known of a message's way through the app: one hop for each function that gets it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """How far a hop is."""

    WAITED_FOR = "waits"
    DONE = "done"
    FAILED = "failed"
    RUNNING = "still runs"
    MISSING = "did not come"
    UNSEEN = "not seen: nobody told it, a filter kept it out, or its log is late"


@dataclass(frozen=True)
class Hop:
    """One function on the way, and the hops behind it.

    `topic` is where it heard the message (None: the API called it), `milliseconds` how long it ran, `ended` when it was
    done (seconds since 1970), `said` what it wrote to its log, `published` the ids of what it published, and `problem`
    what is wrong; there may be one although the message came.
    """

    function: str
    topic: str | None
    state: State
    milliseconds: float | None = None
    ended: float | None = None
    said: tuple[str, ...] = ()
    published: tuple[str, ...] = ()
    problem: str = ""
    hops: tuple["Hop", ...] = ()

    def all(self) -> Iterator["Hop"]:
        """This hop and all behind it."""
        yield self
        for hop in self.hops:
            yield from hop.all()
