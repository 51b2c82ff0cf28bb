"""A link in front of a server that delays every byte sent to it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def link(port: int, seconds: float) -> Iterator[int]:
    """A local port that forwards to `port` with a delay of `seconds`."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.CancelledError):  # when the link is closed
            responses, requests = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(_carry(reader, requests, seconds), _carry(responses, writer, 0))

    async def listen() -> asyncio.Server:
        return await asyncio.start_server(connected, "127.0.0.1", 0, backlog=512)

    async def close() -> None:
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    server = asyncio.run_coroutine_threadsafe(listen(), loop).result()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _carry(source: asyncio.StreamReader, target: asyncio.StreamWriter, seconds: float) -> None:
    """Forward the stream, each chunk `seconds` after it arrived."""
    loop = asyncio.get_running_loop()

    def write(data: bytes) -> None:
        if data:
            target.write(data)
        else:
            target.close()

    data = b" "
    with suppress(OSError):
        while data:
            data = await source.read(1 << 16)
            if seconds:
                loop.call_later(seconds, write, data)
            else:
                write(data)
