"""A Slack workspace with Socket Mode, as "Using Socket Mode" on docs.slack.dev describes it.

What a connection did not acknowledge before it closed is sent again on the next one. Which connection gets a command is
left open there, so here it is any.
"""

import base64
import hashlib
import itertools
import json
import random
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import RLock, Thread
from typing import Any

from wsproto.connection import Connection, ConnectionType
from wsproto.events import CloseConnection, Event, Ping, TextMessage
from wsproto.utilities import LocalProtocolError

TOKEN = "xapp-1-A0123456789-1234567890123-0123456789abcdef"
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455
Envelope = dict[str, Any]


class WebSocket:
    """A connection of an app; `unacknowledged` are the envelopes sent over it, by their ids."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock, self.frames, self.lock = sock, Connection(ConnectionType.SERVER), RLock()
        self.unacknowledged: dict[str, Envelope] = {}
        self.answers_pings = True

    def send(self, event: Event) -> None:
        """Send a frame; after the end of the connection it is lost."""
        with self.lock, suppress(OSError, LocalProtocolError):
            self.sock.sendall(self.frames.send(event))

    def send_json(self, message: Envelope) -> None:
        """Send a message."""
        self.send(TextMessage(data=json.dumps(message)))

    def messages(self) -> Iterator[Envelope]:
        """What the app sends, until it closes the connection."""
        text = ""
        while data := _received(self.sock):
            with self.lock:
                self.frames.receive_data(data)
                events = list(self.frames.events())
            for event in events:
                if isinstance(event, Ping) and self.answers_pings:
                    self.send(event.response())
                elif isinstance(event, TextMessage):
                    text += event.data
                    if event.message_finished:
                        yield json.loads(text)
                        text = ""


def _received(sock: socket.socket) -> bytes:
    try:
        return sock.recv(1 << 16)
    except OSError:
        return b""


class FakeSlack(ThreadingHTTPServer):
    """The workspace; `error` is what it answers to whoever wants to connect, the first `limited` times with 429.

    With `tls` it is at another host, which only a proxy knows, and `greets` says whether it sends hello.
    """

    daemon_threads = True
    error: str | None = None
    limited = 0
    greets = True
    tls: ssl.SSLContext | None = None

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.lock, self.numbers = RLock(), itertools.count(1)
        self.sockets: list[WebSocket] = []
        self.unsent: list[Envelope] = []
        self.acknowledgements: list[Envelope] = []
        self.responses: list[tuple[str, Envelope]] = []
        self.tokens: list[str] = []
        self.connections = 0

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead a program here."""
        return {"ADVENT_SLACK_API_URL": f"{self.url}/api/", "ADVENT_SLACK_APP_TOKEN": TOKEN}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def type(self, words: str) -> Envelope:
        """A person types a slash command; returns its envelope."""
        command, _, text = words.partition(" ")
        number = next(self.numbers)
        payload = {
            "token": "gIkuvaNzQIHg97ATvDxqgjtO",
            "team_id": "T0001",
            "team_domain": "example",
            "channel_id": "C2147483705",
            "channel_name": "test",
            "user_id": "U2147483697",
            "user_name": "ann",
            "command": command,
            "text": text,
            "api_app_id": "A123456",
            "is_enterprise_install": "false",
            "response_url": f"{self.url}/api/commands/{number}",
            "trigger_id": f"13345224609.738474920.{number}",
        }
        envelope = {
            "envelope_id": f"envelope-{number}",
            "type": "slash_commands",
            "accepts_response_payload": True,
            "payload": payload,
        }
        self.send(envelope)
        return envelope

    def send(self, envelope: Envelope) -> None:
        """Send an envelope over any connection, or once there is one."""
        with self.lock:
            if not self.sockets:
                return self.unsent.append(envelope)
            chosen = random.choice(self.sockets)
            chosen.unacknowledged[envelope["envelope_id"]] = envelope
        return chosen.send_json(envelope)

    def refresh(self, reason: str = "warning") -> None:
        """Announce that the connections end, and end them once there is another one."""
        with self.lock:
            old, before = list(self.sockets), self.connections
        for each in old:
            each.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "wss-111.slack.com"}})
        wait_until(lambda: self.connections > before)
        self.close(old)

    def close(self, sockets: Sequence[WebSocket]) -> None:
        """Close connections of apps."""
        with self.lock:
            self.sockets = [each for each in self.sockets if each not in sockets]
        for each in sockets:
            each.send(CloseConnection(code=1000))

    def acknowledged(self, envelope: Envelope) -> Envelope | None:
        """The payload with which an envelope was acknowledged, once; {} without one, None if it was not."""
        found = [each for each in self.acknowledgements if each["envelope_id"] == envelope["envelope_id"]]
        assert len(found) < 2, found
        return found[0].get("payload", {}) if found else None

    def serve_socket(self, sock: socket.socket) -> None:
        """Speak with an app until it closes the connection."""
        own = WebSocket(sock)
        if self.greets:
            own.send_json({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A123456"}})
        with self.lock:
            self.sockets.append(own)
            self.connections += 1
            unsent, self.unsent = self.unsent, []
        for envelope in unsent:
            self.send(envelope)
        for message in own.messages():
            with self.lock:
                self.acknowledgements.append(message)
                for each in (*self.sockets, own):
                    each.unacknowledged.pop(message["envelope_id"], None)
        with self.lock:
            if own in self.sockets:
                self.sockets.remove(own)
        for envelope in list(own.unacknowledged.values()):
            if self.acknowledged(envelope) is None:
                self.send(envelope)


class _Handler(BaseHTTPRequestHandler):
    server: FakeSlack
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        if self.server.tls:
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        super().finish()
        if self.server.tls:
            self.request.close()  # the server closes only what it accepted

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path != "/api/apps.connections.open":
            self.server.responses.append((self.path, json.loads(body)))
            return self.answer({"ok": True})
        self.server.tokens.append(self.headers["Authorization"])
        if self.server.limited:
            self.server.limited -= 1
            return self.answer({"ok": False, "error": "ratelimited"}, 429)
        if self.server.error:
            return self.answer({"ok": False, "error": self.server.error})
        scheme = "wss" if self.server.tls else "ws"
        return self.answer({"ok": True, "url": f"{scheme}://{self.headers['Host']}/link/?ticket=1"})

    def do_GET(self) -> None:
        accept = hashlib.sha1(self.headers["Sec-WebSocket-Key"].encode() + GUID).digest()  # noqa: S324 (RFC 6455)
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(accept).decode())
        self.end_headers()
        self.server.serve_socket(self.connection)
        self.close_connection = True

    def answer(self, document: Envelope, status: int = 200) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        if status == 429:
            self.send_header("Retry-After", "0")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def running() -> Iterator[FakeSlack]:
    """A workspace, while this is entered."""
    with FakeSlack() as slack:
        thread = Thread(target=slack.serve_forever)
        thread.start()
        try:
            yield slack
        finally:
            slack.shutdown()
            thread.join()


def wait_until(ready: Callable[[], bool], within: float = 120) -> None:
    """Wait until this is so; a test fails only after much longer than it takes."""
    began = time.monotonic()
    while not ready():
        assert time.monotonic() - began < within, "it never came"
        time.sleep(0.02)
