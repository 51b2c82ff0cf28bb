"""ASGI plumbing for the guard: types, reading requests, sending responses. Decides nothing."""

import asyncio
import html
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Refusal = tuple[str, str]  # an AWS error code and its message

FORM = b"application/x-www-form-urlencoded"


def header_values(scope: Scope, name: bytes) -> list[bytes]:
    """The values of all headers of this name, which is lowercase."""
    return [value for key, value in scope["headers"] if key.lower() == name]


async def read_body(receive: Receive, limit: int) -> bytes | None:
    """The body of a request; None if it is longer than `limit` bytes.

    Raises ConnectionAbortedError if the client disconnects before the end of the body.
    """
    parts, length, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionAbortedError  # a partial body is not a request
        parts.append(message.get("body", b""))
        length += len(parts[-1])
        if length > limit:
            return None
        more = message.get("more_body", False)
    return b"".join(parts)


def replay(body: bytes, receive: Receive) -> Receive:
    """A `receive` that returns a body that was read already, and then the messages that follow it."""
    pending = [body]

    async def receive_again() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": pending.pop()} if pending else await receive()

    return receive_again


async def send_refusal(scope: Scope, send: Send, refusal: Refusal) -> None:
    """Respond with 403 in the protocol of the request: XML to a form, as for the query services, else JSON."""
    code, message = refusal
    if any(value.startswith(FORM) for value in header_values(scope, b"content-type")):
        error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{html.escape(message)}</Message></Error>"
        return await _send(send, 403, b"text/xml", f"<ErrorResponse>{error}</ErrorResponse>".encode())
    return await send_json(send, 403, {"__type": code, "message": message})


async def send_json(send: Send, status: int, document: dict[str, Any]) -> None:
    """Respond with a JSON document."""
    await _send(send, status, b"application/json", json.dumps(document).encode())


async def _send(send: Send, status: int, content_type: bytes, body: bytes) -> None:
    headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def acknowledge_lifespan(receive: Receive, send: Send) -> None:
    """Acknowledge startup and shutdown without doing anything."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def run_lifespan(app: App, phase: str) -> None:
    """Make an application start up or shut down (`phase` is startup or shutdown); raises what it raises."""
    done, pending = asyncio.Event(), [{"type": f"lifespan.{phase}"}]

    async def receive() -> dict[str, str]:
        if not pending:
            await asyncio.Event().wait()  # never set: the task is cancelled first
        return pending.pop()

    async def send(_: Any) -> None:
        done.set()

    task = asyncio.ensure_future(app({"type": "lifespan"}, receive, send))
    waiting = asyncio.ensure_future(done.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if task.done():
        task.result()
    task.cancel()
