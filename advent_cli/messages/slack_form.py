"""Speaks as Slack does: what it posts for a person, how it proves itself, and how it shows a reply."""

import hashlib
import hmac
import re
import time
import urllib.parse
from dataclasses import dataclass
from typing import Any

from advent_cli.config.schema import Slack

ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}  # docs.slack.dev, "Formatting message text"; & comes first


@dataclass(frozen=True)
class Post:
    """One request of Slack: the form as it is sent, and its headers."""

    body: bytes
    headers: dict[str, str]


ARE_YOU_THERE = Post(b"ssl_check=1", {})  # what Slack asks now and then, of both kinds of app; nothing is counted


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


def manifest(url: str, slack: Slack) -> dict[str, Any]:
    """A Slack app with one slash command that posts to `url`, as "App manifest reference" on docs.slack.dev has it.

    Slack takes up to 35 characters for the app's name and 32 for a command with its slash; what is longer is cut.
    """
    command = re.sub(r"[^a-z0-9_-]+", "-", slack.trigger_word.lower()).strip("-") or "count"
    slash_command = {
        "command": f"/{command}"[:32],
        "url": url,
        "description": "Counts words",
        "usage_hint": "some words",
        "should_escape": True,  # names and links as in messages, which is what the function takes apart
    }
    return {
        "_metadata": {"major_version": 1},
        "display_information": {"name": slack.bot_name[:35]},
        "features": {"slash_commands": [slash_command]},
        "oauth_config": {"scopes": {"bot": ["commands"]}},
        "settings": {"org_deploy_enabled": False, "socket_mode_enabled": False, "token_rotation_enabled": False},
    }


STEPS = """\
A slash command, which is what Slack recommends:
  1. https://api.slack.com/apps > Create New App > From a manifest; paste what `advent slack manifest` prints
  2. Install to Workspace
  3. Basic Information > App Credentials > Signing Secret: give it to `advent slack secret`
  4. in a channel: {command} some words

An outgoing webhook, as in the article (Slack calls these legacy, and may not let you add a new one):
  1. Slack's App Directory > Outgoing WebHooks > Add
  2. Trigger Word(s): {trigger_word}
     URL(s): {url}
     Customize Name: {bot_name}
  3. Token: give it to `advent slack secret`
  4. in that channel: {trigger_word} some words"""


def steps(url: str, slack: Slack) -> str:
    """What to do in Slack, step by step, for either way to connect it."""
    command = manifest(url, slack)["features"]["slash_commands"][0]["command"]
    return STEPS.format(command=command, url=url, trigger_word=slack.trigger_word, bot_name=slack.bot_name)


def _form(fields: dict[str, str]) -> bytes:
    return urllib.parse.urlencode(fields).encode()


def _signed(body: bytes, secret: str) -> dict[str, str]:
    """The headers of docs.slack.dev, "Verifying requests from Slack", version 0."""
    sent = str(int(time.time()))
    digest = hmac.new(secret.encode(), f"v0:{sent}:".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": sent, "X-Slack-Signature": f"v0={digest}"}
