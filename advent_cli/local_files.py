"""The files of the local engine: where it runs, the keys of its root user, and whether it has saved what it holds."""

import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

from advent_cli.errors import TargetError


@dataclass(frozen=True)
class Record:
    """What an engine's process writes about itself. An engine of advent 0.1 has no keys."""

    pid: int
    port: int
    access_key: str = ""
    secret_key: str = field(default="", repr=False)


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
    """Where the engine writes its log."""
    return home() / "engine.log"


def log_lines(number: int) -> list[str]:
    """The last lines of the engine's log, since it was last started."""
    text = log_file().read_text(encoding="utf-8", errors="replace") if log_file().exists() else ""
    return text.splitlines()[-number:]


def record(folder: Path) -> Record | None:
    """What the engine that runs, or ran last, wrote about itself; None if there is nothing that can be read."""
    try:
        found = json.loads((folder / "engine.json").read_text(encoding="utf-8"))
        keys = str(found.get("access_key", "")), str(found.get("secret_key", ""))
        return Record(int(found["pid"]), int(found["port"]), *keys)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


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
    """Note that from now on the engine holds what is not saved."""
    (folder / "unsaved").touch(mode=0o600)


def end_unsaved(folder: Path) -> None:
    """Note that all is saved."""
    (folder / "unsaved").unlink(missing_ok=True)


def lost() -> str:
    """What is to be said before the next start if the engine ended without saving; nothing if it did save."""
    if not (home() / "unsaved").exists():
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
