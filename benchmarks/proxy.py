"""A proxy in front of the engine that makes each call longer, notes it, and may answer as AWS would."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.support.proxy import operation

Answer = bytes
Forward = Callable[[], Awaitable[Answer]]
Behaviour = Callable[["Request", Forward], Awaitable[Answer]]


@dataclass(frozen=True)
class Request:
    """A call as it came, and its name, as in `sns:CreateTopic`."""

    name: str
    path: str
    body: bytes


@dataclass(frozen=True)
class Call:
    """When a call came and was answered, in seconds of time.monotonic, and with what status."""

    name: str
    began: float
    ended: float
    status: int


async def as_it_is(request: Request, forward: Forward) -> Answer:  # noqa: ARG001 (a behaviour)
    """The engine's own answer."""
    return await forward()


@dataclass
class Proxy:
    """What the proxy does to each call from now on, and the calls so far; the engine's own pages are no calls."""

    upstream: int
    delay: float = 0.0
    behaviour: Behaviour = as_it_is
    calls: list[Call] = field(default_factory=list)
    port: int = 0

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a client, over a connection of its own to the engine."""
        engine = _Connection(self.upstream)
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head, body = await read_message(reader)
                writer.write(await self._answer(engine, head, body))
                await writer.drain()
        engine.close()
        writer.close()

    async def _answer(self, engine: "_Connection", head: bytes, body: bytes) -> Answer:
        async def forward() -> Answer:
            return await engine.ask(head + body)

        method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
        if path.startswith(("/_ministack", "/_advent")):
            return await forward()
        began = time.monotonic()
        await asyncio.sleep(self.delay)
        name = operation(method, path, _headers(head), body)
        answer = await self.behaviour(Request(name, path, body), forward)
        self.calls.append(Call(name, began, time.monotonic(), int(answer.split(b" ", 2)[1])))
        return answer


@contextmanager
def running(upstream: int) -> Iterator[Proxy]:
    """A proxy in front of this port, while this is entered."""
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
    """A connection to the engine, opened when it is needed, and again if the engine has closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes) -> Answer:
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
    """A request or an answer of HTTP/1.1, its head and its body as they came."""
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
