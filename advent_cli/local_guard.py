"""What stands in front of the local engine: it answers its owner, and lets everybody else only call the owner's API.

A server on the loopback address can be reached by every user of the machine and by every web page that its users
visit: a page may send a request anywhere, and with DNS rebinding it may read the answer as well. So a request counts
for nothing because of where it comes from. The headers `Origin` and `Sec-Fetch-Site` are set by browsers and cannot be
set by a page ("Forbidden request-header", Fetch Standard); `Host` is the name that the page's address has.
"""

import json
import re
import urllib.parse
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

API = re.compile(r"/_aws/execute-api/[^/]+/.*", re.DOTALL)
API_HOST = re.compile(r"([a-f0-9]{8})\.execute-api\.localhost")
OPEN = {"/_ministack/ready", "/_ministack/health"}  # whether it runs, and nothing else
FORM = b"application/x-www-form-urlencoded"
SAVES = "/_advent/saves"


class Guard:
    """An ASGI application in front of another.

    `names_key` tells whether a request names an access key at all; whose it is, and whether the signature is right, is
    for the engine to find out. `is_root` checks a signature here, for the pages for which the engine asks for none.
    `saves` is what is answered to the question how saving went.
    """

    def __init__(
        self,
        app: App,
        *,
        names_key: Callable[[Scope], bool],
        is_root: Callable[[Scope, bytes], bool],
        saves: Callable[[], dict[str, Any]],
    ) -> None:
        self._app, self._names_key, self._is_root, self._saves = app, names_key, is_root, saves

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] == "websocket":  # advent makes no API that speaks it
            await receive()
            return await send({"type": "websocket.close", "code": 1008})  # RFC 6455, 7.4.1: policy violation
        if scope["type"] == "lifespan":  # the server's process begins and ends the engine itself
            return await _lifespan(receive, send)
        if call := api_call(scope):
            return await self._app(call, receive, send)
        if why := foreign(scope):
            return await _refuse(scope, send, why)
        if scope["path"] == SAVES:
            return await _answer(send, 200, self._saves())
        if scope["path"].startswith("/_") and scope["path"] not in OPEN:
            body = await _body(receive)
            if not self._is_root(scope, body):
                return await _refuse(scope, send, "this page of the engine is for its root user")
            receive = _again(body, receive)
        elif scope["path"] not in OPEN and not self._names_key(scope):
            return await _refuse(scope, send, "Missing Authentication Token", "MissingAuthenticationToken")
        return await self._app(scope, receive, send)


def api_call(scope: Scope) -> Scope | None:
    """The request if it calls an API, which is open to all as on AWS, and whose function decides who gets in; or None.

    It is changed so that nothing but the API can be meant: the engine finds other services by foreign names in `Host`,
    and its own pages before an API that is named there.
    """
    host, port = scope["server"]
    others = [(key, value) for key, value in scope["headers"] if key.lower() != b"host"]
    call = {**scope, "headers": [(b"host", f"{host}:{port}".encode()), *others]}
    if API.fullmatch(scope["path"]):
        return call
    named = [API_HOST.fullmatch(_name(value)) for value in _values(scope, b"host")]
    if len(named) == 1 and named[0]:
        prefix = f"/_aws/execute-api/{named[0][1]}"
        raw = scope.get("raw_path") or urllib.parse.quote(scope["path"]).encode()
        return {**call, "path": prefix + scope["path"], "raw_path": prefix.encode() + raw}
    return None


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


async def _body(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    return body


def _again(body: bytes, receive: Receive) -> Receive:
    """What receives a body that was read already, and then what else may come."""
    pending = [body]

    async def again() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": pending.pop()} if pending else await receive()

    return again


async def _refuse(scope: Scope, send: Send, why: str, code: str = "AccessDenied") -> None:
    """Answer 403, in the protocol of who asks: XML for a service that is asked by a form, else JSON."""
    if any(value.startswith(FORM) for value in _values(scope, b"content-type")):
        error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{why}</Message></Error>"
        return await _send(send, 403, b"text/xml", f"<ErrorResponse>{error}</ErrorResponse>".encode())
    return await _answer(send, 403, {"__type": code, "message": why})


async def _answer(send: Send, status: int, document: dict[str, Any]) -> None:
    await _send(send, status, b"application/json", json.dumps(document).encode())


async def _send(send: Send, status: int, kind: bytes, body: bytes) -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
