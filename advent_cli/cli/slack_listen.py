"""advent slack listen: receive slash commands from Slack without a public URL, and pass them to the app."""

from __future__ import annotations

import importlib.util
import os
import sys
import threading
from typing import TYPE_CHECKING

import click

from advent_cli.cli.command import Command
from advent_cli.cli.exit_codes import AWS_CODES
from advent_cli.cli.failure import as_advent_error
from advent_cli.errors import DONE, INTERRUPTED, UsageError

if TYPE_CHECKING:
    from queue import SimpleQueue

    from advent_cli.cli.options import Options
    from advent_cli.messages.post import Webhook
    from advent_cli.messages.slack_commands import SlashCommand, SlashCommands
    from advent_cli.messages.socket_mode import Listener
    from advent_cli.output.reporter import Reporter
    from advent_cli.stack.model import Stack

    Event = SlashCommand | Exception | str  # a str is a note
    Events = SimpleQueue[Event]

TOKEN = "ADVENT_SLACK_APP_TOKEN"  # noqa: S105 (the variable; an option would show the token in the list of processes)
PACKAGE = "slack_sdk>=3.48"  # as in setup.py
LISTENING = (
    "listening for slash commands; if several listen, Slack sends each command to one of them; press Ctrl-C to stop"
)


@click.command(
    "listen",
    cls=Command,
    example="advent slack listen",
    short_help="Answer slash commands from Slack, without a public URL.",
    codes=AWS_CODES,
)
@click.pass_obj
def slack_listen(options: Options) -> int:
    """Receive slash commands from Slack, post each to the app's URL, and send Slack the reply, until Ctrl-C.

    Slack sends them in Socket Mode, which works with the local engine too. The app-level token (xapp-...) comes from a
    hidden prompt, stdin or ADVENT_SLACK_APP_TOKEN, and is not stored.
    """
    from functools import partial
    from queue import SimpleQueue

    _require_slack_sdk()
    from advent_cli.cli.open_stack import open_stack
    from advent_cli.local import lifecycle
    from advent_cli.messages import post, slack_commands, socket_mode

    report, asks = options.report, not os.environ.get(TOKEN) and sys.stdin.isatty()
    token = "" if asks else _token(options)  # a wrong one is refused before any call
    stack = open_stack(options, lifecycle.require, ahead=("apigatewayv2", "ssm"))

    def webhook() -> Webhook:
        stack.aws.ids.pop(stack.api.key, None)  # the API as it was last seen
        found = post.webhook(stack)
        options.run.secrets.add(found.secret or "")
        return found

    app = slack_commands.Forwarder(webhook)
    report.acting_on(stack)
    token = _token(options) if asks else token
    events: Events = SimpleQueue()
    commands = slack_commands.SlashCommands(app.post, partial(slack_commands.respond, stack.aws.http), events.put)
    listener = socket_mode.Listener(token, stack.aws.http, commands.receive)
    with report.waiting("connecting to Slack"):
        listener.connect()
    report.note(LISTENING)
    threading.Thread(target=_keep_open, args=(listener, events), daemon=True).start()
    try:
        while True:
            _show(report, stack, app.webhook.function, events.get(), trace=events.empty())
    except KeyboardInterrupt:
        pass
    finally:
        _finish(report, commands)
    while not events.empty():
        _show(report, stack, app.webhook.function, events.get(), trace=False)
    return DONE


def _require_slack_sdk() -> None:
    from advent_cli.packaging.install_command import install_command

    if importlib.util.find_spec("slack_sdk") is None:
        raise UsageError("slack_sdk is not installed", hint=f"install it: `{install_command(PACKAGE)}`")


def _token(options: Options) -> str:
    """The app-level token; raises UsageError if it cannot be one."""
    from advent_cli.cli.secret import checked, read_secret
    from advent_cli.messages.socket_mode import NEW_TOKEN

    given, wrong = os.environ.get(TOKEN), "this is not an app-level token"
    try:
        token = checked(given) if given else read_secret("Slack's app-level token (xapp-...)")
    except UsageError as error:
        raise UsageError(wrong, why=error.why, hint=NEW_TOKEN) from None
    options.run.secrets.add(token)
    if not token.startswith("xapp-"):
        raise UsageError(wrong, why="it does not begin with xapp-", hint=NEW_TOKEN)
    return token


def _keep_open(listener: Listener, events: Events) -> None:
    try:
        listener.keep_open(events.put)
    except Exception as error:  # the main thread reports it
        events.put(error)


def _show(report: Reporter, stack: Stack, function: str, event: Event, *, trace: bool) -> None:
    """Show an event. An error ends the command, unless it is only that of one slash command."""
    from advent_cli.cli.follow_message import follow_message
    from advent_cli.output import stream
    from advent_cli.words import settle

    if isinstance(event, str):
        return report.note(event)
    if isinstance(event, Exception):
        raise event
    reply = event.reply
    report.slash_command(event.sender, event.text, reply.text if reply else None, is_late=event.is_late)
    try:
        if event.error:
            raise event.error
        if reply and trace and stream.can_animate():
            answered = settle.parse_counts(reply.text) if settle.writers(stack) else {}
            follow_message(report, stack, function, reply, answered)
    except Exception as error:
        known = as_advent_error(error)
        if known is None:
            raise
        report.error(known)
    return None


def _finish(report: Reporter, commands: SlashCommands) -> None:
    """Wait for the commands that are under way, until Ctrl-C."""
    if commands.under_way():
        report.note("finishing the commands under way; press Ctrl-C to stop at once")
        try:
            commands.finish()
        except KeyboardInterrupt:
            os._exit(INTERRUPTED)  # else Python would wait for their threads
