"""Receives slash commands by slack_sdk's client for Socket Mode; see "Using Socket Mode" on docs.slack.dev."""

import json
import logging
import os
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http.client import HTTPException
from threading import Event
from typing import Any

from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry import RateLimitErrorRetryHandler
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.web import WebClient

from advent_cli.aws.http_client import HttpClient, NoResponseError, environment_proxies
from advent_cli.errors import TargetError
from advent_cli.messages.slack_commands import API_URL, Payload, SlashCommand

PING_EVERY = 2.0  # seconds; without a pong for four times as long, the connection is dead
TRY_EVERY, TIMEOUT = 3.0, 10  # seconds
SILENT = logging.Logger("slack_sdk", logging.CRITICAL + 1)  # it would print what people type
APPS = "https://api.slack.com/apps > your app >"
NEW_TOKEN = f"create a token with the scope connections:write: {APPS} Basic Information > App-Level Tokens"
NOT_ALLOWED = "the workspace does not allow Socket Mode for this app", "ask an administrator of the workspace"
REFUSALS = {  # errors of "apps.connections.open" on docs.slack.dev; the last is the reason of a disconnect message
    "invalid_auth": ("Slack does not know this token", NEW_TOKEN),
    "token_revoked": ("the token was revoked", NEW_TOKEN),
    "missing_scope": ("the token lacks the scope connections:write", NEW_TOKEN),
    "account_inactive": ("the app of this token was removed", "install the app again, or create another"),
    "access_denied": NOT_ALLOWED,
    "forbidden_team": NOT_ALLOWED,
    "link_disabled": ("Socket Mode is off for this app", f"turn it on: {APPS} Socket Mode"),
}
PASSING = {"fatal_error", "internal_error", "ratelimited", "request_timeout", "service_unavailable"}


class EndingSocket:
    """A socket whose end is an error: slack_sdk takes it for nothing to read yet, and asks again without a pause."""

    def __init__(self, sock: Any) -> None:
        self.sock, self.send, self.close = sock, sock.send, sock.close

    def recv(self, size: int) -> bytes:
        """Read at least a byte; raises ConnectionResetError at the end."""
        if data := self.sock.recv(size):
            return bytes(data)
        raise ConnectionResetError("the connection was closed")


class Connection(SocketModeClient):
    """One connection of a listener; `has_ended` is set as soon as it ends, or Slack announces that.

    By itself slack_sdk would replace it in this object, and for up to three seconds read and send nothing: all the time
    that Slack gives a command. So it is read until Slack closes it, beside its successor.
    """

    def __init__(self, listener: "Listener", url: str) -> None:
        super().__init__(listener.token, SILENT, listener.api, ping_interval=PING_EVERY, receive_buffer_size=1 << 16)
        self.listener, self.wss_uri, self.proxy = listener, url, listener.api.proxy
        self.on_message_listeners.append(self._take)
        self.on_error_listeners.append(lambda _: self.has_ended.set())
        self.has_greeted, self.has_ended, self.reason = Event(), Event(), "it sends no greeting over a WebSocket"

    def connect(self) -> None:
        """Connect to `wss_uri`, and wait for Slack's greeting."""
        super().connect()
        session = self.current_session
        if session and session.sock:
            session.sock = EndingSocket(session.sock)  # type: ignore[assignment]  # it has all that is used of one
            self.has_greeted.wait(TIMEOUT)

    def connect_to_new_endpoint(self, force: bool = False) -> None:  # noqa: FBT001, FBT002 (slack_sdk's signature)
        """Note the end of the connection; with `force` it is a disconnect message, and `_take` notes it."""
        if not force:
            self.has_ended.set()

    def _take(self, text: str) -> None:
        message = json.loads(text) if text.startswith("{") else {}
        kind, fields, envelope_id = message.get("type"), message.get("payload"), message.get("envelope_id")
        if kind == "hello":
            self.has_greeted.set()
        elif kind == "disconnect":
            self.reason = str(message.get("reason"))
            self.has_ended.set()
        elif kind == "slash_commands" and isinstance(fields, dict) and isinstance(envelope_id, str):
            acknowledge = partial(self.listener.acknowledge, self, envelope_id)
            self.listener.receive(SlashCommand(envelope_id, fields, acknowledge))


class Listener:
    """A connection to Slack, and while Slack ends it, its successor too; `receive` gets each slash command."""

    def __init__(self, token: str, http: HttpClient, receive: Callable[[SlashCommand], None]) -> None:
        url = os.environ.get(API_URL) or WebClient.BASE_URL
        trusted = ssl.create_default_context(cafile=http.ca_bundle or os.environ.get("REQUESTS_CA_BUNDLE"))
        self.api = WebClient(base_url=url, timeout=TIMEOUT, ssl=trusted, logger=SILENT)
        self.api.proxy = environment_proxies(url).get("https")  # slack_sdk does not know NO_PROXY
        self.api.retry_handlers.append(RateLimitErrorRetryHandler())
        self.token, self.receive = token, receive
        self.connections: list[Connection] = []  # the newest is last

    def connect(self) -> None:
        """Open a connection; raises NoResponseError if Slack cannot be reached, and TargetError if it refuses."""
        try:
            url = self.api.apps_connections_open(app_token=self.token)["url"]
        except SlackApiError as error:
            raise _refusal(str(error.response["error"])) from None
        except (OSError, HTTPException, ValueError) as error:  # ValueError: ADVENT_SLACK_API_URL is no URL
            raise _unreachable(str(getattr(error, "reason", error))) from None
        new = Connection(self, url)
        new.connect()
        if not new.has_greeted.is_set():
            new.close()
            raise _refusal(new.reason) if new.reason in REFUSALS else _unreachable(new.reason)
        self.connections.append(new)
        for each in self.connections[:-1]:
            if not each.is_connected():
                self.connections.remove(each)
                each.close()  # ends its threads

    def keep_open(self, notify: Callable[[str], None]) -> None:
        """Connect again whenever the newest connection ends; raises TargetError if Slack refuses."""
        is_lost = False
        while True:
            newest = self.connections[-1]
            newest.has_ended.wait()
            if newest.reason in REFUSALS:
                raise _refusal(newest.reason)
            try:
                self.connect()
            except NoResponseError as error:
                if not is_lost:
                    notify(f"note: {error}; trying again")
                is_lost = True
                time.sleep(TRY_EVERY)
            else:
                if is_lost:
                    notify("note: connected again")
                is_lost = False

    def acknowledge(self, connection: Connection, envelope_id: str, message: Payload | None) -> bool:
        """Acknowledge an envelope, with the message that Slack shows; returns whether that could be sent."""
        response = {"envelope_id": envelope_id, **({"payload": message} if message else {})}
        for each in (connection, *self.connections[-1:]):
            with suppress(SlackClientError):
                each.send_socket_mode_response(response)
                return True
        return False


def _refusal(code: str) -> TargetError:
    """What an error of Slack means; a NoResponseError may go away by itself."""
    if code in PASSING:
        return NoResponseError("Slack is busy", why=code, hint="try later")
    what, hint = REFUSALS.get(code, ("Slack refuses to connect", NEW_TOKEN))
    return TargetError(what, why=code[:200], hint=hint)


def _unreachable(why: str) -> NoResponseError:
    return NoResponseError("Slack cannot be reached", why=why[:200], hint="check the network, or try later")
