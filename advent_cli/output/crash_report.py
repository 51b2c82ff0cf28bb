"""What is left of a bug: its traceback in a file for whoever mends it, without the secrets that were at hand."""

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

KEPT = 5  # files


@dataclass(frozen=True)
class Remains:
    """What is known of a bug, without secrets; `where` its traceback is kept, nothing if it cannot be."""

    problem: str
    traceback: str
    where: str


def remains(error: BaseException, secrets: Iterable[str]) -> Remains:
    """Keep the traceback of a bug, without the values of variables, in a file."""
    secrets = known_secrets(os.environ, secrets)
    told = redact("".join(traceback.TracebackException.from_exception(error).format()), secrets)
    problem = " ".join(redact(f"{type(error).__name__}: {error}", secrets).split())[:300]
    try:
        where = str(_keep(f"advent on Python {platform.python_version()}, {platform.platform()}\n\n{told}"))
    except Exception as failure:  # whatever it is, the bug must still be told
        return Remains(f"{problem} (and its traceback cannot be kept: {failure})", told, "")
    return Remains(problem, told, where)


def show(error: BaseException, secrets: Iterable[str], *, verbose: bool) -> None:
    """Say on stderr what happened, where the traceback is, and what to do next.

    The traceback itself is shown if the run is `verbose`, or if there is no way to keep it.
    """
    left = remains(error, secrets)
    if verbose or not left.where:
        err(left.traceback.rstrip())
    kept = f"in {left.where}" if left.where else "above"
    err(
        f"error: this is a mistake in advent: {left.problem}\n"
        f"  the traceback, without secrets, is {kept}\n"
        "  try: the same command once more; if it fails again, report it with that text"
    )


def _keep(text: str) -> Path:
    """Write a file that only this user can read, and leave only the latest few."""
    import platformdirs

    folder = Path(platformdirs.user_log_dir("advent", appauthor=False))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    opened, name = tempfile.mkstemp(".txt", f"crash-{time.strftime('%Y%m%d-%H%M%S')}-", folder)
    with open(opened, "w", encoding="utf-8", errors="replace") as out:
        out.write(text)
    for old in sorted(folder.glob("crash-*.txt"))[:-KEPT]:  # their names are their times
        old.unlink(missing_ok=True)
    return Path(name)
