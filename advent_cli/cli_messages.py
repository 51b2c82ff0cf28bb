"""The commands about messages: advent say, advent replay."""

from __future__ import annotations

import sys

import click

from advent_cli.cli_complete import trigger_word
from advent_cli.cli_help import MEETS, Explained
from advent_cli.errors import DONE, AdventError
from advent_cli.options import SLACK_SECRET, Options


@click.command(cls=Explained, example="advent say awsadvent some words", codes=MEETS)
@click.argument("text", nargs=-1, required=True, shell_complete=trigger_word)
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
    consumers, kept = [] if no_wait else talk.writers(stack), stack.secrets.get(SLACK_SECRET)
    url, secret, answered = together(
        lambda: stack.url,
        lambda: kept.value() if kept else None,
        lambda: talk.expected(stack, message) if consumers else {},
    )
    options.run.secrets.add(secret or "")
    if url is None:
        is_there = bool(stack.config.posts)
        missing = (
            f"the {stack.api.title} is missing" if is_there else "no function has a route that Slack could post to"
        )
        raise AdventError(missing, hint="`advent up` makes what is in config.yaml")
    trigger_word = stack.config.slack.trigger_word if stack.config.slack else ""
    if not message.startswith(trigger_word) and not slack.is_command(message):
        click.echo(f"note: Slack posts only what begins with {trigger_word!r}", err=True)
    with terminal.waiting() as tell:
        post = slack.post(message, stack.config.slack, secret)
        reply = talk.post(url, post, Patience(tell=tell), lambda: talk.untouched(stack, answered))
    click.echo(printable(reply, 100_000) if sys.stdout.isatty() else reply)
    if answered and talk.tells_counts(reply, answered):
        with terminal.waiting() as tell:
            now = talk.settle(stack, answered, Patience(tell=tell))
        counted = ", ".join(f"{printable(word)} = {count}" for word, count in now.items())
        click.echo(f"then, with {' and '.join(consumers)}: {counted}", err=True)
    return DONE


@click.command(cls=Explained, example="advent replay", codes=MEETS)
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
    if replayed.for_nobody:
        are = "dead letter is" if replayed.for_nobody == 1 else "dead letters are"
        hint = f"they are left in {stack.queue.name}"
        raise AdventError(f"{replayed.for_nobody} {are} for nobody in config.yaml", hint=hint)
    if replayed.handed:
        click.echo("what fails again comes back: see `advent status`", err=True)
    elif replayed.left:
        click.echo(f"{replayed.left} were taken out a moment ago and show again in {letters.HIDDEN} s", err=True)
    else:
        click.echo("no dead letters", err=True)
    return DONE
