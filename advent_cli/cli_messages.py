"""The commands about messages: advent say, advent replay, advent slack."""

from __future__ import annotations

import sys

import click

from advent_cli.errors import DONE, AdventError, ForeignError, RefusedError, UsageError
from advent_cli.options import Options


@click.command()
@click.argument("text", nargs=-1, required=True)
@click.option("--no-wait", is_flag=True, help="Print the reply and leave; do not wait for the consumers.")
@click.pass_obj
def say(options: Options, text: tuple[str, ...], no_wait: bool) -> int:
    """Post TEXT as Slack would, print the bot's reply, and watch the counts settle.

    TEXT that begins with a slash is posted as a slash command: advent say /count some words
    """
    from advent_cli import local, slack
    from advent_cli import say as talk
    from advent_cli.aws import together
    from advent_cli.context import open_stack
    from advent_cli.display import terminal
    from advent_cli.display.text import printable
    from advent_cli.patience import Patience

    message = talk.message(text)
    stack = open_stack(options, local.require)
    consumers = [] if no_wait else talk.writers(stack)
    url, secret, answered = together(
        lambda: stack.url, stack.secret.value, lambda: talk.expected(stack, message) if consumers else {}
    )
    if url is None:
        raise AdventError(f"the {stack.api.title} is missing", hint="`advent up` makes it")
    trigger_word = stack.config.slack.trigger_word
    if not message.startswith(trigger_word) and not slack.is_command(message):
        click.echo(f"note: Slack posts only what begins with {trigger_word!r}", err=True)
    with terminal.waiting() as tell:
        post = slack.post(message, stack.config.slack, secret)
        reply = talk.post(url, post, Patience(tell=tell), lambda: talk.untouched(stack, answered))
    click.echo(printable(reply, 100_000) if sys.stdout.isatty() else reply)
    if answered:
        with terminal.waiting() as tell:
            now = talk.settle(stack, answered, Patience(tell=tell))
        counted = ", ".join(f"{printable(word)} = {count}" for word, count in now.items())
        click.echo(f"then, with {' and '.join(consumers)}: {counted}", err=True)
    return DONE


@click.command()
@click.pass_obj
def replay(options: Options) -> int:
    """Hand out the dead letters again, each to the one who could not take it; what fails again comes back."""
    from advent_cli import local
    from advent_cli import replay as letters
    from advent_cli.context import open_stack

    stack = open_stack(options, local.require)
    replayed = letters.replay(stack)
    for name, number in sorted(replayed.handed.items()):
        click.echo(f"{number} to {name}")
    if replayed.left:
        letters_are = "dead letter is" if replayed.left == 1 else "dead letters are"
        what = f"{replayed.left} {letters_are} for nobody in config.yaml"
        raise AdventError(what, why=f"they are left in {stack.queue.name}", hint=f"look at them in {stack.queue.url}")
    click.echo(
        "no dead letters" if not replayed.handed else "what fails again comes back: see `advent status`", err=True
    )
    return DONE


@click.group()
def slack() -> None:
    """What Slack and the app must know of each other."""


@slack.command()
@click.option("--remove", is_flag=True, help="Forget the secret; the API is open again.")
@click.pass_obj
def secret(options: Options, remove: bool) -> int:
    """Let only Slack in: keep its secret, read from a hidden prompt or from stdin.

    For a slash command that is the app's Signing Secret, for an outgoing webhook its Token. The secret is kept as a
    SecureString in the Parameter Store of Systems Manager, where the function behind the API looks it up.
    """
    from advent_cli import local
    from advent_cli.context import open_stack
    from advent_cli.patience import Patience

    value = "" if remove else _read_secret()
    stack = open_stack(options, local.start)
    try:
        there = stack.secret.read() is not None
    except ForeignError as error:
        raise RefusedError(error.what, hint="give the stack another name in config.yaml") from None
    if not remove:
        stack.secret.put(value, Patience())
        click.echo(f"kept in {stack.secret.name}; the function knows it within a minute", err=True)
        return DONE
    if not there:
        click.echo("there is no secret; the API is open", err=True)
        return DONE
    stack.secret.delete(Patience())
    click.echo("removed; within a minute the API is open to all who know the URL", err=True)
    return DONE


def _read_secret() -> str:
    """One line, never shown; raises UsageError for what can be no secret of Slack's."""
    if sys.stdin.isatty():
        value = click.prompt("Slack's signing secret or token", hide_input=True, err=True)
    else:
        value = sys.stdin.readline()
    value = str(value).strip()
    if not value or len(value) > 500 or not value.isascii() or not value.isprintable() or " " in value:
        raise UsageError("this is no secret of Slack's", why="it has to be one word of letters and digits")
    return value
