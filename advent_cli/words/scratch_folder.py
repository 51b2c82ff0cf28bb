"""A temporary directory beside a file or folder, to write that in before it gets its name; removes killed exports'."""

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
MARK = "advent writes an export in this directory, and the next export removes it if this one was killed\n"
OLD_NAME = re.compile(r"\.advent-[a-z0-9_]{8}")  # the directories of release 0.1, which hold no lock
OLD_AGE = 3600  # seconds since the last write, after which a directory of 0.1 or one without a mark is removed


@contextmanager
def part_file(target: Path) -> Iterator[Path]:
    """Yield a path to write the contents of `target` to, on the same file system; removed on exit unless moved.

    Until then its directory holds a locked file. If another process can take that lock, the export was killed.
    """
    for other in target.parent.glob(".advent-*"):
        with suppress(OSError):  # another user's, or already gone
            if other.name.startswith(PREFIX):
                _remove_if_killed(other)
            elif _is_old(other, target.name):
                shutil.rmtree(other)
    folder = Path(tempfile.mkdtemp(dir=target.parent, prefix=PREFIX))
    try:
        with (folder / LOCK).open("x") as lock:
            _take(lock)
            lock.write(MARK)  # after locking: an unlocked file with the mark is taken for that of a killed export
            lock.flush()
            yield folder / PART
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _take(lock: TextIO) -> bool:
    """Lock the file; return False if another process holds the lock, or the platform or file system has none."""
    if sys.platform == "win32":
        return False
    import fcntl

    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _remove_if_killed(folder: Path) -> None:
    """Remove an export's directory unless a living process locks it; raises OSError for some other directories."""
    now = folder.lstat()
    names = {*os.listdir(folder)}
    is_unmarked = _is_private(now) and time.time() - now.st_mtime >= OLD_AGE and names <= {LOCK}
    if is_unmarked and not names:  # killed before it created the lock
        return folder.rmdir()
    if not stat.S_ISDIR(now.st_mode) or not {LOCK} <= names <= {LOCK, PART}:
        return None
    if not stat.S_ISREG((folder / LOCK).lstat().st_mode):
        return None
    with (folder / LOCK).open("r+") as lock:
        mark = lock.read(len(MARK) + 1)
        if (mark == MARK or (is_unmarked and not mark)) and _take(lock):
            shutil.rmtree(folder)
    return None


def _is_private(now: os.stat_result) -> bool:
    """Whether it is a directory that only its owner can use, as `mkdtemp` creates them."""
    return stat.S_ISDIR(now.st_mode) and stat.S_IMODE(now.st_mode) == stat.S_IRWXU


def _is_old(folder: Path, name: str) -> bool:
    """Whether a killed export of release 0.1 to a file of this name left the directory, OLD_AGE or longer ago."""
    now = folder.lstat()
    if not (OLD_NAME.fullmatch(folder.name) and _is_private(now) and os.listdir(folder) == [name]):
        return False
    part = (folder / name).lstat()
    if not stat.S_ISREG(part.st_mode) or time.time() - part.st_mtime < OLD_AGE:
        return False
    with (folder / name).open("rb") as lines:
        return lines.readline(100).startswith(b'{"word": ') or part.st_size == 0
