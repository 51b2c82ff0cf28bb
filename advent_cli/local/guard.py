"""The guard in front of the local engine: all of it is for its owner; others can only call the owner's API.

Every user of the machine, and every web page that its users visit, can reach a server on the loopback address: a page
can send a request anywhere, and with DNS rebinding it can read the response too. So no request is trusted because of
where it comes from. Browsers set the headers `Origin` and `Sec-Fetch-Site`, and a page cannot change them ("Forbidden
request-header", Fetch Standard); `Host` is the name in the page's URL.
"""

import re
import urllib.parse
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from advent_cli.local.asgi import (
    App,
    Receive,
    Refusal,
    Scope,
    Send,
    acknowledge_lifespan,
    header_values,
    read_body,
    replay,
    send_json,
    send_refusal,
)

API = re.compile(r"/_aws/execute-api/[^/]+/.*", re.DOTALL)
API_HOST = re.compile(r"([a-f0-9]{8})\.execute-api\.localhost")
PUBLIC_PAGES = {"/_ministack/ready", "/_ministack/health"}  # they only say whether the engine runs
MAX_API_BODY = 10 * 2**20  # bytes: "Amazon API Gateway quotas", payload size
MAX_AWS_BODY = 100 * 2**20  # bytes; a zip of 50 MB, the most that Lambda takes directly, is 67 MB in its request
HANDSHAKE = re.compile(r"/_advent/([0-9a-f]{32})")


class Signatures(Protocol):
    """Checks who signed a request: the engine's root user, an IAM user or a function."""

    def key_error(self, scope: Scope) -> Refusal | None:
        """Why a request is refused for its access key: unknown, ambiguous or missing."""

    def signature_error(self, scope: Scope, body: bytes) -> Refusal | None:
        """Why a request is refused for its signature."""

    def is_root(self, scope: Scope) -> bool:
        """Whether a request names the root user's access key."""


class Guard:
    """An ASGI application in front of another one. `handshake` is the response to a client that checks who listens.

    `closing`, if true, refuses API calls, and `closed` everything else; `api_calls` counts the API calls in progress.
    """

    def __init__(self, app: App, signatures: Signatures, handshake: Callable[[str], dict[str, Any]]) -> None:
        self._app, self._signatures, self._handshake = app, signatures, handshake
        self.closing = self.closed = False
        self.api_calls = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to a request, or pass it on."""
        if scope["type"] == "websocket":  # advent creates no WebSocket API
            await receive()
            return await send({"type": "websocket.close", "code": 1008})  # RFC 6455, 7.4.1: policy violation
        if scope["type"] == "lifespan":  # server.py starts and stops the engine itself
            return await acknowledge_lifespan(receive, send)
        with suppress(ConnectionAbortedError):
            await self._request(scope, receive, send)
        return None

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        if call := api_call(scope):
            return await self._call_api(call, receive, send)
        if reason := web_page_reason(scope):
            return await send_refusal(scope, send, ("AccessDenied", reason))
        if handshake := HANDSHAKE.fullmatch(scope["path"]):
            return await send_json(send, 200, self._handshake(handshake[1]))
        if self.closed:
            return await send_json(send, 503, {"message": "Service Unavailable"})
        if scope["path"] in PUBLIC_PAGES:
            return await self._app(scope, receive, send)
        return await self._call_aws(scope, receive, send)

    async def _call_aws(self, scope: Scope, receive: Receive, send: Send) -> None:
        if refusal := self._signatures.key_error(scope):  # before reading the body, which may be long
            return await send_refusal(scope, send, refusal)
        body = await read_body(receive, MAX_AWS_BODY)
        if body is None:
            return await send_json(send, 413, {"message": "Request Too Long"})
        if refusal := self._signatures.signature_error(scope, body):
            return await send_refusal(scope, send, refusal)
        if scope["path"].startswith("/_") and not self._signatures.is_root(scope):
            return await send_refusal(scope, send, ("AccessDenied", "only the root user can open this page"))
        return await self._app(scope, replay(body, receive), send)

    async def _call_api(self, call: Scope, receive: Receive, send: Send) -> None:
        if self.closing:
            return await send_json(send, 503, {"message": "Service Unavailable"})
        body = await read_body(receive, MAX_API_BODY)
        if body is None:
            return await send_json(send, 413, {"message": "Request Too Long"})
        self.api_calls += 1  # only now: a client that never completes its body must not keep the engine from stopping
        try:
            return await self._app(call, replay(body, receive), send)
        finally:
            self.api_calls -= 1


def api_call(scope: Scope) -> Scope | None:
    """The request, if it calls an API: that is open to all, as on AWS, and the function decides whom to serve. Or None.

    The headers are changed so that MiniStack can only take it for an API call: it finds other services by names in
    `Host`, and its own pages before an API that `Host` names.
    """
    host, port = scope["server"]
    others = [(key, value) for key, value in scope["headers"] if not _controls_engine(key.lower(), value)]
    call = {**scope, "headers": [(b"host", f"{host}:{port}".encode()), *others]}
    if API.fullmatch(scope["path"]):
        return call
    matches = [API_HOST.fullmatch(_host_name(value)) for value in header_values(scope, b"host")]
    if len(matches) == 1 and matches[0]:
        prefix = f"/_aws/execute-api/{matches[0][1]}"
        raw = scope.get("raw_path") or urllib.parse.quote(scope["path"]).encode()
        path = prefix + scope["path"]
        return {**call, "path": path, "raw_path": prefix.encode() + raw} if API.fullmatch(path) else None
    return None


def _controls_engine(name: bytes, value: bytes) -> bool:
    """Whether a header changes how the engine reads the request, which an anonymous client must not do.

    For example, "aws-chunked" makes MiniStack take more headers from the body.
    """
    return name in (b"host", b"x-amz-content-sha256", b"x-amz-decoded-content-length", b"x-amz-trailer") or (
        name == b"content-encoding" and b"aws-chunked" in value.lower()
    )


def web_page_reason(scope: Scope) -> str:
    """Why a request must come from a web page, or from a foreign host name; empty if neither."""
    hosts = [_host_name(value) for value in header_values(scope, b"host")]
    if len(hosts) != 1 or not (hosts[0] in ("127.0.0.1", "localhost") or hosts[0].endswith(".localhost")):
        return "the local engine only responds as 127.0.0.1 or localhost"
    if header_values(scope, b"origin"):
        return "web pages have no access to the local engine"
    if any(value != b"none" for value in header_values(scope, b"sec-fetch-site")):  # "none": a person typed the URL
        return "web pages have no access to the local engine"
    return ""


def _host_name(host: bytes) -> str:
    """The name in a Host header, without the port; by RFC 6761, *.localhost is always this machine."""
    try:
        return (urllib.parse.urlsplit(f"//{host.decode('ascii')}").hostname or "").rstrip(".")
    except ValueError:  # includes UnicodeDecodeError
        return ""
