"""What advent keeps on this machine, and how it is deleted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from advent_cli.local import files, lifecycle
from advent_cli.output import crash_report
from advent_cli.packaging import installation

if TYPE_CHECKING:
    from pathlib import Path

    from advent_cli.cli.options import Options


@dataclass(frozen=True)
class Kept:
    """A path, what is there, and the function that deletes it, with folders that are empty afterwards."""

    path: Path
    what: str
    delete: Callable[[], None]


def kept_files(options: Options) -> list[Kept]:
    """All that is there now."""
    kept, home = [], files.home_path()
    if (home / files.STARTING_LOCK).exists() or files.own_files():
        what = "the local engine: what you built, its word counts and keys, and its log, with what was posted"
        kept.append(Kept(home, what, partial(lifecycle.reset, options.report.note)))
    kept += [Kept(file, "the traceback of a bug", partial(_delete, file)) for file in crash_report.files()]
    if (cache := installation.cache()).exists():
        kept.append(Kept(cache, "packages that functions need", partial(_delete, cache)))
    return kept


def _delete(path: Path) -> None:
    files.delete(path)
    files.delete_empty(path.parent)
