"""Prepares an error for display: removes secrets, and completes the commands it suggests so that they can be pasted."""

from collections.abc import Iterable

from advent_cli.aws.redaction import readable
from advent_cli.errors import AdventError


def with_options(text: str, command: str) -> str:
    """The text with this run's global options in each suggested command; `command` is `advent` and those options."""
    return text.replace("`advent ", f"`{command} ")


def presentable(error: AdventError, secrets: Iterable[str]) -> AdventError:
    """The error without secrets."""
    what, why, hint = (readable(text, secrets) for text in (error.what, error.why, error.hint))
    return AdventError(what, why=why, hint=hint)
