"""The global options, and the state of a run that outlives its command."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from advent_cli.output.reporter import Reporter


@dataclass
class Run:
    """What error reporting needs however a run ends: the secrets it learned, and how it was called.

    `command` is `advent` with its global options.
    """

    secrets: set[str] = field(default_factory=set)
    verbose: bool = False
    command: str = "advent"


@dataclass(frozen=True)
class Options:
    """The global options, None where not given, and the command's reporter.

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
