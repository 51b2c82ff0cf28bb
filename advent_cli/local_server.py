"""The process of the local engine: MiniStack, as `advent local start` runs it in the background.

It holds a lock for as long as it lives. So whether the engine runs never has to be guessed from a number in a file:
the system lets go of the lock when the process ends, however it ends.
"""

import json
import os
import socket
import sys
import time
from pathlib import Path

from filelock import FileLock, Timeout

WORKERS = min(16, max(8, 4 * (os.cpu_count() or 1)))  # functions at work at the same time, of about 45 MB each
IDLE_WORKERS = WORKERS  # that are kept for the next call, and for a minute at the most
IDLE_SECONDS = 60
PATIENCE = 60  # seconds that one more invocation waits for its turn


def main(home: Path) -> None:
    """Run the engine with its files in `home`, until it gets SIGTERM."""
    lock = FileLock(home / "running.lock")
    try:
        lock.acquire(timeout=5)
    except Timeout:
        sys.exit("another engine of this user is running already")
    port = free_port(home)
    os.environ["GATEWAY_PORT"] = str(port)
    (home / "engine.json").write_text(json.dumps({"pid": os.getpid(), "port": port}), encoding="utf-8")
    limit_workers()
    end_idle_workers()
    from ministack import app

    sys.argv = ["ministack"]
    app.main()


def free_port(home: Path) -> int:
    """The port of the last time, so that addresses once printed stay good; else any that is free."""
    try:
        last = int(json.loads((home / "engine.json").read_text(encoding="utf-8"))["port"])
    except (OSError, ValueError, KeyError, TypeError):
        last = 0
    for port in (last, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except (OSError, OverflowError):
                continue
            return int(probe.getsockname()[1])
    sys.exit("there is no free port on 127.0.0.1")


def limit_workers() -> None:
    """Let an invocation wait while as many functions as allowed are at work.

    MiniStack has such a limit, but it turns away what is over it, and a message from SNS that is turned away is lost.
    AWS would keep it and try again; waiting comes to the same.
    """
    os.environ["LAMBDA_ACCOUNT_CONCURRENCY"] = str(WORKERS)
    from ministack.services import lambda_svc

    acquire = lambda_svc._acquire_execution_slot

    def acquire_patiently(*args: object) -> object:
        deadline = time.monotonic() + PATIENCE
        lambda_svc.reap_idle_workers()
        while True:
            slot, limit = acquire(*args)
            if limit != "account" or time.monotonic() > deadline:
                return slot, limit
            time.sleep(0.02)

    lambda_svc._acquire_execution_slot = acquire_patiently


def end_idle_workers() -> None:
    """Have the processes of functions end when nobody has called them for a minute, or too many others are idle too.

    MiniStack would keep one for each function that was ever called. It looks every half minute, and we at each call.
    """
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    def end() -> int:
        with lambda_runtime._lock:
            pools = lambda_runtime._workers
            idle = [(worker.last_used, key, worker) for key in pools for worker in pools[key] if not worker.in_use]
            idle.sort(key=lambda each: each[0], reverse=True)
            young = sum(used > time.time() - IDLE_SECONDS for used, _, _ in idle)
            ended = idle[min(young, IDLE_WORKERS) :]
            for _, key, worker in ended:
                pools[key].remove(worker)
        lambda_runtime.kill_workers([worker for _, _, worker in ended])
        return len(ended)

    lambda_svc.reap_idle_workers = end


if __name__ == "__main__":
    main(Path(sys.argv[1]))
