"""The errors that people see (what happened, why, what to do next) and the exit codes. Anything else is a bug."""

import os

DONE, FAILED, USAGE, UNREACHABLE, REFUSED, DIFFERENT, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130

RELEASE = "delete it there, or choose another name in config.yaml"
SEE_STATUS = "check that everything is deployed with `advent status`; `advent logs --errors` may show more"


class AdventError(Exception):
    """An error that a person can act on.

    `what` is one sentence, `why` the cause as AWS or the operating system words it, `hint` the next thing to try.
    `exit_code` is what the process ends with.
    """

    exit_code = FAILED

    def __init__(self, what: str, *, why: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.what}: {self.why}" if self.why else self.what


def of_file(error: BaseException) -> AdventError | None:
    """The error of a file that cannot be used, in words; None for any other error."""
    if not isinstance(error, OSError) or error.filename is None or isinstance(error.filename, int):
        return None
    name = os.fsdecode(error.filename).encode(errors="replace").decode()
    return AdventError(f"cannot use {name}", why=error.strerror or str(error))


class UsageError(AdventError):
    """The command line or the input is wrong."""

    exit_code = USAGE


class ConfigError(UsageError):
    """config.yaml, or a file that it names, is wrong."""


class TargetError(AdventError):
    """The target cannot be reached, or it rejects the credentials."""

    exit_code = UNREACHABLE


class RefusedError(AdventError):
    """The command was not confirmed, or a resource in the way is not managed by this stack."""

    exit_code = REFUSED


class InterruptionError(AdventError):
    """Ctrl-C or a signal ended the command."""

    exit_code = INTERRUPTED

    def __init__(self) -> None:
        super().__init__("interrupted", hint="run the same command again to finish")


class UsesForeignError(RefusedError):
    """A resource is useless without another one that this stack does not manage."""

    def __init__(self, title: str) -> None:
        super().__init__(f"{title} is not managed by this stack")


class ForeignError(RefusedError):
    """A resource has the wanted name, but does not belong to this stack.

    `manager` says whose it is if it can never be this stack's, as in `CloudFormation stack web`.
    """

    def __init__(self, key: str, title: str, arn: str, made: str = "", manager: str = "") -> None:
        import shlex

        since = f", {made}" if made else ""
        adopt = f"choose another name in config.yaml, or take over this one with `advent up --adopt {shlex.quote(key)}`"
        super().__init__(
            f"{title} exists but is not managed by this stack ({arn}{since})",
            why=f"{manager} manages it" if manager else "",
            hint=RELEASE if manager else adopt,
        )
        self.manager = manager
