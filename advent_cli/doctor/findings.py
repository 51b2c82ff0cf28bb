"""The result of a check: ok, a note or a problem, and what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from advent_cli.errors import DONE, FAILED

REACHING_TARGET = ("region", "credentials", "clock")  # the checks that need AWS or the engine
IN_THE_STACK = ("permissions", "stack", "app", "slack")  # the checks that also need a valid config.yaml


class State(Enum):
    """How a check ended; only a problem keeps other commands from working."""

    OK = "ok"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """One line of the report: the check, its state, the result, what to try, and details, one per line."""

    check: str
    state: State
    text: str
    hint: str = ""
    details: tuple[str, ...] = ()


def ok(check: str, text: str) -> Finding:
    """A finding that all is well."""
    return Finding(check, State.OK, text)


def note(check: str, text: str, hint: str = "", details: Iterable[str] = ()) -> Finding:
    """A finding that is good to know."""
    return Finding(check, State.NOTE, text, hint, tuple(details))


def problem(check: str, text: str, hint: str = "", details: Iterable[str] = ()) -> Finding:
    """A finding that keeps other commands from working."""
    return Finding(check, State.PROBLEM, text, hint, tuple(details))


def not_checked(checks: Iterable[str], why: str) -> list[Finding]:
    """Findings for checks that need what an earlier one did not find."""
    return [note(check, f"not checked: {why}") for check in checks]


def exit_code(findings: Iterable[Finding]) -> int:
    """1 if there is a problem, else 0."""
    return FAILED if any(finding.state is State.PROBLEM for finding in findings) else DONE
