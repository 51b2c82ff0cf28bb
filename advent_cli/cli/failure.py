"""What ended a command: an error that the user can act on, or a bug."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import click

from advent_cli.errors import FAILED, AdventError, InterruptionError, UsageError, of_file

if TYPE_CHECKING:
    from advent_cli.output.reporter import Reporter


def end_with_error(report: Reporter, error: BaseException) -> int:
    """Report the error that ended a command and return the exit code; a bug is raised again."""
    known = as_advent_error(error)
    if known is None:
        if isinstance(error, Exception):
            report.bug(error)
        report.command_ended(FAILED)
        raise error
    report.error(known)
    report.command_ended(known.exit_code)
    return known.exit_code


def as_advent_error(error: BaseException) -> AdventError | None:
    """The error as one that the user can act on; None if it is a bug."""
    if isinstance(error, AdventError):
        return error
    if isinstance(error, click.Abort | KeyboardInterrupt):
        return InterruptionError()
    if isinstance(error, click.UsageError) and error.ctx:
        return UsageError(error.format_message(), hint=f"`{error.ctx.command_path} --help`")
    if isinstance(error, click.ClickException):
        return UsageError(error.format_message())
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EIO):
        return AdventError("cannot write the output", why=error.strerror or "")
    from advent_cli.aws.aws_errors import explain

    return (explain(error) if isinstance(error, Exception) else None) or of_file(error)
