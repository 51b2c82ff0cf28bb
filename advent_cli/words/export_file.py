"""The file an export goes to: a regular file appears whole or not at all; a pipe or a device is written to as it is."""

import errno
import os
import re
import shlex
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from advent_cli.errors import AdventError, RefusedError, UsageError
from advent_cli.words import scratch_folder

NOTHING = "nothing was deleted"
NO_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS)  # pipes and many devices cannot be synced


@dataclass(frozen=True)
class ExportFile:
    """Where an export goes: the path as it was given, and whether a regular file that is there may be overwritten."""

    given: Path
    overwrite: bool = False

    def check(self) -> None:
        """Raise what would keep an export from being written, before anything is asked or deleted."""
        with self._told():
            now = _status(self.given)
        if self._is_stream(now):
            return
        if now and stat.S_ISDIR(now.st_mode):  # also of no name at all, which is the directory that we are in
            raise self._error("it is a directory")
        if now and not self.overwrite:
            raise self._refusal()
        folder = self._target().parent
        if not folder.is_dir():
            raise self._error(f"there is no directory {folder}")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise self._error(f"no permission to write in {folder}")

    def write(self, lines: Iterable[str]) -> int:
        """Write the lines; the number of them, once they are on the disk, or handed to whoever reads the pipe."""
        with self._told():
            if self._is_stream(_status(self.given)):
                return self._pour(lines)
            return self._place(lines)

    def _pour(self, lines: Iterable[str]) -> int:
        number = _own_descriptor(self.given)
        opened = os.open(self.given, os.O_WRONLY) if number is None else os.dup(number)
        with open(opened, "w", encoding="utf-8") as out:
            return _written(out, lines)

    def _place(self, lines: Iterable[str]) -> int:
        target = self._target()
        with scratch_folder.part_of(target) as part:
            with part.open("x", encoding="utf-8") as out:
                written = _written(out, lines)
            with part.open("rb") as back:
                there = sum(1 for _ in back)
            if there != written:
                raise self._error(f"of {written} lines {there} are in the file")
            self._put(part, target)
        _sync_directory(target.parent)
        return written

    def _put(self, part: Path, target: Path) -> None:
        """Give the finished file its name; unless it may, over nothing that appeared while it was written."""
        if self.overwrite:
            if now := _status(target):
                part.chmod(stat.S_IMODE(now.st_mode))
            part.replace(target)
            return
        try:
            os.link(part, target)
        except FileExistsError:
            raise self._refusal() from None
        except OSError:  # a file system without links
            try:
                target.touch(exist_ok=False)
            except FileExistsError:
                raise self._refusal() from None
            part.replace(target)

    def _target(self) -> Path:
        """Where the regular file is to be: a link stays one, and what it points to is written."""
        return Path(os.path.realpath(self.given))

    def _is_stream(self, now: os.stat_result | None) -> bool:
        """Whether it is written to as it is: a pipe, a device, or a file that the shell has opened for us."""
        if now is None or stat.S_ISDIR(now.st_mode):
            return False
        return not stat.S_ISREG(now.st_mode) or _own_descriptor(self.given) is not None

    def _refusal(self) -> RefusedError:
        command = f"advent down --export {shlex.quote(str(self.given))} --force"
        hint = f"name another file, or overwrite it with `{command}`"
        return RefusedError(f"{self.given} exists", why=NOTHING, hint=hint)

    def _error(self, why: str) -> AdventError:
        return AdventError(f"cannot write {self.given}", why=f"{why}; {NOTHING}")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What the operating system refuses, in words."""
        try:
            yield
        except OSError as error:
            raise self._error(error.strerror or str(error)) from None


def chosen(path: Path | None, *, force: bool) -> ExportFile | None:
    """What --export and --force say, of which is known that it can be written; None without --export."""
    if path is None:
        if force:
            raise UsageError("--force overwrites the FILE of --export, and there is no --export")
        return None
    file = ExportFile(path, overwrite=force)
    file.check()
    return file


def refuse_stdout(path: Path | None) -> None:
    """Raise UsageError if the file is what stdout goes to, where the words would be mixed with a JSON document."""
    try:
        now = _status(path) if path else None
    except OSError:  # which `chosen` reports
        return
    if now and os.path.samestat(now, os.fstat(1)):
        raise UsageError(f"--export {path} is stdout, where the JSON document goes", hint="name a file")


def _status(path: Path) -> os.stat_result | None:
    """What the path leads to; None if there is nothing."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _own_descriptor(path: Path) -> int | None:
    """The number of the open file of ours that a path stands for, as /dev/stdout or /dev/fd/63 do; None for others.

    Such a file is written on where it stands; opened anew, a regular one would be written from its beginning.
    """
    while True:
        folder = Path(os.path.realpath(path.parent))
        if re.fullmatch(rf"/dev/fd|/proc/{os.getpid()}/fd", str(folder)) and path.name.isdecimal():
            return int(path.name)
        if not path.is_symlink():
            return None
        path = folder / path.readlink()


def _written(out: TextIO, lines: Iterable[str]) -> int:
    """Write the lines, and wait until they are on the disk; the number of them."""
    number = 0
    for line in lines:
        out.write(f"{line}\n")
        number += 1
    out.flush()
    _sync(out.fileno())
    return number


def _sync(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in NO_SYNC:
            raise


def _sync_directory(folder: Path) -> None:
    """Wait until the names in a directory are on the disk."""
    if sys.platform == "win32":  # where a directory cannot be opened
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        _sync(descriptor)
    finally:
        os.close(descriptor)
