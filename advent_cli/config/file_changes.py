"""Watches the files of an app for changes."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from advent_cli.config import config_file
from advent_cli.errors import ConfigError
from advent_cli.packaging import folder

POLL = 0.3  # seconds; an editor may take that long to write several files

State = dict[Path, tuple[int, int]]


def changes(file: Path, before: State, sleep: Callable[[float], None] = time.sleep) -> Iterator[str]:
    """Yield the name of a changed file each time that config.yaml or a file of the handlers changes after `before`.

    Waits until the files stop changing, so that several files saved together are one change.
    """
    while True:
        sleep(POLL)
        now = state(file)
        if now == before:
            continue
        changed = sorted(str(path) for path, _ in now.items() ^ before.items())[0]
        later = before
        while later != now:
            sleep(POLL)
            now, later = state(file), now
        before = now
        yield changed


def state(file: Path) -> State:
    """The time and size of config.yaml, and of each file of the handlers or where links lead, except what vanishes."""
    files, handlers = {}, _handlers(file)
    for path in [file, *folder.watched(handlers, folder.boundary(file.parent, handlers))]:
        try:
            stat = path.stat()
        except OSError:
            continue
        files[path] = (stat.st_mtime_ns, stat.st_size)
    return files


def _handlers(file: Path) -> Path:
    """The folder of the handlers; the default one while config.yaml cannot be read."""
    try:
        return config_file.handlers_folder(file)
    except ConfigError:
        return file.parent / "handlers"
