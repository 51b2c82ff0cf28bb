"""A place beside a file where it can be written before it gets its name; what a killed run left there is removed."""

import os
import re
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

PREFIX, LOCK, PART = ".advent-export-", "lock", "part"
MARK = "advent down --export writes in this directory, and the next export removes it if this one was killed\n"
OLD_NAME = re.compile(r"\.advent-[a-z0-9_]{8}")  # as 0.1 made them, which held no lock
OLD_AGE = 3600  # seconds since such a one, or one without a mark, was last written to


@contextmanager
def part_of(target: Path) -> Iterator[Path]:
    """A path to write what will be `target` to, on the same file system; gone afterwards, unless it was moved.

    While this is entered, its directory holds a locked file: one whose lock can be taken is of a run that was killed.
    """
    for other in target.parent.glob(".advent-*"):
        with suppress(OSError):  # it belongs to somebody else, or is gone
            if other.name.startswith(PREFIX):
                _remove_if_killed(other)
            elif _is_old(other, target.name):
                shutil.rmtree(other)
    folder = Path(tempfile.mkdtemp(dir=target.parent, prefix=PREFIX))
    try:
        with (folder / LOCK).open("x") as lock:
            _take(lock)
            lock.write(MARK)  # only now, so that nobody takes it for that of a killed run before it is locked
            lock.flush()
            yield folder / PART
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _take(lock: TextIO) -> bool:
    """Lock the file; False if another process has locked it, or if that cannot be told."""
    if sys.platform == "win32":
        return False
    import fcntl

    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _remove_if_killed(folder: Path) -> None:
    """Remove a directory of ours that no living process has locked; raises OSError if it is none of ours."""
    now = folder.lstat()
    names = {*os.listdir(folder)}
    is_unmarked = _is_private(now) and time.time() - now.st_mtime >= OLD_AGE and names <= {LOCK}
    if is_unmarked and not names:  # its run was killed before it could make the lock
        return folder.rmdir()
    if not stat.S_ISDIR(now.st_mode) or not {LOCK} <= names <= {LOCK, PART}:
        return None
    if not stat.S_ISREG((folder / LOCK).lstat().st_mode):
        return None
    with (folder / LOCK).open("r+") as lock:
        marked = lock.read(len(MARK) + 1)
        if (marked == MARK or (is_unmarked and not marked)) and _take(lock):
            shutil.rmtree(folder)
    return None


def _is_private(now: os.stat_result) -> bool:
    """Whether it is a directory for its owner alone, as `mkdtemp` makes them."""
    return stat.S_ISDIR(now.st_mode) and stat.S_IMODE(now.st_mode) == stat.S_IRWXU


def _is_old(folder: Path, name: str) -> bool:
    """Whether it is what an export of 0.1 to a file of this name left, and has not been written to for long."""
    now = folder.lstat()
    if not (OLD_NAME.fullmatch(folder.name) and _is_private(now) and os.listdir(folder) == [name]):
        return False
    part = (folder / name).lstat()
    if not stat.S_ISREG(part.st_mode) or time.time() - part.st_mtime < OLD_AGE:
        return False
    with (folder / name).open("rb") as lines:
        return lines.readline(100).startswith(b'{"word": ') or part.st_size == 0
