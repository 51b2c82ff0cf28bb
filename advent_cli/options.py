"""What stands before the command on the command line."""

from collections.abc import Callable
from dataclasses import dataclass, field

SLACK_SECRET = "slack-secret"  # noqa: S105 (the name of the one that `advent slack secret` sets and `say` knows)


@dataclass
class Run:
    """What must be known of a run should a bug end it: the secrets that it learnt, and whether it tells all."""

    secrets: set[str] = field(default_factory=set)
    verbose: bool = False


@dataclass(frozen=True)
class Options:
    """The global options; None where one is not given. `trace` gets a line for each call to AWS."""

    config: str | None = None
    stack: str | None = None
    target: str | None = None
    profile: str | None = None
    region: str | None = None
    trace: Callable[[str], None] | None = None
    run: Run = field(default_factory=Run)
