"""What functions print, up to the last line before they return.

MiniStack reads the stderr of a function's process in a thread, and waits 5 to 50 ms for it after an invocation. On a
busy machine it then loses lines. Here the invocation itself reads what is left in the pipe: a process writes its lines
before its result, so nothing is missing and nobody waits. It replaces private methods of MiniStack:
tests/local/test_ministack.py lists them.
"""

import os
import select
import threading
from contextlib import suppress
from typing import Any


class WorkerLog:
    """What a function's process has written to the pipe with this file descriptor, which it closes at the end."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._lock = threading.Lock()
        self._written = bytearray()
        self._is_open = True
        os.set_blocking(pipe, False)

    def keep_reading(self) -> None:
        """Read until the process closes the pipe, so that it never waits for a full one."""
        while self._is_open:
            select.select([self._pipe], [], [])
            with self._lock:
                self._read()
        os.close(self._pipe)

    def take(self) -> str:
        """What was written since the last time, without the last line end."""
        with self._lock:
            self._read()
            written, self._written = self._written, bytearray()
        return written.decode(errors="replace").removesuffix("\n")

    def _read(self) -> None:
        with suppress(BlockingIOError):
            while self._is_open:
                if not (chunk := os.read(self._pipe, 1 << 16)):
                    self._is_open = False
                self._written += chunk


def keep_all_lines() -> None:
    """Have MiniStack log all that functions print."""
    from ministack.core.lambda_runtime import Worker

    def read(worker: Any) -> None:
        worker.advent_log = WorkerLog(os.dup(worker._proc.stderr.fileno()))
        worker.advent_log.keep_reading()

    def taking(original: Any) -> Any:
        def take(worker: Any, *args: Any, **more: Any) -> str:
            # Runtimes other than Python and Node.js have none.
            log: WorkerLog | None = getattr(worker, "advent_log", None)
            return log.take() if log else original(worker, *args, **more)

        return take

    Worker._read_stderr = read
    Worker._drain_stderr = taking(Worker._drain_stderr)
    Worker._drain_stderr_bounded = taking(Worker._drain_stderr_bounded)
