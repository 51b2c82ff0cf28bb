"""Who signed a request to the local engine: MiniStack's checks of keys and signatures, and what they leave out.

It uses private functions of MiniStack: tests/local/test_ministack.py lists them.
"""

import hashlib
import os
from contextvars import ContextVar
from urllib.parse import parse_qs, quote

from advent_cli.local.asgi import Refusal, Scope

SIGNER: ContextVar[str] = ContextVar("signer", default="")  # the access key whose signature of the request is valid
KEY_PARAMETERS = {"x-amz-algorithm", "x-amz-credential", "x-amz-signature", "awsaccesskeyid", "signature"}  # in a query
BODY_HASH = "x-amz-content-sha256"


def is_root_key(access_key_id: str) -> bool:
    """Whether this is the access key of the engine's root user."""
    return access_key_id == os.environ["AWS_ACCESS_KEY_ID"]


def is_root(scope: Scope) -> bool:
    """Whether a request names the access key of the root user."""
    return is_root_key(_access_key(scope))


def key_error(scope: Scope) -> Refusal | None:
    """Why a request is refused for its access key; None if it names one, and only one, that exists."""
    from ministack.core import iam_evaluator

    key = _access_key(scope)
    if not key:
        return "MissingAuthenticationToken", "Missing Authentication Token"
    result = iam_evaluator.resolve_credential(key, _account(key))
    return None if isinstance(result, iam_evaluator.ResolvedCredential) else (result.code, result.message)


def signature_error(scope: Scope, body: bytes) -> Refusal | None:
    """Why a request is refused for its signature; None if it is valid."""
    from ministack.core import iam_evaluator

    key = _access_key(scope)
    raw_path = scope.get("raw_path") or quote(scope["path"]).encode()
    iam_evaluator.pin_signed_request(scope["method"], raw_path.decode("latin-1"), _query(scope), scope["headers"])
    iam_evaluator.pin_signed_body(body)
    result = iam_evaluator.authenticate(key, _account(key))
    if isinstance(result, iam_evaluator.ResolvedCredential):
        reason = _unsigned_part(scope, body)
        SIGNER.set("" if reason else key)
        return ("SignatureDoesNotMatch", reason) if reason else None
    return (result.code, result.message) if result else ("IncompleteSignature", "the request is not signed")


def _unsigned_part(scope: Scope, body: bytes) -> str:
    """The part of a request that its signature does not cover, so that anyone may have changed it; empty if none.

    MiniStack takes the hash in a header for that of the body, and accepts headers that are not signed.
    """
    from ministack.core.sigv4 import HeaderSignature, parse_header_signature, parse_query_signature

    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    in_header = headers.get("authorization", "").startswith("AWS4-")
    signature = parse_header_signature(headers) if in_header else parse_query_signature(_query(scope))
    if not isinstance(signature, HeaderSignature):
        return "only Signature Version 4 is accepted"
    signed = {*signature.signed_headers.lower().split(";")}
    needed = {"host", *(name for name in headers if name.startswith("x-amz-") and name != BODY_HASH)}
    names = [name.lower() for name, _ in scope["headers"]]
    if needed - signed or any(names.count(name.encode()) > 1 for name in {*signed, *needed, BODY_HASH}):
        return "the signature does not cover each header"
    given_hash = headers.get(BODY_HASH, "")
    if given_hash and given_hash != hashlib.sha256(body).hexdigest() and signature.service != "s3":
        return "the signature does not cover the body"
    return ""


def _access_key(scope: Scope) -> str:
    """The access key that a request names; empty if none, or if it may name two, which readers would resolve apart."""
    from ministack.core.router import extract_access_key_id

    headers = [value.decode("latin-1") for name, value in scope["headers"] if name.lower() == b"authorization"]
    query = _query(scope)
    in_query = [name.lower() for name, values in query.items() for _ in values if name.lower() in KEY_PARAMETERS]
    if len(headers) > 1 or (headers and in_query) or len({*in_query}) != len(in_query):
        return ""
    return str(extract_access_key_id({"authorization": "".join(headers)}, query))


def _account(key: str) -> str:
    from ministack.core import iam_evaluator
    from ministack.core.responses import _account_from_sts_session, get_account_id

    return str(_account_from_sts_session(key) or iam_evaluator.find_iam_access_key_account(key) or get_account_id())


def _query(scope: Scope) -> dict[str, list[str]]:
    return parse_qs(scope["query_string"].decode("utf-8", "replace"), keep_blank_values=True)
