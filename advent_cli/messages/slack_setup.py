"""Pure: how to connect Slack, with the manifest of a Slack app, the link that creates it, and the steps."""

import json
import re
import urllib.parse
from typing import Any

from advent_cli.config.schema import Slack

NEW_APP = "https://api.slack.com/apps?new_app=1"  # Slack's form for a new app


def manifest(url: str | None, slack: Slack) -> dict[str, Any]:
    """The manifest of a Slack app with one slash command that posts to `url`, or without one uses Socket Mode.

    See "App manifest reference" on docs.slack.dev; with Socket Mode a command needs no URL. The app's name is cut to 35
    characters, the bot's to 80 and the command, with its slash, to 32, Slack's limits.
    """
    slash_command = {
        "command": _command(slack),
        **({"url": url} if url else {}),
        "description": "Counts words",
        "usage_hint": "some words",
        "should_escape": True,  # Slack marks up names and links as in messages; the function parses that
    }
    return {
        "_metadata": {"major_version": 1},
        "display_information": {"name": slack.bot_name[:35] or _command(slack)[1:]},
        "features": {
            "bot_user": {"display_name": _bot(slack), "always_online": False},  # an app with a bot scope has one
            "slash_commands": [slash_command],
        },
        "oauth_config": {"scopes": {"bot": ["commands"]}},
        "settings": {"org_deploy_enabled": False, "socket_mode_enabled": not url, "token_rotation_enabled": False},
    }


def creation_link(manifest: dict[str, Any]) -> str:
    """The link that opens Slack's form for a new app with this manifest filled in; ASCII without spaces."""
    return f"{NEW_APP}&manifest_json={urllib.parse.quote(json.dumps(manifest, separators=(',', ':')), safe='')}"


CREATE_APP = """\
  1. Open this link, pick your workspace, then Next and Create:
     {link}
     If Slack asks how, choose: From a manifest. If its form is empty, choose
     YAML, and paste what `advent slack manifest` prints
  2. Install App > Install to Workspace > Allow
     (not if you clicked Create and Install; Request approval needs an admin)
"""

SOCKET_MODE_STEPS = f"""\
A slash command, in Socket Mode, so that the app needs no public URL:
{CREATE_APP}\
  3. Basic Information > App-Level Tokens > Generate Token and Scopes:
     any name, Add Scope > connections:write, Generate; copy the xapp-... token
     (or copy the App token, if Slack shows it under Your app credentials)
  4. Run `advent up` and `advent slack listen`, paste the token, keep it running
  5. In any channel, type: {{command}} some words
     (you need not invite the app; everyone there sees the answer)"""

URL_STEPS = f"""\
A slash command (recommended by Slack):
{CREATE_APP}\
  3. Basic Information > App Credentials > Signing Secret: copy it,
     run `advent slack secret`, and paste it
  4. In any channel, type: {{command}} some words
     If no answer comes: `advent slack check`

An outgoing webhook, as in the article (a legacy feature; Slack may not let you add a new one):
  1. Slack Marketplace > Outgoing WebHooks > Add
  2. Trigger Word(s): {{trigger_word}}
     URL(s): {{url}}
     Customize Name: {{bot_name}}
  3. Token: copy it, run `advent slack secret`, and paste it
  4. In that channel, type: {{trigger_word}} some words"""


def setup_steps(url: str | None, slack: Slack) -> list[str]:
    """The lines of the steps from a workspace to the first answer; one of them is only the link, indented."""
    steps = URL_STEPS if url else SOCKET_MODE_STEPS
    return steps.format(
        link=creation_link(manifest(url, slack)),
        command=_command(slack),
        url=url,
        trigger_word=slack.trigger_word,
        bot_name=slack.bot_name,
    ).split("\n")


def _bot(slack: Slack) -> str:
    """The bot's name, of the characters that Slack allows."""
    return re.sub(r"[^a-z0-9_.-]+", "-", slack.bot_name.lower()).strip("-")[:80] or _command(slack)[1:]


def _command(slack: Slack) -> str:
    """The slash command that is named as the trigger word, of the characters that Slack allows."""
    name = re.sub(r"[^a-z0-9_-]+", "-", slack.trigger_word.lower()).strip("-") or "count"
    return f"/{name}"[:32]
