"""The processes in which MiniStack runs functions: how many may run at once, and when idle ones end.

It replaces private functions of MiniStack: tests/local/test_ministack.py lists them.
"""

import os
import time
from typing import Any

MAX_WORKERS = min(16, max(8, 4 * (os.cpu_count() or 1)))  # functions that run at the same time, of about 45 MB each
MAX_IDLE_WORKERS = MAX_WORKERS  # kept for the next invocation
IDLE_SECONDS = 60  # after which an idle worker ends
QUEUE_SECONDS = 60  # that an invocation over the limit waits for a free slot


def is_busy() -> bool:
    """Whether a function is running."""
    from ministack.core import lambda_runtime

    with lambda_runtime._lock:
        return any(worker.in_use for pool in lambda_runtime._workers.values() for worker in pool)


def limit_workers() -> None:
    """Make an invocation wait while the maximum number of functions is running.

    MiniStack has such a limit, but rejects the invocations over it, and so loses messages from SNS. AWS would keep and
    retry them; waiting has the same result.
    """
    os.environ["LAMBDA_ACCOUNT_CONCURRENCY"] = str(MAX_WORKERS)
    from ministack.services import lambda_svc

    acquire = lambda_svc._acquire_execution_slot

    def acquire_or_wait(*args: object) -> object:
        deadline = time.monotonic() + QUEUE_SECONDS
        lambda_svc.reap_idle_workers()
        while True:
            slot, limit = acquire(*args)
            if limit != "account" or time.monotonic() > deadline:
                return slot, limit
            time.sleep(0.02)

    lambda_svc._acquire_execution_slot = acquire_or_wait


def end_idle_workers() -> None:
    """Make workers end a minute after their last invocation, or earlier if too many are idle.

    MiniStack would keep one for each function that was ever invoked. It checks every half minute, advent at each
    invocation too.
    """
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    def reap() -> int:
        with lambda_runtime._lock:
            pools = lambda_runtime._workers
            idle = [(worker.last_used, key, worker) for key in pools for worker in pools[key] if not worker.in_use]
            idle.sort(key=lambda each: each[0], reverse=True)
            recent = sum(last_used > time.time() - IDLE_SECONDS for last_used, _, _ in idle)
            ended = idle[min(recent, MAX_IDLE_WORKERS) :]
            for _, key, worker in ended:
                pools[key].remove(worker)
        lambda_runtime.kill_workers([worker for _, _, worker in ended])
        return len(ended)

    lambda_svc.reap_idle_workers = reap


def log_failed_workers() -> None:
    """Log why an invocation failed if the function's code could not be imported or its process ended, as Lambda does.

    MiniStack logs the first not at all, and the second in other words or not at all. The texts are Lambda's
    ("Troubleshoot execution issues in Lambda" in its developer guide).
    """
    from ministack.services import lambda_svc

    execute = lambda_svc._execute_function_warm

    def execute_and_log(func: Any, event: Any, request_id: str) -> Any:
        result = execute(func, event, request_id)
        if result.get("error"):
            text = str(result["body"].get("errorMessage", ""))
            result["log"] = with_failure(result.get("log", ""), text, request_id)
        return result

    lambda_svc._execute_function_warm = execute_and_log


def with_failure(log: str, text: str, request_id: str) -> str:
    """The log of a failed invocation; `text` is MiniStack's error, which ends the log if nothing else says why."""
    is_explained = log not in ("", text) and not (text and log.endswith(f"\n{text}"))  # by a traceback
    if is_explained or text.startswith("Task timed out"):
        return log
    failed_import = text.removeprefix("Worker init failed: ")
    line = f"RequestId: {request_id} Error: Runtime exited without providing a reason"
    line = f"[ERROR] Runtime.ImportModuleError: {failed_import}" if failed_import != text else line
    printed = log.removesuffix(text).rstrip("\n")
    return f"{printed}\n{line}" if printed else line
