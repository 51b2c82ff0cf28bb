"""The files of the local engine: where it runs, the keys of its root user, and whether it has saved what it holds."""

import json
import os
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import platformdirs

from advent_cli.errors import TargetError

KEYS = re.compile(r":|AKIA[A-Z2-7]{16}:[A-Za-z0-9+/]{40}")


@dataclass(frozen=True)
class Record:
    """What an engine's process writes about itself. An engine of advent 0.1 has no keys."""

    pid: int
    port: int
    access_key: str = ""
    secret_key: str = field(default="", repr=False)

    @property
    def is_valid(self) -> bool:
        """Whether a process can have written it."""
        keys = KEYS.fullmatch(f"{self.access_key}:{self.secret_key}")
        return 0 < self.pid < 2**31 and 0 < self.port < 2**16 and keys is not None


def home() -> Path:
    """The directory of the engine's state, temporary files and log; for this user alone."""
    path = Path(platformdirs.user_state_dir("advent", appauthor=False)) / "engine"
    try:
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o700)
    except OSError as error:
        raise TargetError(f"cannot use {path} for the local engine", why=error.strerror or "") from None
    return path


def log_file() -> Path:
    """Where the engine writes its log; not where advent 0.1 has its own, which it empties when it starts one."""
    return home() / "local.log"


def temporary(folder: Path) -> Path:
    """Where the engine has the code of its functions; 0.1 empties its own, and not this one."""
    return folder / "functions"


def log_lines(number: int) -> list[str]:
    """The last lines of the engine's log, since it was last started."""
    text = log_file().read_text(encoding="utf-8", errors="replace") if log_file().exists() else ""
    return text.splitlines()[-number:]


def record(folder: Path) -> Record | None:
    """What the engine that runs, or ran last, wrote about itself; None if there is nothing that can be read."""
    try:
        found = msgspec.json.decode((folder / "engine.json").read_bytes(), type=Record)
    except (OSError, ValueError, RecursionError):  # msgspec's errors are ValueErrors
        return None
    return found if found.is_valid else None


def keep(folder: Path, now: Record) -> None:
    """Write the record, whole or not at all, for this user's eyes only."""
    part = folder / "engine.json.part"
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        json.dump(vars(now), out)
    part.replace(folder / "engine.json")


def since() -> str:
    """When the engine that runs was started, in local time."""
    return _clock((home() / "engine.json").stat().st_mtime)


def begin_unsaved(folder: Path) -> None:
    """Note that from this moment on the engine holds what is not saved."""
    (folder / "unsaved").touch(mode=0o600)


def is_unsaved(folder: Path) -> bool:
    """Whether the engine holds what is not saved, or has ended with it; of one of advent 0.1 that is not known."""
    last = record(folder)
    return (folder / "unsaved").exists() and (last is None or last.access_key != "")


def end_unsaved(folder: Path) -> None:
    """Note that all is saved."""
    (folder / "unsaved").unlink(missing_ok=True)


def lost() -> str:
    """What is to be said before the next start if the engine ended without saving; nothing if it did save."""
    if not is_unsaved(home()):
        return ""
    saved = saves(home())
    counts = f"the counts are those of {_clock(max(saved.values()))}" if saved else "nothing was ever saved"
    return f"the local engine ended without saving: {counts}"


def saves(folder: Path) -> dict[str, float]:
    """The files of the saved state, and when each was written."""
    found: dict[str, Any] = {file.name: file for file in (folder / "state").glob("*.json")}
    return {name: file.stat().st_mtime for name, file in found.items()}


def _clock(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))
