"""Speaks as Slack does: what it posts for a person, how it proves itself, and how it shows a reply."""

import hashlib
import hmac
import time
import urllib.parse
from dataclasses import dataclass

from advent_cli.settings import Slack

ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}  # docs.slack.dev, "Formatting message text"; & comes first


@dataclass(frozen=True)
class Post:
    """One request of Slack: the form as it is sent, and its headers."""

    body: bytes
    headers: dict[str, str]


def post(text: str, slack: Slack | None, secret: str | None) -> Post:
    """What Slack sends when a person in a channel of a test team types `text`.

    `/command some words` is a slash command, which is signed; all else goes to an outgoing webhook, which has a token
    in it. Without a secret they carry none.
    """
    person = {
        "team_id": "T0001",
        "team_domain": "advent",
        "channel_id": "C2147483705",
        "channel_name": "test",
        "user_id": "U2147483697",
        "user_name": "advent",
    }
    if is_command(text):
        command, _, rest = text.partition(" ")
        body = _form({**person, "command": command, "text": escape(rest)})
        return Post(body, _signed(body, secret) if secret else {})
    now = f"{time.time():.6f}"
    token = {"token": secret or "advent-say", "timestamp": now, "trigger_word": slack.trigger_word if slack else ""}
    return Post(_form({**person, **token, "text": escape(text)}), {})


def is_command(text: str) -> bool:
    """Whether this is a slash command."""
    return text.startswith("/")


def counted(text: str) -> str:
    """The part of what a person types that the app counts: of a slash command what comes after its name."""
    return text.partition(" ")[2] if is_command(text) else text


def escape(text: str) -> str:
    """The text as Slack sends it."""
    for plain, escaped in ESCAPES.items():
        text = text.replace(plain, escaped)
    return text


def shown(reply: str) -> str:
    """A reply as Slack shows it."""
    for plain, escaped in reversed(ESCAPES.items()):
        reply = reply.replace(escaped, plain)
    return reply


def _form(fields: dict[str, str]) -> bytes:
    return urllib.parse.urlencode(fields).encode()


def _signed(body: bytes, secret: str) -> dict[str, str]:
    """The headers of docs.slack.dev, "Verifying requests from Slack", version 0."""
    sent = str(int(time.time()))
    digest = hmac.new(secret.encode(), f"v0:{sent}:".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": sent, "X-Slack-Signature": f"v0={digest}"}
