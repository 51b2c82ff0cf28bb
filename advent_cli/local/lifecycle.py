"""The local engine, a MiniStack in a background process: finds it, starts it, stops it. One for each user."""

import time
from collections.abc import Callable

from advent_cli.aws.retry import ignore
from advent_cli.errors import TargetError
from advent_cli.local import files, process
from advent_cli.local.files import home as home
from advent_cli.local.files import log_file as log_file
from advent_cli.local.files import log_lines as log_lines
from advent_cli.local.files import since as since
from advent_cli.local.probe import PAUSE, alive, answering, require_package
from advent_cli.local.probe import Engine as Engine

TELL_AFTER, ANSWER_WITHIN = 1, 60  # seconds for an engine that runs and is busy, or frozen, to answer
Notify = Callable[[str], None]


def find(notify: Notify = ignore) -> Engine | None:
    """The engine of this user, if one runs; files left by one that died are not taken for it.

    One that does not answer is waited for; raises TargetError if that takes too long.
    """
    began, told = time.monotonic(), False
    while alive():
        if engine := answering():
            return engine
        waited = time.monotonic() - began
        if waited > ANSWER_WITHIN:
            raise TargetError(
                "the local engine does not answer",
                why=f"its process runs, but {_silence(waited)}",
                hint="`advent local logs` shows what it does; as long as it runs, nothing that it holds is lost",
            )
        if waited > TELL_AFTER and not told:
            notify("waiting for the local engine, which runs but does not answer yet")
            told = True
        time.sleep(PAUSE)
    return answering(within=1)  # without its lock, if somebody has removed that


def _silence(waited: float) -> str:
    if files.record(home()) is None:
        return f"{home() / 'engine.json'}, which says where, cannot be read"
    return f"has not answered for {waited:.0f} seconds"


def require(notify: Notify = ignore) -> Engine:
    """The engine that runs; raises TargetError if none does."""
    engine = find(notify)
    if engine is None:
        raise TargetError(
            "the local engine is not running", hint="`advent up` starts it, and so does `advent local start`"
        )
    return _renewed(engine, notify)


def start(notify: Notify = ignore) -> Engine:
    """The engine that runs, started if there is none; of many who ask at once, one starts it.

    `notify` gets what a person has to know: that it is waited for, or that the last one ended without saving.
    """
    require_package()
    from filelock import FileLock

    with FileLock(home() / "starting.lock"):
        engine = find(notify)
        if engine is None and (lost := files.lost()):
            notify(lost)
        engine = engine or _spawned(notify)
    return _renewed(engine, notify)


def _spawned(notify: Notify) -> Engine:
    last = files.record(home())
    engine = process.spawn()
    if last and last.port != engine.port:
        notify(
            f"the local engine is at {engine.url} now, for port {last.port} is taken: addresses printed before are old"
        )
    return engine


def stop(notify: Notify = ignore) -> bool:
    """End the engine, which saves its state before; False if none was running.

    Raises AdventError if it cannot save; then it goes on running.
    """
    require_package()
    from filelock import FileLock

    with FileLock(home() / "starting.lock"):
        if engine := find(notify):
            process.end(engine)
        return engine is not None


def _renewed(engine: Engine, notify: Notify) -> Engine:
    """The engine; in place of one that advent 0.1 has started, and that everybody can use, a new one with its state."""
    if engine.access_key:
        return engine
    from filelock import FileLock

    with FileLock(home() / "starting.lock"):
        engine = find(notify) or process.spawn()  # somebody else may have been quicker
        if engine.access_key:
            return engine
        notify("starting the local engine again: an older version of advent started it, without keys of its own")
        process.end(engine)
        return process.spawn()
