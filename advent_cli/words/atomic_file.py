"""The file of an export: a regular file appears complete or not at all; a pipe or device is written to directly."""

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
    """Where an export goes: the path as given, and whether it may overwrite an existing regular file."""

    given: Path
    overwrite: bool = False

    def check(self) -> None:
        """Raise an error if the export cannot be written, before anything is asked or deleted."""
        with self._os_errors():
            now = _status(self.given)
        if self._is_stream(now):
            return
        if now and stat.S_ISDIR(now.st_mode):  # an empty path, too, is the current directory
            raise self._error("it is a directory")
        if now and not self.overwrite:
            raise self._refusal()
        folder = self._target().parent
        if not folder.is_dir():
            raise self._error(f"there is no directory {folder}")
        if not os.access(folder, os.W_OK | os.X_OK):
            raise self._error(f"no permission to write in {folder}")

    def write(self, lines: Iterable[str]) -> int:
        """Write the lines, and return their number once they are on the disk or handed to the pipe's reader."""
        with self._os_errors():
            if self._is_stream(_status(self.given)):
                return self._write_stream(lines)
            return self._write_file(lines)

    def _write_stream(self, lines: Iterable[str]) -> int:
        number = _own_descriptor(self.given)
        opened = os.open(self.given, os.O_WRONLY) if number is None else os.dup(number)
        with open(opened, "w", encoding="utf-8") as out:
            return _write(out, lines)

    def _write_file(self, lines: Iterable[str]) -> int:
        target = self._target()
        with scratch_folder.part_file(target) as part:
            with part.open("x", encoding="utf-8") as out:
                written = _write(out, lines)
            with part.open("rb") as back:
                read = sum(1 for _ in back)
            if read != written:
                raise self._error(f"only {read} of {written} lines are in the file")
            self._move(part, target)
        _sync_directory(target.parent)
        return written

    def _move(self, part: Path, target: Path) -> None:
        """Give the finished file its name; without `overwrite`, refuse if the name was taken meanwhile."""
        if self.overwrite:
            if now := _status(target):
                part.chmod(stat.S_IMODE(now.st_mode))
            part.replace(target)
            return
        try:
            os.link(part, target)
        except FileExistsError:
            raise self._refusal() from None
        except OSError:  # a file system without hard links
            try:
                target.touch(exist_ok=False)
            except FileExistsError:
                raise self._refusal() from None
            part.replace(target)

    def _target(self) -> Path:
        """The path of the regular file, with symbolic links resolved, so that a link stays a link."""
        return Path(os.path.realpath(self.given))

    def _is_stream(self, now: os.stat_result | None) -> bool:
        """Whether to write to it directly: a pipe, a device, or a file that the shell has opened for this process."""
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
    def _os_errors(self) -> Iterator[None]:
        """Raise an OSError as an AdventError."""
        try:
            yield
        except OSError as error:
            raise self._error(error.strerror or str(error)) from None


def from_options(path: Path | None, *, force: bool) -> ExportFile | None:
    """The checked file of --export and --force; None without --export."""
    if path is None:
        if force:
            raise UsageError("--force needs --export", why="it overwrites the FILE of --export")
        return None
    file = ExportFile(path, overwrite=force)
    file.check()
    return file


def refuse_stdout(path: Path | None) -> None:
    """Raise UsageError if the file is stdout, where the words would mix with a JSON document."""
    try:
        now = _status(path) if path else None
    except OSError:  # `from_options` reports it
        return
    if now and os.path.samestat(now, os.fstat(1)):
        raise UsageError(f"--export {path} is stdout, where the JSON document goes", hint="name a file")


def _status(path: Path) -> os.stat_result | None:
    """The status of what the path leads to; None if nothing exists there."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _own_descriptor(path: Path) -> int | None:
    """The descriptor of this process that a path such as /dev/stdout or /dev/fd/63 stands for; None for others.

    Writing to a descriptor continues at its position; opening a regular file anew would start from its beginning.
    """
    while True:
        folder = Path(os.path.realpath(path.parent))
        if re.fullmatch(rf"/dev/fd|/proc/{os.getpid()}/fd", str(folder)) and path.name.isdecimal():
            return int(path.name)
        if not path.is_symlink():
            return None
        path = folder / path.readlink()


def _write(out: TextIO, lines: Iterable[str]) -> int:
    """Write the lines, wait until they are on the disk, and return their number."""
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
    if sys.platform == "win32":  # cannot open a directory
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        _sync(descriptor)
    finally:
        os.close(descriptor)
