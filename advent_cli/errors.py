"""The errors shown to people: what happened, why, what to do next. Anything else is a bug and keeps its traceback."""

DONE, FAILED, USAGE, UNREACHABLE, REFUSED, DIFFERENT, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130

SEE_STATUS = "`advent status` shows whether everything is there; the functions' logs may say more"


class AdventError(Exception):
    """Something a person can act on.

    `what` is one sentence, `why` the cause in the words of whoever refused (AWS, the file system), `hint` the next
    thing to try. `exit_code` is what the process ends with.
    """

    exit_code = FAILED

    def __init__(self, what: str, *, why: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.what}: {self.why}" if self.why else self.what


class UsageError(AdventError):
    """What was given to us cannot be meant."""

    exit_code = USAGE


class ConfigError(UsageError):
    """config.yaml, or what it points at, is wrong."""


class TargetError(AdventError):
    """The target cannot be reached, or it does not accept who we are."""

    exit_code = UNREACHABLE


class RefusedError(AdventError):
    """We did not do it: not confirmed, or something in the way is not ours."""

    exit_code = REFUSED


class InterruptionError(AdventError):
    """The person ended it, or a signal did."""

    exit_code = INTERRUPTED

    def __init__(self) -> None:
        super().__init__("interrupted", hint="run the same command again to finish")


class UsesForeignError(RefusedError):
    """A resource of ours that can do nothing without one that is not ours."""

    def __init__(self, title: str) -> None:
        super().__init__(f"{title} is not ours")


class ForeignError(RefusedError):
    """A resource bears the wanted name, but not our tag."""

    def __init__(self, key: str, title: str, arn: str, made: str = "") -> None:
        import shlex

        since = f", {made}" if made else ""
        adopt = f"advent up --adopt {shlex.quote(key)}"
        super().__init__(
            f"{title} exists and belongs to someone else ({arn}{since})",
            hint=f"give ours another name in config.yaml, or make this one ours with `{adopt}`",
        )
