"""What stands in front of the local engine: it answers its owner, and lets everybody else only call the owner's API.

A server on the loopback address can be reached by every user of the machine and by every web page that its users
visit: a page may send a request anywhere, and with DNS rebinding it may read the answer as well. So a request counts
for nothing because of where it comes from. The headers `Origin` and `Sec-Fetch-Site` are set by browsers and cannot be
set by a page ("Forbidden request-header", Fetch Standard); `Host` is the name that the page's address has.
"""

import html
import json
import re
import urllib.parse
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any, Protocol

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

API = re.compile(r"/_aws/execute-api/[^/]+/.*", re.DOTALL)
API_HOST = re.compile(r"([a-f0-9]{8})\.execute-api\.localhost")
OPEN = {"/_ministack/ready", "/_ministack/health"}  # whether it runs, and nothing else
LARGEST_MESSAGE = 10 * 2**20  # bytes that an API takes: "Amazon API Gateway quotas", payload size
LARGEST_CALL = 100 * 2**20  # a zip of 50 MB, which is the most that Lambda takes directly, is 67 MB in its call
HELLO = re.compile(r"/_advent/([0-9a-f]{32})")
FORM = b"application/x-www-form-urlencoded"
Refusal = tuple[str, str]  # the code of an error of AWS, and its message


class Keys(Protocol):
    """Who may call the engine: whoever signs with a key of its root user, of an IAM user or of a function."""

    def refusal(self, scope: Scope) -> Refusal | None:
        """Why a request is refused for the key that it names, or names twice, or not at all."""

    def wrong_signature(self, scope: Scope, body: bytes) -> Refusal | None:
        """Why it is refused for its signature."""

    def is_root(self, scope: Scope) -> bool:
        """Whether the key that it names is the root user's."""


class Guard:
    """An ASGI application in front of another. `hello` answers those who want to know whom they talk to.

    `closing`, if true, keeps calls of APIs out, and `closed` all others; `api_calls` is how many are under way.
    """

    def __init__(self, app: App, keys: Keys, hello: Callable[[str], dict[str, Any]]) -> None:
        self._app, self._keys, self._hello = app, keys, hello
        self.closing = self.closed = False
        self.api_calls = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] == "websocket":  # advent makes no API that speaks it
            await receive()
            return await send({"type": "websocket.close", "code": 1008})  # RFC 6455, 7.4.1: policy violation
        if scope["type"] == "lifespan":  # the server's process begins and ends the engine itself
            return await _lifespan(receive, send)
        with suppress(ConnectionAbortedError):
            await self._request(scope, receive, send)
        return None

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        if call := api_call(scope):
            return await self._call_api(call, receive, send)
        if why := foreign(scope):
            return await _refuse(scope, send, ("AccessDenied", why))
        if hello := HELLO.fullmatch(scope["path"]):
            return await _answer(send, 200, self._hello(hello[1]))
        if self.closed:
            return await _answer(send, 503, {"message": "Service Unavailable"})
        if scope["path"] in OPEN:
            return await self._app(scope, receive, send)
        return await self._call_engine(scope, receive, send)

    async def _call_engine(self, scope: Scope, receive: Receive, send: Send) -> None:
        if refusal := self._keys.refusal(scope):  # before its body is read, which may be long
            return await _refuse(scope, send, refusal)
        body = await _body(receive, LARGEST_CALL)
        if body is None:
            return await _answer(send, 413, {"message": "Request Too Long"})
        if refusal := self._keys.wrong_signature(scope, body):
            return await _refuse(scope, send, refusal)
        if scope["path"].startswith("/_") and not self._keys.is_root(scope):
            return await _refuse(scope, send, ("AccessDenied", "this page of the engine is for its root user"))
        return await self._app(scope, _again(body, receive), send)

    async def _call_api(self, call: Scope, receive: Receive, send: Send) -> None:
        if self.closing:
            return await _answer(send, 503, {"message": "Service Unavailable"})
        body = await _body(receive, LARGEST_MESSAGE)
        if body is None:
            return await _answer(send, 413, {"message": "Request Too Long"})
        self.api_calls += 1  # only now, or who sends half of a body would keep the engine from ending
        try:
            return await self._app(call, _again(body, receive), send)
        finally:
            self.api_calls -= 1


def api_call(scope: Scope) -> Scope | None:
    """The request if it calls an API, which is open to all as on AWS, and whose function decides who gets in; or None.

    It is changed so that nothing but the API can be meant: the engine finds other services by foreign names in `Host`,
    and its own pages before an API that is named there.
    """
    host, port = scope["server"]
    others = [(key, value) for key, value in scope["headers"] if not _is_for_the_engine(key.lower(), value)]
    call = {**scope, "headers": [(b"host", f"{host}:{port}".encode()), *others]}
    if API.fullmatch(scope["path"]):
        return call
    named = [API_HOST.fullmatch(_name(value)) for value in _values(scope, b"host")]
    if len(named) == 1 and named[0]:
        prefix = f"/_aws/execute-api/{named[0][1]}"
        raw = scope.get("raw_path") or urllib.parse.quote(scope["path"]).encode()
        path = prefix + scope["path"]
        return {**call, "path": path, "raw_path": prefix.encode() + raw} if API.fullmatch(path) else None
    return None


def _is_for_the_engine(name: bytes, value: bytes) -> bool:
    """Whether a header of an API call says how the engine has to read it, which is not for strangers to say.

    By "aws-chunked" it would take further headers out of the body.
    """
    return name in (b"host", b"x-amz-content-sha256", b"x-amz-decoded-content-length", b"x-amz-trailer") or (
        name == b"content-encoding" and b"aws-chunked" in value.lower()
    )


def foreign(scope: Scope) -> str:
    """Why a request must come from a web page, or be led here by a foreign name; nothing if it need not."""
    hosts = [_name(value) for value in _values(scope, b"host")]
    if len(hosts) != 1 or not (hosts[0] in ("127.0.0.1", "localhost") or hosts[0].endswith(".localhost")):
        return "the local engine is 127.0.0.1 or localhost, and has no other name"
    if _values(scope, b"origin"):
        return "web pages have no access to the local engine"
    if any(value != b"none" for value in _values(scope, b"sec-fetch-site")):  # "none": a person typed the address
        return "web pages have no access to the local engine"
    return ""


def _values(scope: Scope, name: bytes) -> list[bytes]:
    return [value for key, value in scope["headers"] if key.lower() == name]


def _name(host: bytes) -> str:
    """The name in a Host header, without the port; RFC 6761 has *.localhost always mean this machine."""
    try:
        return (urllib.parse.urlsplit(f"//{host.decode('ascii')}").hostname or "").rstrip(".")
    except ValueError:  # UnicodeDecodeError is one
        return ""


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _body(receive: Receive, most: int) -> bytes | None:
    """The body of a request; None if it is longer than so many bytes.

    Raises ConnectionAbortedError if the client goes away before all of it is there.
    """
    parts, length, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionAbortedError  # what has come of the body is no request
        parts.append(message.get("body", b""))
        length += len(parts[-1])
        if length > most:
            return None
        more = message.get("more_body", False)
    return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """What receives a body that was read already, and then what else may come."""
    pending = [body]

    async def again() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": pending.pop()} if pending else await receive()

    return again


async def _refuse(scope: Scope, send: Send, refusal: Refusal) -> None:
    """Answer 403, in the protocol of who asks: XML for a service that is asked by a form, else JSON."""
    code, why = refusal
    if any(value.startswith(FORM) for value in _values(scope, b"content-type")):
        error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{html.escape(why)}</Message></Error>"
        return await _send(send, 403, b"text/xml", f"<ErrorResponse>{error}</ErrorResponse>".encode())
    return await _answer(send, 403, {"__type": code, "message": why})


async def _answer(send: Send, status: int, document: dict[str, Any]) -> None:
    await _send(send, status, b"application/json", json.dumps(document).encode())


async def _send(send: Send, status: int, kind: bytes, body: bytes) -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
