"""The commands about messages and who may send them: advent say, advent replay, advent slack, advent secret."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from advent_cli import cli_told
from advent_cli.cli_answer import Answering, as_json
from advent_cli.errors import DONE, AdventError, UsageError
from advent_cli.options import SLACK_SECRET, Options

if TYPE_CHECKING:
    from advent_cli.settings import Slack


@click.command(cls=Answering)
@click.argument("text", nargs=-1, required=True)
@click.option("--no-wait", is_flag=True, help="Print the reply and leave; do not wait for the consumers.")
@as_json
@click.pass_obj
def say(options: Options, text: tuple[str, ...], no_wait: bool) -> int:
    """Post TEXT as Slack would, print the bot's reply, and watch the counts settle.

    TEXT that begins with a slash is posted as a slash command: advent say /count some words
    """
    from advent_cli import documents, local, slack
    from advent_cli import say as talk
    from advent_cli.aws import together
    from advent_cli.context import open_stack
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
    if url is None:
        is_there = bool(stack.config.posts)
        missing = (
            f"the {stack.api.title} is missing" if is_there else "no function has a route that Slack could post to"
        )
        raise AdventError(missing, hint="`advent up` makes what is in config.yaml")
    trigger_word = stack.config.slack.trigger_word if stack.config.slack else ""
    if not message.startswith(trigger_word) and not slack.is_command(message):
        click.echo(f"note: Slack posts only what begins with {trigger_word!r}", err=True)
    with cli_told.waiting(options) as tell:
        post = slack.post(message, stack.config.slack, secret)
        reply = talk.post(url, post, Patience(tell=tell), lambda: talk.untouched(stack, answered))
    if options.answer:
        told = {"text": message, "reply": reply, "counts": talk.told(reply), "consumers": consumers, "settled": None}
        options.answer.fields |= documents.place(stack) | told
    else:
        click.echo(printable(reply, 100_000) if sys.stdout.isatty() else reply)
    if answered and talk.tells_counts(reply, answered):
        with cli_told.waiting(options) as tell:
            now = talk.settle(stack, answered, Patience(tell=tell))
        if options.answer:
            options.answer.fields["settled"] = now
            return DONE
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


@click.group(invoke_without_command=True)
@click.pass_context
def slack(context: click.Context) -> int:
    """Tell what to do in Slack, step by step, with the values to paste."""
    from advent_cli.slack import steps

    if context.invoked_subcommand is None:
        url, settings = _for_slack(context.obj)
        click.echo(steps(url, settings))
    return DONE


@slack.command("manifest")
@click.pass_obj
def slack_manifest(options: Options) -> int:
    """Print the manifest, in YAML, of a Slack app with a slash command that posts to this app."""
    import yaml

    from advent_cli.slack import manifest

    url, settings = _for_slack(options)
    click.echo(yaml.safe_dump(manifest(url, settings), sort_keys=False), nl=False)
    return DONE


def _for_slack(options: Options) -> tuple[str, Slack]:
    """The URL and what config.yaml says of Slack; a note if Slack could not reach that URL."""
    from advent_cli import local
    from advent_cli.context import open_stack

    stack = open_stack(options, local.require)
    if stack.config.slack is None:
        raise AdventError("config.yaml says nothing of Slack", hint="add slack: with trigger_word and bot_name")
    url = stack.url
    if url is None:
        raise AdventError(f"the {stack.api.title} is missing, or has no route for POST", hint="`advent up` makes it")
    if not url.startswith("https://"):
        click.echo("note: Slack cannot reach the local engine; with --target aws it can", err=True)
    return url, stack.config.slack


@slack.command("secret")
@click.option("--remove", is_flag=True, help="Forget the secret; the API is open again.")
@click.pass_obj
def slack_secret(options: Options, remove: bool) -> int:
    """Let only Slack in: keep its secret, read from a hidden prompt or from stdin.

    For a slash command that is the app's Signing Secret, for an outgoing webhook its Token. The secret is kept as a
    SecureString in the Parameter Store of Systems Manager, where the function behind the API looks it up.
    """
    return _change(options, SLACK_SECRET, None if remove else "Slack's signing secret or token")


@click.command()
@click.argument("name")
@click.option("--remove", is_flag=True, help="Forget the secret.")
@click.pass_obj
def secret(options: Options, name: str, remove: bool) -> int:
    """Keep the secret NAME, which functions read that have it in reads_secrets; from a hidden prompt or from stdin."""
    return _change(options, name, None if remove else f"The secret {name}")


def _change(options: Options, name: str, prompt: str | None) -> int:
    """Ask for the secret and keep it; without a prompt, forget it."""
    from advent_cli import local
    from advent_cli.context import open_stack
    from advent_cli.patience import Patience

    value = _read_secret(prompt) if prompt else ""
    stack = open_stack(options, local.start)
    if name not in stack.secrets:
        known = f"one of {', '.join(stack.secrets)}" if stack.secrets else "none: no function has reads_secrets"
        raise UsageError(f"no function reads the secret {name!r}", hint=f"allowed is {known}")
    kept = stack.secrets[name]
    there = kept.read() is not None
    if prompt:
        kept.put(value, Patience())
        click.echo(f"kept in {kept.name}; the functions know it within a minute", err=True)
    elif there:
        kept.delete(Patience())
        click.echo("removed; within a minute the functions know it no longer", err=True)
    else:
        click.echo("there is no such secret", err=True)
    return DONE


def _read_secret(prompt: str) -> str:
    """One line, never shown; raises UsageError for what can be no secret."""
    hidden = sys.stdin.isatty()
    value = str(click.prompt(prompt, hide_input=True, err=True) if hidden else sys.stdin.readline()).strip()
    if not value or len(value) > 500 or not value.isascii() or not value.isprintable() or " " in value:
        raise UsageError("this is no secret", why="it has to be one word of at most 500 letters, digits and signs")
    return value
