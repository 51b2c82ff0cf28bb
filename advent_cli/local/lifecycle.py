"""Finds, starts and stops the local engine: a MiniStack in a background process, one per user."""

import time
from collections.abc import Callable

from advent_cli.aws.retry import ignore
from advent_cli.errors import TargetError
from advent_cli.local import engine_process, files
from advent_cli.local.files import home as home
from advent_cli.local.files import home_path as home_path
from advent_cli.local.files import log_file as log_file
from advent_cli.local.files import log_lines as log_lines
from advent_cli.local.files import started_at as started_at
from advent_cli.local.probe import PAUSE, find_responding, is_alive, require_packages
from advent_cli.local.probe import Engine as Engine

NOTIFY_AFTER, RESPOND_WITHIN = 1, 60  # seconds for a running engine that is busy, or frozen, to respond
Notify = Callable[[str], None]


def find(notify: Notify = ignore) -> Engine | None:
    """The running engine of this user, if any; the files of one that died do not count.

    Waits for a running engine to respond; raises TargetError if that takes too long.
    """
    start_time, notified = time.monotonic(), False
    while is_alive():
        if engine := find_responding():
            return engine
        waited = time.monotonic() - start_time
        if waited > RESPOND_WITHIN:
            raise TargetError(
                "the local engine does not respond",
                why=f"its process is running, but {_silence(waited)}",
                hint="see what it does with `advent local logs`; its state is not lost while it runs",
            )
        if waited > NOTIFY_AFTER and not notified:
            notify("waiting for the local engine, which is running but does not respond yet")
            notified = True
        time.sleep(PAUSE)
    return find_responding(within=1)  # the engine may run although its lock file was deleted


def _silence(waited: float) -> str:
    if files.read_record(home()) is None:
        return f"{home() / 'engine.json'}, which has its port, cannot be read"
    return f"has not responded for {waited:.0f} seconds"


def require(notify: Notify = ignore) -> Engine:
    """The running engine; raises TargetError if there is none."""
    engine = find(notify)
    if engine is None:
        raise TargetError("the local engine is not running", hint="start it with `advent up` or `advent local start`")
    return _upgraded(engine, notify)


def start(notify: Notify = ignore) -> Engine:
    """The running engine, started if there is none; of several callers at the same time, one starts it.

    `notify` gets the messages for a person: that it is waiting, or that the last engine stopped without saving.
    """
    require_packages()
    from filelock import FileLock

    with FileLock(home() / files.STARTING_LOCK):
        engine = find(notify)
        if engine is None and (warning := files.unsaved_warning()):
            notify(warning)
        engine = engine or _spawned(notify)
    return _upgraded(engine, notify)


def _spawned(notify: Notify) -> Engine:
    last = files.read_record(home())
    engine = engine_process.spawn()
    if last and last.port != engine.port:
        notify(f"the local engine is now at {engine.url}, because port {last.port} is taken; older URLs are invalid")
    return engine


def stop(notify: Notify = ignore) -> bool:
    """Stop the engine, which saves its state first; False if none was running.

    Raises AdventError if it cannot save; it keeps running then.
    """
    require_packages()
    from filelock import FileLock

    with FileLock(home() / files.STARTING_LOCK):
        if engine := find(notify):
            engine_process.end(engine)
        return engine is not None


def reset(notify: Notify = ignore) -> None:
    """End the engine, without saving, and delete what engines have left; nothing else in the directory."""
    require_packages()
    from filelock import FileLock

    with FileLock(home() / files.STARTING_LOCK):
        if engine := find(notify):
            engine_process.kill(engine)
        for path in files.own_files():
            files.delete(path)
    (home() / files.STARTING_LOCK).unlink(missing_ok=True)
    files.delete_empty(home())


def _upgraded(engine: Engine, notify: Notify) -> Engine:
    """The engine, restarted if advent 0.1 started it: that one has no keys, so anyone can use it."""
    if engine.access_key:
        return engine
    from filelock import FileLock

    with FileLock(home() / files.STARTING_LOCK):
        engine = find(notify) or engine_process.spawn()  # another process may have restarted it
        if engine.access_key:
            return engine
        notify("restarting the local engine: an older version of advent started it, without keys of its own")
        engine_process.end(engine)
        return engine_process.spawn()
