"""A proxy in front of the engine that delays and records each call, and can respond as AWS would."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.support.proxy import operation

Response = bytes
Forward = Callable[[], Awaitable[Response]]
Behaviour = Callable[["Request", Forward], Awaitable[Response]]


@dataclass(frozen=True)
class Request:
    """A call and its name, as in `sns:CreateTopic`."""

    name: str
    path: str
    body: bytes


@dataclass(frozen=True)
class Call:
    """When a call arrived and was answered, in seconds of time.monotonic, and its HTTP status."""

    name: str
    began: float
    ended: float
    status: int


async def unchanged(request: Request, forward: Forward) -> Response:  # noqa: ARG001 (the signature of a behaviour)
    """The engine's own response."""
    return await forward()


@dataclass
class Proxy:
    """What the proxy does to each call, and the calls so far; requests for the engine's own pages are not recorded."""

    upstream: int
    delay: float = 0.0
    behaviour: Behaviour = unchanged
    calls: list[Call] = field(default_factory=list)
    port: int = 0

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a client over its own connection to the engine."""
        engine = _Connection(self.upstream)
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head, body = await read_message(reader)
                writer.write(await self._respond(engine, head, body))
                await writer.drain()
        engine.close()
        writer.close()

    async def _respond(self, engine: "_Connection", head: bytes, body: bytes) -> Response:
        async def forward() -> Response:
            return await engine.send(head + body)

        method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
        if path.startswith(("/_ministack", "/_advent")):
            return await forward()
        began = time.monotonic()
        await asyncio.sleep(self.delay)
        name = operation(method, path, _headers(head), body)
        response = await self.behaviour(Request(name, path, body), forward)
        self.calls.append(Call(name, began, time.monotonic(), int(response.split(b" ", 2)[1])))
        return response


@contextmanager
def running(upstream: int) -> Iterator[Proxy]:
    """A running proxy in front of this port."""
    proxy, loop = Proxy(upstream), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def listen() -> asyncio.Server:
        return await asyncio.start_server(proxy.connected, "127.0.0.1", 0, backlog=512)

    async def close() -> None:
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    server = asyncio.run_coroutine_threadsafe(listen(), loop).result()
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        asyncio.run_coroutine_threadsafe(close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class _Connection:
    """A connection to the engine, opened on demand, and reopened if the engine closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, request: bytes) -> Response:
        if self._streams is None or self._streams[0].at_eof():
            self.close()
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(request)
        return b"".join(await read_message(reader))

    def close(self) -> None:
        if self._streams:
            self._streams[1].close()


async def read_message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """An HTTP/1.1 request or response: its head and body, as received."""
    head = await reader.readuntil(b"\r\n\r\n")
    headers = _headers(head)
    if "chunked" in headers.get("Transfer-Encoding", ""):
        body, size = b"", -1
        while size:
            line = await reader.readuntil(b"\r\n")
            size = int(line.split(b";")[0], 16)
            body += line + await reader.readexactly(size + 2)
        return head, body
    return head, await reader.readexactly(int(headers.get("Content-Length", 0)))


def _headers(head: bytes) -> dict[str, str]:
    lines = (line.partition(":") for line in head.decode("latin-1").split("\r\n")[1:])
    return {name.title(): value.strip() for name, _, value in lines}
