"""Pure: what `advent status --watch` shows, and how fast the counts grow."""

from collections.abc import Sequence
from dataclasses import dataclass

from advent_cli.deploy.decide import Step
from advent_cli.errors import AdventError

SPAN = 60.0  # seconds that growth is told for, where the table is read often enough


@dataclass(frozen=True)
class Sample:
    """The sum of all counts, as it was at `at`, in seconds of one clock."""

    at: float
    total: int


@dataclass(frozen=True)
class Growth:
    """How much more all words count than so many seconds before."""

    more: int
    seconds: float


@dataclass(frozen=True)
class Words:
    """The most frequent words as they are now, with what has changed since the look before.

    `words`, `total` and `growth` are as of the last time that the whole table was read, `age` seconds ago; None before
    the first. While it is read once more, `reading` is how many items that has come to.
    """

    top: list[tuple[str, int]]
    changes: dict[str, int]
    words: int | None = None
    total: int | None = None
    age: float = 0.0
    growth: Growth | None = None
    reading: int | None = None


@dataclass(frozen=True)
class Board:
    """What one look found, at the time `at` of the same clock; with `error` it failed, and the rest is from before.

    `letters` is the number of dead letters in `queue`, and `words` what the table holds; both None where it is missing;
    `requests` is how many the API handed on in the last minute, None if there is no API.
    """

    stack: str
    at: float
    steps: tuple[Step, ...] = ()
    urls: tuple[str, ...] = ()
    queue: str = ""
    letters: int | None = None
    words: Words | None = None
    requests: int | None = None
    error: AdventError | None = None


def recent(samples: Sequence[Sample]) -> list[Sample]:
    """Those of the last SPAN seconds before the newest; and if that is only one, the one before it too."""
    newest = samples[-1].at
    kept = [sample for sample in samples if newest - sample.at <= SPAN]
    return kept if len(kept) > 1 else list(samples[-2:])


def growth(samples: Sequence[Sample]) -> Growth | None:
    """The difference of the oldest and the newest sample, never more: nothing is reckoned up to a minute."""
    if len(samples) < 2:
        return None
    return Growth(samples[-1].total - samples[0].total, samples[-1].at - samples[0].at)
