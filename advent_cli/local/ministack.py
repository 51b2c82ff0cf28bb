"""MiniStack as advent runs it: what of it is replaced, and what is asked of it. Nothing else knows its insides.

It has no settings for any of this. So setup.py pins its very version, and tests/local/test_guard.py names what of it
is used here.
"""

import hashlib
import os
import secrets
import time
from contextvars import ContextVar
from typing import Any
from urllib.parse import parse_qs, quote

from advent_cli.local.guard import App, Refusal, Scope

WORKERS = min(16, max(8, 4 * (os.cpu_count() or 1)))  # functions at work at the same time, of about 45 MB each
IDLE_WORKERS = WORKERS  # that are kept for the next call, and for a minute at the most
IDLE_SECONDS = 60
SIGNER: ContextVar[str] = ContextVar("signer", default="")  # the key whose signature of the request was checked
CREDENTIALS = {"x-amz-algorithm", "x-amz-credential", "x-amz-signature", "awsaccesskeyid", "signature"}  # in a query
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

    MiniStack takes `test`, any twelve digits and no key at all for root, and believes root without a signature.
    """
    from ministack.core import iam_evaluator
    from ministack.services import sts

    def is_root(access_key_id: str) -> bool:
        return access_key_id == os.environ["AWS_ACCESS_KEY_ID"]

    evaluated = iam_evaluator.enforce

    def enforce(access_key_id: str, iam_action: str, *args: Any, **more: Any) -> Any:
        """Let who names no key call an API, as before; nothing else is asked without one."""
        if iam_action == "execute-api:Invoke" and not access_key_id:
            return None
        if access_key_id != SIGNER.get():  # another key than the one whose signature was checked
            return iam_evaluator.AuthError("UnrecognizedClientException", "The security token is invalid.")
        return evaluated(access_key_id, iam_action, *args, **more)

    iam_evaluator.is_root_access_key = sts.is_root_access_key = is_root
    iam_evaluator._is_root_key = lambda _: False  # who asks wants to skip the check of a signature
    iam_evaluator.enforce = enforce


def salt_credentials() -> None:
    """Give functions credentials that nobody can compute: MiniStack makes them of ARNs, which are no secret."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    salt, of_arns = secrets.token_hex(), lambda_runtime.execution_credentials

    def execution_credentials(config: dict[str, Any]) -> dict[str, str]:
        credentials: dict[str, str] = of_arns({**config, "FunctionArn": f"{config['FunctionArn']}:{salt}"})
        return credentials

    lambda_runtime.execution_credentials = lambda_svc.execution_credentials = execution_credentials


def refusal(scope: Scope) -> Refusal | None:
    """Why a request is refused for the key that it names; nothing if that is a key, and the only one."""
    from ministack.core import iam_evaluator

    key = _key(scope)
    if not key:
        return "MissingAuthenticationToken", "Missing Authentication Token"
    found = iam_evaluator.resolve_credential(key, _account(key))
    return None if isinstance(found, iam_evaluator.ResolvedCredential) else (found.code, found.message)


def wrong_signature(scope: Scope, body: bytes) -> Refusal | None:
    """Why a request is refused for its signature; nothing if it is right."""
    from ministack.core import iam_evaluator

    key = _key(scope)
    raw_path = scope.get("raw_path") or quote(scope["path"]).encode()
    iam_evaluator.pin_signed_request(scope["method"], raw_path.decode("latin-1"), _query(scope), scope["headers"])
    iam_evaluator.pin_signed_body(body)
    checked = iam_evaluator.authenticate(key, _account(key))
    if isinstance(checked, iam_evaluator.ResolvedCredential):
        why = _left_unsigned(scope, body)
        SIGNER.set("" if why else key)
        return ("SignatureDoesNotMatch", why) if why else None
    return (checked.code, checked.message) if checked else ("IncompleteSignature", "the request is not signed")


def _left_unsigned(scope: Scope, body: bytes) -> str:
    """What of a request its signature does not cover, and so may be somebody else's; nothing if it covers all.

    MiniStack takes the hash of the body that a header names for the body's, and headers that are not signed.
    """
    from ministack.core.sigv4 import HeaderSignature, parse_header_signature, parse_query_signature

    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    in_header = headers.get("authorization", "").startswith("AWS4-")
    found = parse_header_signature(headers) if in_header else parse_query_signature(_query(scope))
    if not isinstance(found, HeaderSignature):
        return "only Signature Version 4 is taken"
    signed = {*found.signed_headers.lower().split(";")}
    needed = {"host", *(name for name in headers if name.startswith("x-amz-") and name != "x-amz-content-sha256")}
    names = [name.lower() for name, _ in scope["headers"]]
    if needed - signed or any(names.count(name.encode()) > 1 for name in {*signed, *needed, "x-amz-content-sha256"}):
        return "the signature does not cover each header"
    said = headers.get("x-amz-content-sha256", "")
    if said and said != hashlib.sha256(body).hexdigest() and found.service != "s3":
        return "the signature does not cover the body"
    return ""


def is_root(scope: Scope) -> bool:
    """Whether a request names the key of the root user."""
    return _key(scope) == os.environ["AWS_ACCESS_KEY_ID"]


def _key(scope: Scope) -> str:
    """The access key that a request names; nothing if there is none, or may be two, for readers would differ."""
    from ministack.core.router import extract_access_key_id

    headers = [value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"authorization"]
    query = _query(scope)
    in_query = [name.lower() for name, values in query.items() for _ in values if name.lower() in CREDENTIALS]
    if len(headers) > 1 or (headers and in_query) or len({*in_query}) != len(in_query):
        return ""
    return str(extract_access_key_id({"authorization": "".join(headers)}, query))


def _account(key: str) -> str:
    from ministack.core import iam_evaluator
    from ministack.core.responses import _account_from_sts_session, get_account_id

    found = _account_from_sts_session(key) or iam_evaluator.find_iam_access_key_account(key) or get_account_id()
    return str(found)


def _query(scope: Scope) -> dict[str, list[str]]:
    return parse_qs(scope["query_string"].decode("utf-8", "replace"), keep_blank_values=True)


def is_working() -> bool:
    """Whether a function is at work."""
    from ministack.core import lambda_runtime

    with lambda_runtime._lock:
        return any(worker.in_use for pool in lambda_runtime._workers.values() for worker in pool)


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
