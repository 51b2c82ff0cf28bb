"""The events of a run; listeners show them and decide nothing."""

from dataclasses import dataclass
from enum import Enum

from advent_cli.deploy.decide import Step


class Outcome(Enum):
    """How a step ended; the value is shown to people, the name is in JSON."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    ATTACHED = "attached"
    UNCHANGED = "unchanged"
    ABSENT = "absent"
    LEFT = "blocked"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Planned:
    """The steps of the run, in the order in which to show them."""

    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Started:
    """A step began."""

    key: str


@dataclass(frozen=True)
class Waiting:
    """A step waits; `words` say for what."""

    key: str
    words: str


@dataclass(frozen=True)
class Existing:
    """What a step creates exists, but is not ready yet.

    Steps that only need it to exist may start. Listeners do not get this event: for them a step ends when it is ready.
    """

    key: str


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
    """You asked to stop: no new step starts, running ones finish."""


Event = Planned | Started | Waiting | Existing | Finished | Stopping
