"""What stands before the command on the command line, and what else a run needs from its beginning to its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from advent_cli.output.reporter import Reporter


@dataclass
class Run:
    """What must be known when a run ends, however it ends: the secrets it learned, and how it was called.

    `command` is `advent` with the options before the command.
    """

    secrets: set[str] = field(default_factory=set)
    verbose: bool = False
    command: str = "advent"


@dataclass(frozen=True)
class Options:
    """The options before the command, None where one is not given, and the reporter of the command.

    `trace` gets a line for each call to AWS.
    """

    report: Reporter
    config: str | None = None
    stack: str | None = None
    target: str | None = None
    profile: str | None = None
    region: str | None = None
    trace: Callable[[str], None] | None = None
    run: Run = field(default_factory=Run)
