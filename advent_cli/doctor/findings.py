"""What a check found: all is well, something to know, or a problem, and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from advent_cli.errors import DONE, FAILED

ELSEWHERE = ("region", "credentials", "clock")  # the checks that ask AWS or the engine
IN_THE_STACK = ("permissions", "app", "slack")  # those that need to know what config.yaml makes there, too


class State(Enum):
    """How a check ended; a note is nothing that stands in the way."""

    OK = "ok"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """One line of the report: which check, how it ended, what was found, what to try, and details one a line."""

    check: str
    state: State
    text: str
    hint: str = ""
    details: tuple[str, ...] = ()


def ok(check: str, text: str) -> Finding:
    """All is well."""
    return Finding(check, State.OK, text)


def note(check: str, text: str, hint: str = "") -> Finding:
    """Something to know."""
    return Finding(check, State.NOTE, text, hint)


def problem(check: str, text: str, hint: str = "", details: Iterable[str] = ()) -> Finding:
    """Something that stands in the way."""
    return Finding(check, State.PROBLEM, text, hint, tuple(details))


def not_checked(checks: Iterable[str], why: str) -> list[Finding]:
    """The checks that could not be made, for what was found before them."""
    return [note(check, f"not checked, for {why}") for check in checks]


def exit_code(findings: Iterable[Finding]) -> int:
    """1 if there is any problem."""
    return FAILED if any(finding.state is State.PROBLEM for finding in findings) else DONE
