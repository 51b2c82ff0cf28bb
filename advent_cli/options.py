"""What stands before the command on the command line, and how it is to answer."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

SLACK_SECRET = "slack-secret"  # noqa: S105 (the name of the one that `advent slack secret` sets and `say` knows)


@dataclass
class Run:
    """What must be known of a run when it ends: the secrets that it learnt, whether it tells all, and how it began.

    `command` is what stands before the name of the command, with its options.
    """

    secrets: set[str] = field(default_factory=set)
    verbose: bool = False
    command: str = "advent"

    def own(self, text: str) -> str:
        """Advice for a person, with the options before the command that this run has."""
        return text.replace("`advent ", f"`{self.command} ")


def _nobody(words: str) -> None:
    """Say it to nobody."""


@dataclass
class Answer:
    """What a script asked for, and what the command has found out so far; printed as JSON when the command ends."""

    command: str
    events: bool = False
    fields: dict[str, Any] = field(default_factory=dict)
    errors: list[Exception] = field(default_factory=list)
    run: Run = field(default_factory=Run)


@dataclass(frozen=True)
class Options:
    """The global options; None where one is not given. `trace` gets a line for each call to AWS.

    `remark` gets what a person has to know beside the result.

    `answer` is there if a script reads what we print: then a command notes there what it would show to a person.
    """

    config: str | None = None
    stack: str | None = None
    target: str | None = None
    profile: str | None = None
    region: str | None = None
    trace: Callable[[str], None] | None = None
    remark: Callable[[str], None] = _nobody
    answer: Answer | None = None
    run: Run = field(default_factory=Run)
