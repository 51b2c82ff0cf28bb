"""The process of the local engine: MiniStack behind a guard, as `advent local start` runs it in the background.

It holds a lock for as long as it lives. So whether the engine runs never has to be guessed from a number in a file:
the system lets go of the lock when the process ends, however it ends.
"""

import asyncio
import base64
import logging
import os
import secrets
import signal
import socket
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from filelock import FileLock, Timeout

from advent_cli import local_engine, local_files
from advent_cli.local_files import Record
from advent_cli.local_guard import Guard

BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"  # the letters of the ids of access keys


def main(home: Path) -> None:
    """Run the engine with its files in `home`, until it gets SIGTERM and has saved what it holds."""
    os.umask(0o077)
    lock = FileLock(home / "running.lock")
    try:
        lock.acquire(timeout=5)
    except Timeout:
        sys.exit("another engine of this user is running already")
    record = identity(local_files.record(home))
    os.environ |= {
        "GATEWAY_PORT": str(record.port),
        "AWS_ACCESS_KEY_ID": record.access_key,  # by these MiniStack knows its root user; functions get others
        "AWS_SECRET_ACCESS_KEY": record.secret_key,
    }
    local_files.keep(home, record)
    local_engine.adapt()
    saving = Saving()
    raise_file_limit()
    asyncio.run(serve(record.port, saving, home))


def identity(last: Record | None) -> Record:
    """Who this engine is: at the port and with the keys of the last time, so that what was printed once stays good."""
    keys = Record(os.getpid(), free_port(last.port if last else 0), *_keys())
    known = last is not None and last.access_key and last.secret_key
    return replace(keys, access_key=last.access_key, secret_key=last.secret_key) if last and known else keys


def _keys() -> tuple[str, str]:
    """An access key and its secret, of the form that AWS gives them and that secrets are recognized by."""
    access_key = "AKIA" + "".join(secrets.choice(BASE32) for _ in range(16))
    return access_key, base64.b64encode(secrets.token_bytes(30)).decode()


def free_port(last: int) -> int:
    """The port of the last time if it is free, else any that is."""
    for port in (last, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except (OSError, OverflowError):
                continue
            return int(probe.getsockname()[1])
    sys.exit("there is no free port on 127.0.0.1")


def raise_file_limit() -> None:
    """Allow as many open files as the system lets us, for many connections at once."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Saving(logging.Handler):
    """How saving goes. MiniStack's own functions for it do not fail when it fails; they write an error to a log."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.tries, self.problem, self._now = 0, "", ""
        logging.getLogger("persistence").addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the first error; the others have the same cause."""
        self._now = self._now or record.getMessage().removeprefix("Persistence: ")

    async def save(self) -> bool:
        """Have everything saved, which takes a while; whether it was."""
        self._now = ""
        await lifespan("shutdown")
        self.problem, self.tries = self._now, self.tries + 1
        return not self.problem

    def report(self) -> dict[str, Any]:
        """How often it was tried, and why it failed the last time."""
        return {"tries": self.tries, "problem": self.problem}


async def serve(port: int, saving: Saving, home: Path) -> None:
    """Answer until SIGTERM comes and all is saved. If it cannot be saved, go on: nobody else has it."""
    import hypercorn.asyncio
    from hypercorn.config import Config

    config, stop, loop = Config(), asyncio.Event(), asyncio.get_running_loop()
    config.bind, config.keep_alive_timeout = [f"127.0.0.1:{port}"], 75
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    names_key, is_root = local_engine.names_key, local_engine.is_root
    guard = Guard(local_engine.application(), names_key=names_key, is_root=is_root, saves=saving.report)
    await lifespan("startup")
    local_files.begin_unsaved(home)
    while True:
        await hypercorn.asyncio.serve(cast(Any, guard), config, shutdown_trigger=stop.wait, mode="asgi")
        if await saving.save():
            return local_files.end_unsaved(home)
        stop.clear()


async def lifespan(message: str) -> None:
    """Have MiniStack do this (startup, shutdown) by the lifespan protocol of ASGI; raises what it raises."""
    done, pending = asyncio.Event(), [{"type": f"lifespan.{message}"}]

    async def receive() -> dict[str, str]:
        if not pending:
            await asyncio.Event().wait()  # for a message that never comes; the task is ended before
        return pending.pop()

    async def send(_: Any) -> None:
        done.set()

    task = asyncio.ensure_future(local_engine.application()({"type": "lifespan"}, receive, send))
    waiting = asyncio.ensure_future(done.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if task.done():
        task.result()
    task.cancel()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
