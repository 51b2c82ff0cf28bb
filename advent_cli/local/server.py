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
import time
from pathlib import Path
from typing import Any, cast

from filelock import FileLock, Timeout

from advent_cli.local import files, ministack
from advent_cli.local.files import Record
from advent_cli.local.guard import Guard
from advent_cli.local.probe import proof

CALM_WITHIN = 30  # seconds, the time-out of a function
END_WITHIN = 8  # seconds for connections to end; hypercorn gives requests three
QUIET_LOOKS = 4  # in a row at which nothing is seen at work, for a message may be between two functions
BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"  # the letters of the ids of access keys


def main(home: Path) -> None:
    """Run the engine with its files in `home`, until it gets SIGTERM and has saved what it holds."""
    os.umask(0o077)
    lock = FileLock(home / "running.lock")
    try:
        lock.acquire(timeout=5)
    except Timeout:
        sys.exit("another engine of this user is running already")
    last = files.record(home)
    door = listen(last.port if last else 0)
    record = identity(last, door.getsockname()[1])
    os.environ |= {
        "GATEWAY_PORT": str(record.port),
        "AWS_ACCESS_KEY_ID": record.access_key,  # by these MiniStack knows its root user; functions get others
        "AWS_SECRET_ACCESS_KEY": record.secret_key,
    }
    files.write_record(home, record)
    ministack.adapt()
    saving = Saving()
    raise_file_limit()
    asyncio.run(serve(door, record, saving, home))


def listen(last: int) -> socket.socket:
    """The socket that the engine listens at until it ends, at the port of the last time if that is free.

    It is never let go, not even while the state is saved: whoever got the port would be taken for the engine.
    """
    for port in (last, 0):
        door = socket.socket()
        if os.name == "posix":  # elsewhere it would let two listen at one port
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind(("127.0.0.1", port))
            door.listen(512)
        except OSError:
            door.close()
            continue
        return door
    sys.exit("there is no free port on 127.0.0.1")


def identity(last: Record | None, port: int) -> Record:
    """Who this engine is: with the keys of the last time, so that what was printed once stays good."""
    access_key, secret_key = (last.access_key, last.secret_key) if last and last.access_key else _keys()
    return Record(os.getpid(), port, access_key, secret_key)


def _keys() -> tuple[str, str]:
    """An access key and its secret, of the form that AWS gives them and that secrets are recognized by."""
    access_key = "AKIA" + "".join(secrets.choice(BASE32) for _ in range(16))
    return access_key, base64.b64encode(secrets.token_bytes(30)).decode()


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


async def serve(door: socket.socket, record: Record, saving: Saving, home: Path) -> None:
    """Answer until SIGTERM comes and all is saved. If it cannot be saved, go on: nobody else has it."""
    import hypercorn.asyncio
    from hypercorn.config import Config

    config, stop, loop = Config(), asyncio.Event(), asyncio.get_running_loop()
    config.keep_alive_timeout = 75
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))

    def hello(nonce: str) -> dict[str, Any]:
        return {"proof": proof(record.secret_key, nonce), **saving.report()}

    guard = Guard(ministack.application(), ministack, hello)

    async def asked_to_stop() -> None:
        await stop.wait()
        guard.closing = True
        await calm(guard)
        guard.closed = True
        closed.set()

    await lifespan("startup")
    while True:
        files.begin_unsaved(home)
        config.bind = [f"fd://{door.dup().detach()}"]  # hypercorn closes what it gets
        closed = asyncio.Event()
        serving = asyncio.ensure_future(
            hypercorn.asyncio.serve(cast(Any, guard), config, shutdown_trigger=asked_to_stop, mode="asgi")
        )
        await asyncio.wait({serving, asyncio.ensure_future(closed.wait())}, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait({serving}, timeout=END_WITHIN)  # somebody who does not read the answers keeps it for ever
        if await saving.save():
            files.end_unsaved(home)
            if serving.done():
                return serving.result()
            os._exit(0)
        stop.clear()
        guard.closing = guard.closed = False


async def calm(guard: Guard) -> None:
    """Wait until no message is on its way any more, for `CALM_WITHIN` seconds at the most: the engine still answers."""
    deadline, quiet = time.monotonic() + CALM_WITHIN, 0
    while quiet < QUIET_LOOKS and time.monotonic() < deadline:
        quiet = 0 if guard.api_calls or ministack.is_working() else quiet + 1
        await asyncio.sleep(0.05)


async def lifespan(message: str) -> None:
    """Have MiniStack do this (startup, shutdown) by the lifespan protocol of ASGI; raises what it raises."""
    done, pending = asyncio.Event(), [{"type": f"lifespan.{message}"}]

    async def receive() -> dict[str, str]:
        if not pending:
            await asyncio.Event().wait()  # for a message that never comes; the task is ended before
        return pending.pop()

    async def send(_: Any) -> None:
        done.set()

    task = asyncio.ensure_future(ministack.application()({"type": "lifespan"}, receive, send))
    waiting = asyncio.ensure_future(done.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if task.done():
        task.result()
    task.cancel()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
