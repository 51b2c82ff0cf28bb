"""What a run tells while it goes on; who listens decides nothing."""

from dataclasses import dataclass
from enum import Enum

from advent_cli.deploy.decide import Step


class Outcome(Enum):
    """How a step ended."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    ATTACHED = "attached"
    UNCHANGED = "unchanged"
    ABSENT = "not there"
    LEFT = "left alone"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Planned:
    """The steps to come, in the order in which to show them."""

    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Started:
    """A step began."""

    key: str


@dataclass(frozen=True)
class Waiting:
    """A step waits, and says for what."""

    key: str
    words: str


@dataclass(frozen=True)
class Finished:
    """A step ended after `seconds`; with an error if it failed, or a reason if it was skipped."""

    key: str
    outcome: Outcome
    seconds: float = 0.0
    error: Exception | None = None
    reason: str = ""


@dataclass(frozen=True)
class Stopping:
    """The person asked to stop: nothing new starts, calls in flight finish."""


Event = Planned | Started | Waiting | Finished | Stopping
