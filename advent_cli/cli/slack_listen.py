"""advent slack listen: receive slash commands from Slack without a public URL, and pass them to the app."""

from __future__ import annotations

import importlib.util
import os
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

import click

from advent_cli.cli.command import Command
from advent_cli.cli.exit_codes import AWS_CODES
from advent_cli.cli.failure import as_advent_error
from advent_cli.errors import DONE, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from queue import SimpleQueue

    from advent_cli.cli.options import Options
    from advent_cli.messages.slack_commands import Answered, SlashCommands
    from advent_cli.stack.model import Stack

    Event = Answered | Exception | str  # a str is a note

TOKEN = "ADVENT_SLACK_APP_TOKEN"  # noqa: S105 (the variable; an option would show the token in the list of processes)
PACKAGE = "slack_sdk>=3.48"  # as in setup.py
LISTENING = (
    "listening for slash commands; if several listen, Slack sends each command to one of them; press Ctrl-C to stop"
)
TICK = 0.1  # seconds


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
    from queue import SimpleQueue

    from advent_cli.aws.retry import Waiter
    from advent_cli.cli.open_stack import open_stack
    from advent_cli.local import lifecycle
    from advent_cli.messages import post, slack_commands, socket_mode

    token = _token(options)
    stack = open_stack(options, lifecycle.require, ahead=("apigatewayv2", "ssm"))
    webhook = post.webhook(stack)
    events: SimpleQueue[Event] = SimpleQueue()
    options.run.secrets.add(webhook.secret or "")
    options.report.acting_on(stack)
    commands = slack_commands.SlashCommands(
        lambda command: slack_commands.post_command(webhook, command, Waiter()),
        partial(slack_commands.respond, stack.aws.http, allowed=socket_mode.response_urls()),
        events.put,
    )
    listener = socket_mode.Listener(token, stack.aws.http.ca_bundle, commands.receive)
    listener.connect()
    options.report.note(LISTENING)
    commands.start()
    for action in (commands.acknowledge_late, partial(listener.keep_open, events.put)):
        threading.Thread(target=_repeat, args=(action, events.put), daemon=True).start()
    _show_all(options, stack, webhook.function, commands, events)
    return DONE


def _token(options: Options) -> str:
    """The app-level token, checked before any call."""
    from advent_cli.cli.secret import read_secret
    from advent_cli.packaging.install_command import install_command

    if importlib.util.find_spec("slack_sdk") is None:
        raise UsageError(
            "slack_sdk, which connects to Slack, is not there", hint=f"install it: `{install_command(PACKAGE)}`"
        )
    token = os.environ.get(TOKEN) or read_secret("Slack's app-level token (xapp-...)")
    options.run.secrets.add(token)
    if not token.startswith("xapp-"):
        from advent_cli.messages.socket_mode import NEW_TOKEN

        raise UsageError("this is not an app-level token", why="it does not begin with xapp-", hint=NEW_TOKEN)
    return token


def _repeat(action: Callable[[], None], failed: Callable[[Exception], None]) -> None:
    """Act again and again, until that fails."""
    try:
        while True:
            action()
            time.sleep(TICK)
    except Exception as error:
        failed(error)


def _show_all(
    options: Options, stack: Stack, function: str, commands: SlashCommands, events: SimpleQueue[Event]
) -> None:
    """Show what happens until Ctrl-C, and then the commands that are still under way."""
    from advent_cli.output import stream

    try:
        while True:
            event = events.get()
            _show(options, stack, function, event, trace=stream.can_animate() and events.empty())
    except KeyboardInterrupt:
        if commands.queue.unfinished_tasks:
            options.report.note("finishing the commands under way; press Ctrl-C again to stop at once")
        commands.queue.join()
        while not events.empty():
            _show(options, stack, function, events.get(), trace=False)


def _show(options: Options, stack: Stack, function: str, event: Event, *, trace: bool) -> None:
    """Show an event. An error ends the command, unless it is only that of one slash command."""
    from advent_cli.cli.follow_message import follow_message
    from advent_cli.words import settle

    report = options.report
    if isinstance(event, str):
        return report.note(event)
    if isinstance(event, Exception):
        raise event
    command, reply = event.command, event.reply
    text = None if isinstance(reply, Exception) else reply.text
    report.slash_command(command.sender, command.text, text, is_late=event.is_late)
    try:
        if isinstance(reply, Exception):
            raise reply
        if trace:
            answered = settle.parse_counts(reply.text) if settle.writers(stack) else {}
            follow_message(report, stack, function, reply, answered)
    except Exception as error:
        known = as_advent_error(error)
        if known is None:
            raise
        report.error(known)
    return None
