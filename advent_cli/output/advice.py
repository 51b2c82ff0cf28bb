"""Errors as a person or a script sees them: without secrets, and with advice that can be pasted as it stands."""

from collections.abc import Iterable

from advent_cli.aws.redaction import readable
from advent_cli.errors import AdventError


def with_options(text: str, command: str) -> str:
    """Advice with the options that stand before the command in this run; `command` is `advent` and those options."""
    return text.replace("`advent ", f"`{command} ")


def presentable(error: AdventError, secrets: Iterable[str], command: str) -> AdventError:
    """The error without secrets, its advice with the options of this run."""
    what, why, hint = (readable(text, secrets) for text in (error.what, error.why, error.hint))
    return AdventError(what, why=with_options(why, command), hint=with_options(hint, command))
