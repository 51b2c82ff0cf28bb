"""A connection to Slack is replaced before it ends, or at once if it is lost, and what arrives is acknowledged."""

import socket
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme
from wsproto.events import TextMessage

from advent_cli.aws.http_client import HttpClient, NoResponseError
from advent_cli.errors import TargetError
from advent_cli.messages import socket_mode
from advent_cli.messages.slack_commands import Payload, SlashCommand
from advent_cli.messages.socket_mode import Listener
from tests.aws.test_http_client import UNKNOWN, tunnels
from tests.support import fake_slack
from tests.support.fake_slack import TOKEN, FakeSlack, WebSocket, wait_until

REPLY: Payload = {"response_type": "in_channel", "text": "some = 1"}


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSlack]:
    with fake_slack.running() as slack:
        monkeypatch.setenv("ADVENT_SLACK_API_URL", slack.environment["ADVENT_SLACK_API_URL"])
        yield slack


@contextmanager
def listening(slack: FakeSlack, message: Payload | None = REPLY) -> Iterator[tuple[Listener, list[str]]]:
    """A listener that keeps its connection open and acknowledges with this message; and its notes."""
    notes: list[str] = []
    listener = Listener(TOKEN, HttpClient(), lambda command: assert_sent(command, message))
    listener.connect()
    with ThreadPoolExecutor(1) as pool:
        keeping = pool.submit(listener.keep_open, notes.append)
        try:
            wait_until(lambda: bool(slack.sockets))
            yield listener, notes
        finally:
            slack.error = "token_revoked"
            while not keeping.done():  # it may just be connecting
                listener.connections[-1].has_ended.set()
                time.sleep(0.02)
            assert isinstance(keeping.exception(), TargetError)
            for each in listener.connections:
                each.close()


def assert_sent(command: SlashCommand, message: Payload | None) -> None:
    assert command.acknowledge(message)


def acknowledged(slack: FakeSlack, over: WebSocket, number: int) -> Payload | None:
    """The payload with which an envelope over this connection is acknowledged."""
    fields = {"command": "/count", "text": "some"}
    envelope = {"type": "slash_commands", "envelope_id": f"{id(over)}-{number}", "payload": fields}
    over.send_json(envelope)
    wait_until(lambda: slack.acknowledged(envelope) is not None)
    return slack.acknowledged(envelope)


def test_the_old_connection_is_read_beside_the_new_one_until_slack_closes_it(slack: FakeSlack) -> None:
    with listening(slack) as (listener, notes):
        for number in range(1, 4):
            old = slack.sockets[-1]
            old.send_json({"type": "disconnect", "reason": "warning"})
            wait_until(lambda count=number: slack.connections == count + 1)  # type: ignore[misc]
            assert slack.sockets == [old, slack.sockets[-1]]
            assert acknowledged(slack, slack.sockets[-1], number) == acknowledged(slack, old, number) == REPLY
            slack.close([old])
        assert len(listener.connections) <= 2
        assert notes == []


def test_a_dead_connection_is_noticed_and_replaced(slack: FakeSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that a computer finds when it wakes up: nothing comes, and no pong."""
    with listening(slack):
        slack.sockets[0].answers_pings = False
        asleep = time.time() + 3600
        monkeypatch.setattr(time, "time", lambda: asleep)
        wait_until(lambda: slack.connections == 2)


def test_an_end_without_a_close_frame_is_noticed_at_once(slack: FakeSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_mode, "PING_EVERY", 3600)
    with listening(slack):
        slack.sockets[0].sock.shutdown(socket.SHUT_RDWR)
        wait_until(lambda: slack.connections == 2, within=60)
        wait_until(lambda: len(slack.sockets) == 1)
        assert acknowledged(slack, slack.sockets[0], 1) == REPLY


def test_a_lost_connection_is_noted_once_and_found_again(slack: FakeSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_mode, "TRY_EVERY", 0.01)
    with listening(slack) as (_, notes):
        slack.error = "internal_error"
        slack.close(slack.sockets)
        wait_until(lambda: len(slack.tokens) > 5)
        slack.error = None
        wait_until(lambda: len(notes) == 2)
    assert notes == ["note: Slack is busy: internal_error; trying again", "note: connected again"]


ODD = ["", "[]", "{", "null", "{}", '{"type": 7}', '{"type": "hello", "payload": []}', '{"type": "events_api"}']
ODD += ['{"type": "slash_commands"}', '{"type": "slash_commands", "envelope_id": "1", "payload": "text"}']
ODD += ['{"type": "slash_commands", "envelope_id": {}, "payload": {}}', '{"type": "disconnect", "reason": ["x"]}']


def test_odd_messages_keep_no_command_from_being_answered(slack: FakeSlack) -> None:
    with listening(slack):
        for number, odd in enumerate(ODD):
            over = slack.sockets[-1]
            over.send(TextMessage(data=odd))
            assert acknowledged(slack, over, number) == REPLY, odd


def test_a_long_text_arrives_and_is_answered(slack: FakeSlack) -> None:
    with listening(slack):
        envelope = slack.type("/count " + "word " * 400_000)
        wait_until(lambda: slack.acknowledged(envelope) == REPLY)


def test_without_a_greeting_there_is_no_connection(slack: FakeSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_mode, "TIMEOUT", 0.3)
    slack.greets = False
    with pytest.raises(NoResponseError, match="Slack cannot be reached: it sends no greeting"):
        Listener(TOKEN, HttpClient(), lambda _: None).connect()


def test_slacks_limit_of_calls_is_kept(slack: FakeSlack) -> None:
    slack.limited = 1
    with listening(slack):
        assert len(slack.tokens) == 2


@pytest.fixture
def secure(slack: FakeSlack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[tuple[FakeSlack, list[str]]]:
    """Slack behind TLS and a proxy, and the first line of each request to the proxy."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(UNKNOWN).configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    slack.tls = context
    for name in ("https_proxy", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with tunnels(slack.server_port) as (proxy, asked):
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "authority.pem"))
        monkeypatch.setenv("ADVENT_SLACK_API_URL", f"https://{UNKNOWN}/api/")
        yield slack, asked


def test_a_long_reply_is_acknowledged_whole_over_tls_and_a_proxy(secure: tuple[FakeSlack, list[str]]) -> None:
    slack, asked = secure
    long = {**REPLY, "text": "some = 1, " * 20_000}
    with listening(slack, long):
        for number in range(3):
            assert acknowledged(slack, slack.sockets[0], number) == long
    assert {each.rpartition(" ")[0] for each in asked} == {f"CONNECT {UNKNOWN}:443"}


def test_no_proxy_is_heeded(slack: FakeSlack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with listening(slack):
        assert acknowledged(slack, slack.sockets[0], 1) == REPLY
