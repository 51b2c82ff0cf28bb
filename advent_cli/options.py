"""What stands before the command on the command line."""

from collections.abc import Callable
from dataclasses import dataclass

SLACK_SECRET = "slack-secret"  # noqa: S105 (the name of the one that `advent slack secret` sets and `say` knows)


@dataclass(frozen=True)
class Options:
    """The global options; None where one is not given. `trace` gets a line for each call to AWS."""

    config: str | None = None
    stack: str | None = None
    target: str | None = None
    profile: str | None = None
    region: str | None = None
    trace: Callable[[str], None] | None = None
