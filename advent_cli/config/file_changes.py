"""Tells when the files of an app have changed."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from advent_cli.config import config_file
from advent_cli.errors import ConfigError

PAUSE = 0.3  # seconds between two looks; an editor may take as long to write several files


State = dict[Path, tuple[int, int]]


def changes(file: Path, before: State, sleep: Callable[[float], None] = time.sleep) -> Iterator[str]:
    """Yield the name of a changed file each time that config.yaml, or a file of the handlers, is another than `before`.

    Waits until nothing changes any more, so that several files saved together are one change.
    """
    while True:
        sleep(PAUSE)
        now = state(file)
        if now == before:
            continue
        changed = sorted(str(path) for path, _ in now.items() ^ before.items())[0]
        later = before
        while later != now:
            sleep(PAUSE)
            now, later = state(file), now
        before = now
        yield changed


def state(file: Path) -> State:
    """config.yaml and each file of the handlers, with its time and size; what vanishes meanwhile is left out."""
    found = {}
    for path in [file, *_handlers(file).rglob("*")]:
        try:
            stat = path.stat()
        except OSError:
            continue
        if path.is_file() and "__pycache__" not in path.parts:
            found[path] = (stat.st_mtime_ns, stat.st_size)
    return found


def _handlers(file: Path) -> Path:
    """The folder of the handlers; the usual one as long as config.yaml cannot be read."""
    try:
        return config_file.handlers_folder(file)
    except ConfigError:
        return file.parent / "handlers"
