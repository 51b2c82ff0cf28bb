"""A proxy between advent and the engine that names each call and can spoil one of them."""

import re
import socket
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from advent_cli.aws.endpoint import Endpoint
from advent_cli.local.lifecycle import Engine

Fault = Callable[["Handler", bytes], None]
Meet = Callable[[str, "Handler", bytes], None]


@dataclass
class Proxy:
    """Passes calls on to `engine`; the one with the number `spoil` (from 0) meets `fault` instead.

    `script` names operations whose next calls meet these faults, one after the other. `meet` gets each call, with its
    name, that meets no fault.
    """

    engine: Engine
    spoil: int = -1
    fault: Fault | None = None
    script: dict[str, list[Fault]] = field(default_factory=dict)
    meet: Meet = field(default_factory=lambda: passing)
    calls: list[str] = field(default_factory=list)
    port: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def endpoint(self) -> Endpoint:
        """How to reach the engine through this proxy."""
        url = f"http://127.0.0.1:{self.port}"
        return replace(self.engine.endpoint, url=url, api_url=f"{url}/_aws/execute-api/{{api_id}}")

    def begin(self, spoil: int = -1, fault: Fault | None = None) -> None:
        """Forget the calls so far, and spoil another one."""
        with self.lock:
            self.calls.clear()
            self.script = {}
            self.spoil, self.fault = spoil, fault


@contextmanager
def running(engine: Engine) -> Iterator[Proxy]:
    """A proxy in front of the engine, while this is entered."""
    proxy = Proxy(engine)
    with Server(("127.0.0.1", 0), Handler) as server:
        server.proxy = proxy
        proxy.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield proxy
        server.shutdown()


class Server(ThreadingHTTPServer):
    """Threads that end with the test run."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    proxy: Proxy

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away, as a killed one does; anything else is a mistake of a test."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        proxy = self.server.proxy
        with proxy.lock:
            number = len(proxy.calls)
            name = operation(self.command, self.path, dict(self.headers), body)
            proxy.calls.append(name)
            fault = proxy.fault if number == proxy.spoil else None
            if proxy.script.get(name):
                fault = proxy.script[name].pop(0)
        if fault:
            fault(self, body)
        else:
            proxy.meet(name, self, body)

    do_GET = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = do_POST

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def upstream(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """What the engine answers."""
        connection = HTTPConnection("127.0.0.1", self.server.proxy.engine.port, timeout=60)
        try:
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            content = answer.read()
            skip = ("content-length", "transfer-encoding", "connection", "date", "server")
            return answer.status, {k: v for k, v in answer.getheaders() if k.lower() not in skip}, content
        finally:
            connection.close()

    def cut(self) -> None:
        """End the connection without a word."""
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


def signature(engine: Engine, service: str, request: AWSRequest) -> dict[str, str]:
    """The headers of a request to a service, which the engine's root user has signed."""
    SigV4Auth(Credentials(engine.access_key, engine.secret_key), service, "us-east-1").add_auth(request)
    return dict(request.headers)


def sign_as_root(handler: "Handler", body: bytes) -> None:
    """Have a call come from the engine's root user, whoever has sent it."""
    engine, replaced = handler.server.proxy.engine, ("x-amz-date", "x-amz-content-sha256", "x-amz-security-token")
    headers = {
        name: value
        for name, value in handler.headers.items()
        if name.lower() == "content-type" or (name.lower().startswith("x-amz-") and name.lower() not in replaced)
    }
    request = AWSRequest(handler.command, f"{engine.url}{handler.path}", headers, body)
    for name, value in signature(engine, service_of(dict(handler.headers)), request).items():
        del handler.headers[name]
        handler.headers[name] = value
    handler.headers.replace_header("Host", f"127.0.0.1:{engine.port}")


def pass_on(handler: Handler, body: bytes) -> None:
    """No fault."""
    handler.answer(*handler.upstream(body))


def passing(name: str, handler: Handler, body: bytes) -> None:
    """Pass every call on."""
    pass_on(handler, body)


def cut_before(handler: Handler, body: bytes) -> None:
    """The call never arrives."""
    handler.cut()


def cut_after(handler: Handler, body: bytes) -> None:
    """The call is carried out, and its answer is lost."""
    handler.upstream(body)
    handler.cut()


def delay(handler: Handler, body: bytes) -> None:
    """The answer takes its time."""
    time.sleep(0.3)
    pass_on(handler, body)


def throttle(handler: Handler, body: bytes) -> None:
    """Too many calls."""
    service = service_of(dict(handler.headers))
    if service in ("lambda", "apigateway"):
        refuse(handler, 429, "TooManyRequestsException", "Rate exceeded")
    else:
        code = "Throttling" if service in ("iam", "sns", "sts") else "ThrottlingException"
        refuse(handler, 400, code, "Rate exceeded")


def error_500(handler: Handler, body: bytes) -> None:
    """Something broke at their end."""
    refuse(handler, 500, "InternalFailure", "We are sorry.")


FAULTS: dict[str, Fault] = {fault.__name__: fault for fault in (throttle, error_500, cut_before, cut_after, delay)}


def refuse(handler: Handler, status: int, code: str, message: str) -> None:
    """An error in the form of the service's protocol."""
    if service_of(dict(handler.headers)) in ("iam", "sns", "sts"):
        error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        text = f"<ErrorResponse>{error}<RequestId>0</RequestId></ErrorResponse>"
        handler.answer(status, {"Content-Type": "text/xml"}, text.encode())
    else:
        text = f'{{"__type": "{code}", "message": "{message}", "Message": "{message}"}}'
        handler.answer(status, {"Content-Type": "application/json", "x-amzn-ErrorType": code}, text.encode())


def refusing(status: int, code: str, message: str) -> Fault:
    """A fault that answers with this error."""

    def fault(handler: Handler, body: bytes) -> None:
        refuse(handler, status, code, message)

    return fault


def changing(old: str, new: str) -> Fault:
    """A fault that passes the call on and changes a text in the answer."""

    def fault(handler: Handler, body: bytes) -> None:
        status, headers, content = handler.upstream(body)
        signed = {name: value for name, value in headers.items() if name.lower() != "x-amz-crc32"}
        handler.answer(status, signed, re.sub(old, new, content.decode()).encode())

    return fault


def service_of(headers: dict[str, str]) -> str:
    """The service that a request was signed for."""
    found = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", headers.get("Authorization", ""))
    return found[1] if found else "none"


def operation(method: str, path: str, headers: dict[str, str], body: bytes) -> str:
    """A call's name, as in `sns:CreateTopic`."""
    service = service_of(headers)
    if "X-Amz-Target" in headers:
        return f"{service}:{headers['X-Amz-Target'].split('.')[-1]}"
    action = urllib.parse.parse_qs(body.decode("latin-1")).get("Action")
    if action and service in ("iam", "sns", "sts"):
        return f"{service}:{action[0]}"
    for verb, pattern, name in rest_operations(service):
        if verb == method and pattern.fullmatch(path.split("?")[0]):
            return f"{service}:{name}"
    return f"{service}:{method} {path}"


@cache
def rest_operations(service: str) -> list[tuple[str, re.Pattern[str], str]]:
    """Method, path and name of each operation of a service whose calls are told apart by these."""
    models = {"lambda": "lambda", "apigateway": "apigatewayv2"}
    if service not in models:
        return []
    model: Any = botocore.session.Session().get_service_model(models[service])
    operations = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        pattern = re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(http["requestUri"].split("?")[0].rstrip("/")))
        operations.append((http["method"], re.compile(pattern + "/?"), name))
    return operations
