"""Crash reports: the traceback of a bug, without known secrets, in a file to attach to a bug report."""

import os
import platform
import tempfile
import time
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from advent_cli.aws.redaction import known_secrets, redact
from advent_cli.output.stream import err

MAX_FILES = 5


@dataclass(frozen=True)
class CrashReport:
    """A bug without secrets; `file` holds the traceback, and is empty if no file can be written."""

    problem: str
    traceback: str
    file: str


def write(error: BaseException, secrets: Iterable[str]) -> CrashReport:
    """Write the traceback of a bug to a file, without the values of variables."""
    secrets = known_secrets(os.environ, secrets)
    text = redact("".join(traceback.TracebackException.from_exception(error).format()), secrets)
    problem = " ".join(redact(f"{type(error).__name__}: {error}", secrets).split())[:300]
    try:
        file = str(_save(f"advent on Python {platform.python_version()}, {platform.platform()}\n\n{text}"))
    except Exception as failure:  # the bug must be reported all the same
        return CrashReport(f"{problem} (and its traceback cannot be saved: {failure})", text, "")
    return CrashReport(problem, text, file)


def show(error: BaseException, secrets: Iterable[str], *, verbose: bool) -> None:
    """Print to stderr what happened, where the traceback is, and what to do next.

    `verbose` prints the traceback too; so does a failure to save it.
    """
    report = write(error, secrets)
    if verbose or not report.file:
        err(report.traceback.rstrip())
    place = f"in {report.file}" if report.file else "above"
    err(
        f"error: this is a bug in advent: {report.problem}\n"
        f"  the traceback, without secrets, is {place}\n"
        "  try: the same command again; if it still fails, report the bug with that traceback"
    )


def files() -> list[Path]:
    """The files that were written and are still there, the oldest first."""
    return sorted(_folder().glob("crash-*.txt"))  # file names sort by time


def _folder() -> Path:
    import platformdirs

    return Path(platformdirs.user_log_dir("advent", appauthor=False))


def _save(text: str) -> Path:
    """Write a file that only this user can read; delete all but the newest few."""
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    opened, name = tempfile.mkstemp(".txt", f"crash-{time.strftime('%Y%m%d-%H%M%S')}-", folder)
    with open(opened, "w", encoding="utf-8", errors="replace") as out:
        out.write(text)
    for old in files()[:-MAX_FILES]:
        old.unlink(missing_ok=True)
    return Path(name)
