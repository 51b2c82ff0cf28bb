"""MiniStack as advent runs it: what of it is replaced, and what is asked of it. Nothing else knows its insides.

It has no settings for any of this. So setup.py pins its very version, and tests/test_local_guard.py names what of it
is used here.
"""

import os
import secrets
import time
from typing import Any
from urllib.parse import parse_qs, quote

from advent_cli.local_guard import App, Scope

WORKERS = min(16, max(8, 4 * (os.cpu_count() or 1)))  # functions at work at the same time, of about 45 MB each
IDLE_WORKERS = WORKERS  # that are kept for the next call, and for a minute at the most
IDLE_SECONDS = 60
PATIENCE = 60  # seconds that one more invocation waits for its turn


def adapt() -> None:
    """Replace what has to be otherwise; to be called once, before the first request."""
    limit_workers()
    end_idle_workers()
    know_one_root()
    salt_credentials()


def application() -> App:
    """The ASGI application."""
    from ministack import app

    return app.app  # type: ignore[no-any-return]


def know_one_root() -> None:
    """Have the key in the environment be root's only one, and its signature checked like everybody's.

    MiniStack takes `test` and any twelve digits for root as well, and believes root without a signature. Who names no
    key is root to it, too: the guard lets such requests through to APIs only.
    """
    from ministack.core import iam_evaluator
    from ministack.services import sts

    def is_root(access_key_id: str) -> bool:
        return not access_key_id or access_key_id == os.environ["AWS_ACCESS_KEY_ID"]

    iam_evaluator.is_root_access_key = sts.is_root_access_key = is_root
    iam_evaluator._is_root_key = lambda _: False  # who asks wants to skip the check of a signature


def salt_credentials() -> None:
    """Give functions credentials that nobody can compute: MiniStack makes them of ARNs, which are no secret."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    salt, of_arns = secrets.token_hex(), lambda_runtime.execution_credentials

    def execution_credentials(config: dict[str, Any]) -> dict[str, str]:
        credentials: dict[str, str] = of_arns({**config, "FunctionArn": f"{config['FunctionArn']}:{salt}"})
        return credentials

    lambda_runtime.execution_credentials = lambda_svc.execution_credentials = execution_credentials


def names_key(scope: Scope) -> bool:
    """Whether a request names an access key; MiniStack then finds out whether it exists and has signed."""
    from ministack.core.router import extract_access_key_id

    return bool(extract_access_key_id(_headers(scope), _query(scope)))


def is_root(scope: Scope, body: bytes) -> bool:
    """Whether root has signed this request; for pages for which MiniStack asks for no signature."""
    from ministack.core import iam_evaluator
    from ministack.core.responses import get_account_id

    raw_path = scope.get("raw_path") or quote(scope["path"]).encode()
    iam_evaluator.pin_signed_request(scope["method"], raw_path.decode("latin-1"), _query(scope), scope["headers"])
    iam_evaluator.pin_signed_body(body)
    checked = iam_evaluator.authenticate(os.environ["AWS_ACCESS_KEY_ID"], get_account_id())
    return isinstance(checked, iam_evaluator.ResolvedCredential)


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def _query(scope: Scope) -> dict[str, list[str]]:
    return parse_qs(scope["query_string"].decode("utf-8", "replace"), keep_blank_values=True)


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
