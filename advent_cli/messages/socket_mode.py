"""Receives slash commands over WebSockets that lead to Slack, by the connections of slack_sdk.

See "Using Socket Mode" on docs.slack.dev.
"""

import json
import logging
import os
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from http.client import HTTPException
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from advent_cli.aws.http_client import NoResponseError
from advent_cli.errors import TargetError
from advent_cli.messages.slack_commands import RESPONSE_URLS, Acknowledge, Payload

if TYPE_CHECKING:
    from slack_sdk.socket_mode.builtin.connection import Connection

API_URL = "ADVENT_SLACK_API_URL"  # a variable, for a proxy or a stand-in
PING_EVERY = 2.0  # seconds; without a pong for four times as long, the connection is dead
TRY_EVERY, TIMEOUT = 3.0, 10  # seconds
SILENT = logging.Logger("slack_sdk", logging.CRITICAL + 1)  # it would print what people type
OF_APP = "https://api.slack.com/apps > your app > "
NEW_TOKEN = f"create one with the scope connections:write: {OF_APP}Basic Information > App-Level Tokens"
UNKNOWN = ("Slack does not know this token", NEW_TOKEN)
NO_SCOPE = ("the token lacks the scope connections:write", NEW_TOKEN)
NOT_ALLOWED = ("the workspace does not allow Socket Mode for this app", "ask an administrator of the workspace")
REFUSALS = {  # errors of "apps.connections.open" on docs.slack.dev, and the reason of a disconnect message
    "invalid_auth": UNKNOWN,
    "not_authed": UNKNOWN,
    "token_revoked": ("the token was revoked", NEW_TOKEN),
    "token_expired": ("the token has expired", NEW_TOKEN),
    "account_inactive": ("the app of this token was removed", "install the app again, or create another"),
    "not_allowed_token_type": ("this is not an app-level token", NEW_TOKEN),
    "missing_scope": NO_SCOPE,
    "no_permission": NO_SCOPE,
    "link_disabled": ("Socket Mode is off for this app", f"turn it on: {OF_APP}Socket Mode"),
    "access_denied": NOT_ALLOWED,
    "forbidden_team": NOT_ALLOWED,
    "team_access_not_granted": NOT_ALLOWED,
}

Receive = Callable[[str, Mapping[str, Any], Acknowledge], None]  # gets the envelope's id and the fields


def response_urls() -> tuple[str, ...]:
    """What the URLs begin with that replies may be posted to."""
    given = os.environ.get(API_URL)
    return (*RESPONSE_URLS, urljoin(given, "/")) if given else RESPONSE_URLS


class Listener:
    """Connections to Slack; `receive` gets each slash command, in the thread of its connection.

    When Slack announces the end of a connection, `keep_open` opens the next one, and the old one is read until Slack
    closes it. slack_sdk's SocketModeClient closes it at once, and for up to three seconds reads and sends nothing.
    """

    def __init__(self, token: str, ca_bundle: str | None, receive: Receive) -> None:
        from slack_sdk.web import WebClient

        self.token, self.receive = token, receive
        trusted = ssl.create_default_context(cafile=ca_bundle or os.environ.get("REQUESTS_CA_BUNDLE"))
        url = os.environ.get(API_URL) or WebClient.BASE_URL
        self.api = WebClient(base_url=url, timeout=TIMEOUT, ssl=trusted, logger=SILENT)
        self.open: list[Connection] = []  # the newest is last
        self.is_wanted, self.next_try, self.next_ping = True, 0.0, 0.0
        self.refusal = ""

    def connect(self) -> None:
        """Open a connection; raises NoResponseError if Slack cannot be reached, and TargetError if it refuses."""
        from slack_sdk.errors import SlackApiError
        from slack_sdk.socket_mode.builtin.connection import Connection, ConnectionState

        why = "it opens no WebSocket"
        try:
            url = self.api.apps_connections_open(app_token=self.token)["url"]
        except SlackApiError as error:
            why = str(error.response["error"])
            raise_if_final(why)
        except (OSError, HTTPException, ValueError) as error:  # ValueError: ADVENT_SLACK_API_URL is no URL
            why = str(getattr(error, "reason", error))
        else:
            new = Connection(url, SILENT, self.api.proxy, ping_interval=PING_EVERY, ssl_context=self.api.ssl)
            new.on_message_listener = partial(self._take, new)
            new.connect()
            if new.is_active():
                self.open.append(new)
                self.is_wanted = False
                state = ConnectionState()  # type: ignore[no-untyped-call]
                return Thread(target=new.run_until_completion, args=(state,), daemon=True).start()
        raise NoResponseError("Slack cannot be reached", why=why[:200], hint="check the network, or try later")

    def keep_open(self, notify: Callable[[str], None]) -> None:
        """Ping when it is time to, and connect again if that is wanted; raises TargetError if Slack refuses."""
        raise_if_final(self.refusal)
        if time.monotonic() >= self.next_ping:
            for each in self.open:
                each.check_state()  # closes it if there was no pong, also not for the time that the computer slept
            self.next_ping = time.monotonic() + PING_EVERY
        self.open = [each for each in self.open if each.is_active()]
        if (self.open and not self.is_wanted) or time.monotonic() < self.next_try:
            return
        try:
            self.connect()
        except NoResponseError as error:
            if not self.next_try:
                notify(f"note: the connection is lost, trying again: {error}")
            self.next_try = time.monotonic() + TRY_EVERY
        else:
            if self.next_try:
                notify("note: connected again")
            self.next_try = 0.0

    def _acknowledge(self, connection: "Connection", envelope_id: str, message: Payload | None) -> bool:
        """Acknowledge an envelope, with the message that Slack shows; returns whether that could be sent."""
        from slack_sdk.errors import SlackClientError

        text = json.dumps({"envelope_id": envelope_id, **({"payload": message} if message else {})})
        for each in (connection, *reversed(self.open)):
            with suppress(SlackClientError):
                each.send(text)
                return True
        return False

    def _take(self, connection: "Connection", text: str) -> None:
        message = json.loads(text)
        kind, fields = message.get("type"), message.get("payload")
        if kind == "disconnect":
            self.is_wanted, self.refusal = self.is_wanted or connection in self.open[-1:], str(message.get("reason"))
        elif kind == "slash_commands" and isinstance(fields, dict):
            envelope_id = str(message.get("envelope_id"))
            self.receive(envelope_id, fields, partial(self._acknowledge, connection, envelope_id))


def raise_if_final(code: str) -> None:
    """Raise TargetError if this error of Slack needs somebody to do something."""
    if code in REFUSALS:
        what, hint = REFUSALS[code]
        raise TargetError(what, why=code, hint=hint)
