"""The commands about Slack and the secrets: advent slack, advent secret."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from advent_cli.cli_complete import secrets
from advent_cli.cli_help import CALLS, MEETS, Explained, Group
from advent_cli.errors import DONE, FAILED, AdventError, UsageError
from advent_cli.options import SLACK_SECRET, Options

if TYPE_CHECKING:
    from advent_cli.settings import Slack
    from advent_cli.stack import Stack


@click.group(cls=Group, invoke_without_command=True, example="advent slack", codes=CALLS)
@click.pass_context
def slack(context: click.Context) -> int:
    """Tell what to do in Slack, step by step, with the values to paste."""
    from advent_cli.slack import steps

    if context.invoked_subcommand is None:
        _, url, settings = _for_slack(context.obj)
        click.echo(steps(url, settings))
    return DONE


@slack.command("manifest", example="advent slack manifest > manifest.yaml", codes=CALLS)
@click.pass_obj
def slack_manifest(options: Options) -> int:
    """Print the manifest, in YAML, of a Slack app with a slash command that posts to this app."""
    import yaml

    from advent_cli.slack import manifest

    _, url, settings = _for_slack(options)
    click.echo(yaml.safe_dump(manifest(url, settings), sort_keys=False), nl=False)
    return DONE


def _for_slack(options: Options) -> tuple[Stack, str, Slack]:
    """The stack, the URL and what config.yaml says of Slack; a note if Slack could not reach that URL."""
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
    return stack, url, stack.config.slack


@slack.command(
    "check",
    example="advent slack check",
    codes=CALLS,
    meaning={FAILED: "Slack never called, or was not answered well"},
)
@click.pass_obj
def slack_check(options: Options) -> int:
    """Tell whether Slack has called the app, when last, and with what answer.

    The log of the function behind the API tells it, in the lines that the tutorial's own writes (handlers/app.py).
    """
    import time

    from advent_cli import callers
    from advent_cli.display import report, terminal
    from advent_cli.display.text import printable

    stack, url, settings = _for_slack(options)
    now = time.time()
    day = callers.of_the_day(stack, now)
    last = next((call for call in reversed(day) if call.by_slack), None) or callers.last_of_slack(stack, now)
    told = callers.told(last, day, now, stack.config.log_retention_days)
    for line in [*told, *callers.advice(last, url, settings.trigger_word)]:
        report.line(terminal.stdout(), printable(line, 1000))
    return DONE if last and last.status == callers.GOOD else FAILED


@slack.command("secret", example="advent slack secret < token.txt", codes=MEETS)
@click.option("--remove", is_flag=True, help="Forget the secret; the API is open again.")
@click.pass_obj
def slack_secret(options: Options, remove: bool) -> int:
    """Let only Slack in: keep its secret, read from a hidden prompt or from stdin.

    For a slash command that is the app's Signing Secret, for an outgoing webhook its Token. The secret is kept as a
    SecureString in the Parameter Store of Systems Manager, where the function behind the API looks it up.
    """
    return _change(options, SLACK_SECRET, None if remove else "Slack's signing secret or token")


@click.command(
    cls=Explained,
    example="advent secret crm-token",
    short_help="Keep a secret for the functions that read it.",
    codes=MEETS,
)
@click.argument("name", shell_complete=secrets)
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
    options.run.secrets.add(value)
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
