"""The local engine, a MiniStack in a background process: finds it, starts it, stops it. One for each user."""

import time
from collections.abc import Callable

from advent_cli import local_files, local_process
from advent_cli.errors import TargetError
from advent_cli.local_files import home as home
from advent_cli.local_files import log_file as log_file
from advent_cli.local_files import log_lines as log_lines
from advent_cli.local_files import since as since
from advent_cli.local_probe import PAUSE, alive, answering, require_package
from advent_cli.local_probe import Engine as Engine
from advent_cli.patience import tell_nobody

TELL_AFTER, ANSWER_WITHIN = 1, 60  # seconds for an engine that runs and is busy, or frozen, to answer
Tell = Callable[[str], None]


def find(tell: Tell = tell_nobody) -> Engine | None:
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
            tell("waiting for the local engine, which runs but does not answer yet")
            told = True
        time.sleep(PAUSE)
    return answering(within=1)  # without its lock, if somebody has removed that


def _silence(waited: float) -> str:
    if local_files.record(home()) is None:
        return f"{home() / 'engine.json'}, which says where, cannot be read"
    return f"has not answered for {waited:.0f} seconds"


def require(tell: Tell = tell_nobody) -> Engine:
    """The engine that runs; raises TargetError if none does."""
    engine = find(tell)
    if engine is None:
        raise TargetError(
            "the local engine is not running", hint="`advent up` starts it, and so does `advent local start`"
        )
    return _renewed(engine, tell)


def start(tell: Tell = tell_nobody) -> Engine:
    """The engine that runs, started if there is none; of many who ask at once, one starts it.

    `tell` gets what a person has to know: that it is waited for, or that the last one ended without saving.
    """
    require_package()
    from filelock import FileLock

    with FileLock(home() / "starting.lock"):
        engine = find(tell)
        if engine is None and (lost := local_files.lost()):
            tell(lost)
        engine = engine or _spawned(tell)
    return _renewed(engine, tell)


def _spawned(tell: Tell) -> Engine:
    last = local_files.record(home())
    engine = local_process.spawn()
    if last and last.port != engine.port:
        tell(
            f"the local engine is at {engine.url} now, for port {last.port} is taken: addresses printed before are old"
        )
    return engine


def stop(tell: Tell = tell_nobody) -> bool:
    """End the engine, which saves its state before; False if none was running.

    Raises AdventError if it cannot save; then it goes on running.
    """
    require_package()
    from filelock import FileLock

    with FileLock(home() / "starting.lock"):
        if engine := find(tell):
            local_process.end(engine)
        return engine is not None


def _renewed(engine: Engine, tell: Tell) -> Engine:
    """The engine; in place of one that advent 0.1 has started, and that everybody can use, a new one with its state."""
    if engine.access_key:
        return engine
    from filelock import FileLock

    with FileLock(home() / "starting.lock"):
        engine = find(tell) or local_process.spawn()  # somebody else may have been quicker
        if engine.access_key:
            return engine
        tell("starting the local engine again: an older version of advent started it, without keys of its own")
        local_process.end(engine)
        return local_process.spawn()
