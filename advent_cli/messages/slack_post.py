"""Slack's side: the requests it sends, how it signs them, and how it shows a reply."""

import hashlib
import hmac
import json
import re
import time
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from advent_cli.config.schema import Slack

CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")  # they separate words, as in handlers/slack.py
FORWARDER = "advent-slack-listen"  # not Slackbot, by which `slack check` knows Slack
ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}  # docs.slack.dev, "Formatting message text"; & must come first


@dataclass(frozen=True)
class SlackRequest:
    """A request from Slack: the encoded form, and its headers."""

    body: bytes
    headers: dict[str, str]


SSL_CHECK = SlackRequest(b"ssl_check=1", {})  # Slack sends it now and then to check the URL; counts nothing


def build_request(text: str, slack: Slack | None, secret: str | None) -> SlackRequest:
    """The request that Slack sends when a person in a channel of a test team types `text`.

    `/command some words` becomes a slash command, signed with the secret if there is one; other text an outgoing
    webhook, with the secret as its token.
    """
    sender = {
        "team_id": "T0001",
        "team_domain": "advent",
        "channel_id": "C2147483705",
        "channel_name": "test",
        "user_id": "U2147483697",
        "user_name": "advent",
    }
    if is_command(text):
        command, _, rest = text.partition(" ")
        body = _form({**sender, "command": command, "text": escape(rest)})
        return SlackRequest(body, _signed(body, secret) if secret else {})
    now = f"{time.time():.6f}"
    token = {"token": secret or "advent-say", "timestamp": now, "trigger_word": slack.trigger_word if slack else ""}
    return SlackRequest(_form({**sender, **token, "text": escape(text)}), {})


def forward(fields: Mapping[str, Any], secret: str | None) -> SlackRequest:
    """The request that Slack sends for a slash command with these fields, but by another sender."""
    body = _form({name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()})
    return SlackRequest(body, {"User-Agent": FORWARDER, **(_signed(body, secret) if secret else {})})


def is_command(text: str) -> bool:
    """Whether the text is a slash command."""
    return text.startswith("/")


def counted_words(text: str) -> list[str]:
    """The words that the app counts, as handlers/slack.py reads them: of a slash command those after its name."""
    return CONTROLS.sub(" ", text.partition(" ")[2] if is_command(text) else text).split()


def escape(text: str) -> str:
    """The text with Slack's escapes, as it sends it."""
    for plain, escaped in ESCAPES.items():
        text = text.replace(plain, escaped)
    return text


def unescape(reply: str) -> str:
    """The reply without Slack's escapes, as it shows it."""
    for plain, escaped in reversed(ESCAPES.items()):
        reply = reply.replace(escaped, plain)
    return reply


def _form(fields: dict[str, str]) -> bytes:
    return urllib.parse.urlencode(fields, errors="replace").encode()


def _signed(body: bytes, secret: str) -> dict[str, str]:
    """The signature headers of a request; see "Verifying requests from Slack", version 0, on docs.slack.dev."""
    sent = str(int(time.time()))
    digest = hmac.new(secret.encode(), f"v0:{sent}:".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": sent, "X-Slack-Signature": f"v0={digest}"}
