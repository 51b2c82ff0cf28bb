"""The files of the local engine: its port and root keys, its log, and whether it has saved its state."""

import json
import os
import re
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import platformdirs

from advent_cli.errors import TargetError

KEYS = re.compile(r":|AKIA[A-Z2-7]{16}:[A-Za-z0-9+/]{40}")

OWN = (
    "state",
    "functions",
    "tmp",
    "local.log",
    "engine.log",
    "unsaved",
    "engine.json",
    "engine.json.part",
    "running.lock",
)
STARTING_LOCK = "starting.lock"


@dataclass(frozen=True)
class Record:
    """The process of an engine, as in engine.json. An engine of advent 0.1 has no keys."""

    pid: int
    port: int
    access_key: str = ""
    secret_key: str = field(default="", repr=False)

    @property
    def is_valid(self) -> bool:
        """Whether an engine can have written it."""
        keys = KEYS.fullmatch(f"{self.access_key}:{self.secret_key}")
        return 0 < self.pid < 2**31 and 0 < self.port < 2**16 and keys is not None


def home() -> Path:
    """The directory of the engine's state, temporary files and log, private to this user."""
    path = home_path()
    try:
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o700)
    except OSError as error:
        raise TargetError(f"cannot use {path} for the local engine", why=error.strerror or "") from None
    return path


def home_path() -> Path:
    """The path of home(), which may not exist."""
    try:
        return Path(platformdirs.user_state_dir("advent", appauthor=False)) / "engine"
    except RuntimeError:  # no HOME, and no entry in the system's list of users
        hint = "set HOME or XDG_STATE_HOME to a folder that you can write"
        raise TargetError("there is no home directory for the local engine's state", hint=hint) from None


def own_files() -> list[Path]:
    """What engines of this version and of 0.1 have left in home(), without the lock for starting."""
    return [path for name in OWN if os.path.lexists(path := home_path() / name)]


def delete(path: Path) -> None:
    """Delete a file, a folder with all that is in it, or a link but not what it leads to."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def delete_empty(folder: Path) -> None:
    """Delete the folder if nothing is in it, and those around it, up to advent's own."""
    with suppress(OSError):
        for each in (folder, *folder.parents):
            each.rmdir()
            if each.name == "advent":
                break


def log_file() -> Path:
    """The engine's log file; not the one of advent 0.1, which truncates its own whenever it starts an engine."""
    return home() / "local.log"


def temp_folder(folder: Path) -> Path:
    """Where the engine keeps the code of its functions; not the folder that advent 0.1 deletes."""
    return folder / "functions"


def log_lines(number: int) -> list[str]:
    """The last lines of the log since the engine's last start."""
    text = log_file().read_text(encoding="utf-8", errors="replace") if log_file().exists() else ""
    return text.splitlines()[-number:] if number else []


def read_record(folder: Path) -> Record | None:
    """The record of the engine that runs, or ran last; None if it is missing or invalid."""
    try:
        record = msgspec.json.decode((folder / "engine.json").read_bytes(), type=Record)
    except (OSError, ValueError, RecursionError):  # msgspec's errors are ValueErrors
        return None
    return record if record.is_valid else None


def write_record(folder: Path, record: Record) -> None:
    """Write the record atomically, readable by this user only."""
    part = folder / "engine.json.part"
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        json.dump(vars(record), out)
    part.replace(folder / "engine.json")


def started_at() -> str:
    """When the running engine was started, in local time."""
    return _local_time((home() / "engine.json").stat().st_mtime)


def mark_unsaved(folder: Path) -> None:
    """Record that from now on the engine has unsaved state."""
    (folder / "unsaved").touch(mode=0o600)


def is_unsaved(folder: Path) -> bool:
    """Whether the engine has, or ended with, unsaved state; False for one of advent 0.1, where it is unknown."""
    last = read_record(folder)
    return (folder / "unsaved").exists() and (last is None or last.access_key != "")


def mark_saved(folder: Path) -> None:
    """Record that all state is saved."""
    (folder / "unsaved").unlink(missing_ok=True)


def unsaved_warning() -> str:
    """The warning before the next start if the engine stopped without saving; empty if it saved."""
    if not is_unsaved(home()):
        return ""
    saved = saved_files(home())
    state = f"its state is that of {_local_time(max(saved.values()))}" if saved else "it never saved its state"
    return f"the local engine stopped without saving: {state}"


def saved_files(folder: Path) -> dict[str, float]:
    """The names of the files of the saved state, and when each was written."""
    return {file.name: file.stat().st_mtime for file in (folder / "state").glob("*.json")}


def _local_time(timestamp: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(timestamp))
