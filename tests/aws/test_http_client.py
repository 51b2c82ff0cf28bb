"""Requests that are not calls of AWS trust the same certificates, and go through the same proxies, as calls do."""

import http.server
import json
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path

import pytest
import trustme

from advent_cli.aws.http_client import HttpClient, NoResponseError
from advent_cli.errors import AdventError, TargetError
from advent_cli.local.lifecycle import Engine
from advent_cli.messages import post, slack_post
from tests.conftest import Run
from tests.messages.test_post import POST, QUICKLY
from tests.support import proxy as proxies
from tests.support.proxy import Proxy, changing

UNKNOWN = "api.invalid"  # RFC 6761: no such name is ever known


class App(http.server.BaseHTTPRequestHandler):
    """Answers like the word counter, and at one path with a redirect."""

    server: "Secure"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.server.posted.append((self.path, self.headers["Host"], self.headers["Content-Type"]))
        self.send_response(302 if self.path == "/moved" else 200)
        self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(b"" if body == slack_post.SSL_CHECK.body else b'{"text": "some = 1"}')

    def do_GET(self) -> None:
        self.do_POST()

    def log_message(self, *_: object) -> None:
        pass


class Secure(http.server.ThreadingHTTPServer):
    """An HTTPS server whose certificate only `authority` vouches for."""

    posted: list[tuple[str, str, str]]
    authority: Path
    issuer: trustme.CA
    context: ssl.SSLContext

    @property
    def url(self) -> str:
        return f"https://localhost:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that does not accept the certificate."""


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Secure]:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", UNKNOWN).configure_cert(context)
    with Secure(("127.0.0.1", 0), App) as server:
        server.posted, server.authority = [], tmp_path / "authority.pem"
        server.issuer, server.context = authority, context
        authority.cert_pem.write_to_path(str(server.authority))
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def calls(engine: Engine, advent: Run, app: Secure) -> Iterator[Proxy]:
    """The way to an account with the tutorial's app, whose API has its URL at the HTTPS server."""
    advent("--target", "aws", "up", **engine.environment(None))

    def meet(name: str, handler: proxies.Handler, body: bytes) -> None:
        at_server = changing(r'"(apiEndpoint)": ?"[^"]*"', rf'"\1": "{app.url}"')
        (at_server if name == "apigateway:GetApis" else proxies.pass_on)(handler, body)

    with proxies.running(engine) as proxy:
        proxy.meet = meet
        yield proxy


def test_say_and_doctor_trust_the_certificates_that_boto3_trusts(
    calls: Proxy, app: Secure, advent: Run, tmp_path: Path
) -> None:
    env = {**calls.engine.environment(None), "AWS_ENDPOINT_URL": calls.endpoint.url}
    (tmp_path / "aws").write_text(f"[default]\nca_bundle = {app.authority}\n")
    for trusted in ({"AWS_CA_BUNDLE": str(app.authority)}, {"AWS_CONFIG_FILE": "aws"}):
        app.posted.clear()
        assert advent("--target", "aws", "say", "--no-wait", "some", **env, **trusted).stdout == "some = 1\n"
        assert f"{app.url}/aws_advent answers" in advent("--target", "aws", "-v", "doctor", **env, **trusted).stdout
        assert [path for path, *_ in app.posted] == ["/aws_advent", "/aws_advent"]
        assert app.posted[0][2] == "application/x-www-form-urlencoded"  # as Slack's requests
    for error in (
        advent("--target", "aws", "say", "--no-wait", "some", code=3, **env).stderr,
        advent("--target", "aws", "doctor", code=1, **env).stdout,
    ):
        assert "the certificate of localhost is not accepted: unable to get local issuer certificate" in error
        assert "set AWS_CA_BUNDLE, or `ca_bundle` in ~/.aws/config" in error


def test_calls_of_aws_name_the_setting_too(app: Secure, advent: Run, tmp_path: Path) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_ENDPOINT_URL": app.url}
    command = ("--target", "aws", "--region", "eu-west-1", "status")
    assert "set AWS_CA_BUNDLE, or" in advent(*command, code=3, **keys).stderr
    for name, content in (("missing", None), ("empty", ""), ("other", "no certificate")):
        if content is not None:
            (tmp_path / name).write_text(content)
        error = advent(*command, code=3, **keys, AWS_CA_BUNDLE=name).stderr
        assert "cannot read the file of trusted certificates" in error
        assert "check AWS_CA_BUNDLE" in error


def test_the_wrong_host_and_the_wrong_time_are_not_matters_of_trust(app: Secure) -> None:
    client = HttpClient(str(app.authority))
    with pytest.raises(TargetError, match=r"the certificate of 127\.0\.0\.1 is not accepted: hostname") as other:
        client.post(app.url.replace("localhost", "127.0.0.1"), b"", {}, 9)
    assert "another server answers" in other.value.hint
    app.issuer.issue_cert("localhost", not_after=datetime(2020, 1, 1, tzinfo=timezone.utc)).configure_cert(app.context)
    with pytest.raises(TargetError, match=r"the certificate of localhost is not accepted: .* expired") as late:
        client.post(app.url, b"", {}, 9)
    assert "check the clock" in late.value.hint


def test_a_redirect_is_not_followed(app: Secure) -> None:
    """Followed as a GET it would lose the message, as a POST it could count it twice."""
    with pytest.raises(AdventError, match="the API answered 302: it redirects to /elsewhere"):
        post.post(f"{app.url}/moved", POST, QUICKLY, http=HttpClient(str(app.authority)))
    assert [path for path, *_ in app.posted] == ["/moved"]


@contextmanager
def tunnels(port: int) -> Iterator[tuple[str, list[str]]]:
    """The URL of a proxy whose tunnels all end at this port, and the first line of each request to it."""
    asked: list[str] = []

    class Tunnel(http.server.BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            asked.append(self.requestline)
            self.send_response(200)
            self.end_headers()
            with socket.create_connection(("127.0.0.1", port)) as server:
                ends = {self.connection: server, server: self.connection}
                while ends:
                    for ready in select.select(list(ends), [], [])[0]:
                        if data := ready.recv(65536):
                            ends[ready].sendall(data)
                        else:
                            return

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Tunnel) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def test_it_goes_through_the_proxy_that_boto3_takes(app: Secure, monkeypatch: pytest.MonkeyPatch) -> None:
    client, url = HttpClient(str(app.authority)), f"https://{UNKNOWN}/aws_advent"
    for name in ("https_proxy", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with tunnels(app.server_port) as (proxy, asked):
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        assert json.loads(client.post(url, POST.body, {}, 9).text) == {"text": "some = 1"}
        assert asked == [f"CONNECT {UNKNOWN}:443 HTTP/1.0"] or asked == [f"CONNECT {UNKNOWN}:443 HTTP/1.1"]
        assert app.posted[0][1] == UNKNOWN
        monkeypatch.setenv("NO_PROXY", UNKNOWN)
        with pytest.raises(NoResponseError) as direct:
            client.post(url, POST.body, {}, 9)
        assert direct.value.is_unknown_host
        assert len(asked) == 1
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv("HTTPS_PROXY", proxy.replace("http://", "http://me:a-password@"))
    with pytest.raises(NoResponseError, match="does not answer: Failed to connect to proxy URL") as gone:
        client.post(url, POST.body, {}, 9)
    assert not gone.value.is_unknown_host
    assert "a-password" not in str(gone.value)
