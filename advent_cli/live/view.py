"""Pure: the live view of `advent status --watch`, and how fast the counts grow."""

from collections.abc import Sequence
from dataclasses import dataclass

from advent_cli.deploy.decide import Step
from advent_cli.errors import AdventError

GROWTH_WINDOW = 60.0  # seconds; longer if the table is read less often


@dataclass(frozen=True)
class Sample:
    """The sum of all counts at the time `at`, in seconds of a monotonic clock."""

    at: float
    total: int


@dataclass(frozen=True)
class Growth:
    """How much the sum of all counts grew in so many seconds."""

    added: int
    seconds: float


@dataclass(frozen=True)
class Words:
    """The most frequent words with their current counts, and the changes since the previous inspection.

    `words` (their number), `total` (the sum of their counts) and `growth` date from the last read of the whole table,
    `age` seconds ago; None before the first. During the next read, `reading` is the number of items read so far.
    """

    top: list[tuple[str, int]]
    changes: dict[str, int]
    words: int | None = None
    total: int | None = None
    age: float = 0.0
    growth: Growth | None = None
    reading: int | None = None


@dataclass(frozen=True)
class LiveView:
    """The result of the inspection at the time `at`; with `error` it failed, and the other fields are older.

    `at` is in seconds of a monotonic clock. `dead_letters` is the number of messages in `queue`, and `words` what the
    table holds; each is None if its resource is missing. `requests` is how many the API received in the last minute,
    None without an API. `notes` are sentences about the stack as a whole.
    """

    stack: str
    at: float
    steps: tuple[Step, ...] = ()
    urls: tuple[str, ...] = ()
    queue: str = ""
    dead_letters: int | None = None
    words: Words | None = None
    requests: int | None = None
    error: AdventError | None = None
    notes: tuple[str, ...] = ()


def recent(samples: Sequence[Sample]) -> list[Sample]:
    """The samples of the last GROWTH_WINDOW seconds, but at least the last two."""
    newest = samples[-1].at
    kept = [sample for sample in samples if newest - sample.at <= GROWTH_WINDOW]
    return kept if len(kept) > 1 else list(samples[-2:])


def growth(samples: Sequence[Sample]) -> Growth | None:
    """The difference between the oldest and the newest sample, not extrapolated to a minute."""
    if len(samples) < 2:
        return None
    return Growth(samples[-1].total - samples[0].total, samples[-1].at - samples[0].at)
