"""The process of the local engine: MiniStack behind the guard, as `advent local start` runs it in the background.

It holds a lock as long as it exists, so nobody has to guess from a process id in a file whether the engine runs: the
operating system releases the lock when the process ends, however it ends.
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

from advent_cli.local import files, ministack, request_signatures, workers
from advent_cli.local.asgi import run_lifespan
from advent_cli.local.files import Record
from advent_cli.local.guard import Guard
from advent_cli.local.probe import proof

IDLE_WITHIN = 30  # seconds, the timeout of a function
CLOSE_WITHIN = 8  # seconds for connections to close; hypercorn gives requests three
IDLE_POLLS = 4  # in a row without a running function, because a message may be between two functions
BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"  # the alphabet of access key ids


def main(home: Path) -> None:
    """Run the engine with its files in `home` until it gets SIGTERM and has saved its state."""
    os.umask(0o077)
    lock = FileLock(home / "running.lock")
    try:
        lock.acquire(timeout=5)
    except Timeout:
        sys.exit("another engine of this user is already running")
    last = files.read_record(home)
    listener = listen(last.port if last else 0)
    record = identity(last, listener.getsockname()[1])
    os.environ |= {
        "GATEWAY_PORT": str(record.port),
        "AWS_ACCESS_KEY_ID": record.access_key,  # MiniStack's root user has these keys; functions get others
        "AWS_SECRET_ACCESS_KEY": record.secret_key,
    }
    files.write_record(home, record)
    ministack.adapt()
    saving = Saving()
    raise_file_limit()
    asyncio.run(serve(listener, record, saving, home))


def listen(last: int) -> socket.socket:
    """The socket at which the engine listens until it ends, at the same port as the last time if that is free.

    It is never released, not even while the state is saved: a program that got the port would pass for the engine.
    """
    for port in (last, 0):
        listener = socket.socket()
        if os.name == "posix":  # elsewhere two programs could then listen at one port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
            listener.listen(512)
        except OSError:
            listener.close()
            continue
        return listener
    sys.exit("no port is free on 127.0.0.1")


def identity(last: Record | None, port: int) -> Record:
    """The record of this engine, with the keys of the last one, so that printed keys stay valid."""
    access_key, secret_key = (last.access_key, last.secret_key) if last and last.access_key else _keys()
    return Record(os.getpid(), port, access_key, secret_key)


def _keys() -> tuple[str, str]:
    """A random access key and secret key in AWS's format, by which secrets are recognized."""
    access_key = "AKIA" + "".join(secrets.choice(BASE32) for _ in range(16))
    return access_key, base64.b64encode(secrets.token_bytes(30)).decode()


def raise_file_limit() -> None:
    """Raise the limit of open files to the maximum, for many concurrent connections."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Saving(logging.Handler):
    """Saves the state, and notices if that fails: MiniStack's own functions do not raise, they log an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.tries, self.problem, self._error = 0, "", ""
        logging.getLogger("persistence").addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the first error; the rest have the same cause."""
        self._error = self._error or record.getMessage().removeprefix("Persistence: ")

    async def save(self) -> bool:
        """Save all state, which takes a while; returns whether it worked."""
        self._error = ""
        await run_lifespan(ministack.application(), "shutdown")
        self.problem, self.tries = self._error, self.tries + 1
        return not self.problem

    def report(self) -> dict[str, Any]:
        """How often saving was tried, and why it failed the last time."""
        return {"tries": self.tries, "problem": self.problem}


async def serve(listener: socket.socket, record: Record, saving: Saving, home: Path) -> None:
    """Serve until SIGTERM comes and the state is saved. If saving fails, keep serving: there is no other copy."""
    import hypercorn.asyncio
    from hypercorn.config import Config

    config, stop, loop = Config(), asyncio.Event(), asyncio.get_running_loop()
    config.keep_alive_timeout = 75
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))

    def handshake(nonce: str) -> dict[str, Any]:
        return {"proof": proof(record.secret_key, nonce), **saving.report()}

    guard = Guard(ministack.application(), request_signatures, handshake)

    async def wait_for_stop() -> None:
        await stop.wait()
        guard.closing = True
        await wait_until_idle(guard)
        guard.closed = True
        closed.set()

    await run_lifespan(ministack.application(), "startup")
    while True:
        files.mark_unsaved(home)
        config.bind = [f"fd://{listener.dup().detach()}"]  # hypercorn closes its socket
        closed = asyncio.Event()
        serving = asyncio.ensure_future(
            hypercorn.asyncio.serve(cast(Any, guard), config, shutdown_trigger=wait_for_stop, mode="asgi")
        )
        await asyncio.wait({serving, asyncio.ensure_future(closed.wait())}, return_when=asyncio.FIRST_COMPLETED)
        # A client that does not read its responses would keep hypercorn waiting forever.
        await asyncio.wait({serving}, timeout=CLOSE_WITHIN)
        if await saving.save():
            files.mark_saved(home)
            if serving.done():
                return serving.result()
            os._exit(0)
        stop.clear()
        guard.closing = guard.closed = False


async def wait_until_idle(guard: Guard) -> None:
    """Wait until all messages are processed, IDLE_WITHIN seconds at most; the engine still serves functions."""
    deadline, idle_polls = time.monotonic() + IDLE_WITHIN, 0
    while idle_polls < IDLE_POLLS and time.monotonic() < deadline:
        idle_polls = 0 if guard.api_calls or workers.is_busy() else idle_polls + 1
        await asyncio.sleep(0.05)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
