"""advent secret: keep a secret for the functions that read it, or forget it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from advent_cli.cli.command import MEETS, Command
from advent_cli.cli.completion import secrets
from advent_cli.errors import DONE, UsageError

if TYPE_CHECKING:
    from advent_cli.cli.options import Options


@click.command(
    cls=Command,
    example="advent secret crm-token",
    short_help="Keep a secret for the functions that read it.",
    codes=MEETS,
)
@click.argument("name", shell_complete=secrets)
@click.option("--remove", is_flag=True, help="Forget the secret.")
@click.pass_obj
def secret(options: Options, name: str, remove: bool) -> int:
    """Keep the secret NAME, which functions read that have it in reads_secrets; from a hidden prompt or from stdin."""
    return change(options, name, None if remove else f"The secret {name}")


def change(options: Options, name: str, prompt: str | None) -> int:
    """Ask for the secret and keep it; without a prompt, forget it."""
    from advent_cli.aws.retry import Waiter
    from advent_cli.cli.open_stack import open_stack
    from advent_cli.local import lifecycle

    value = _read_secret(prompt) if prompt else ""
    options.run.secrets.add(value)
    stack = open_stack(options, lifecycle.start)
    if name not in stack.secrets:
        known = f"one of {', '.join(stack.secrets)}" if stack.secrets else "none: no function has reads_secrets"
        raise UsageError(f"no function reads the secret {name!r}", hint=f"allowed is {known}")
    kept, report = stack.secrets[name], options.report
    there = kept.read() is not None
    if prompt:
        kept.put(value, Waiter())
        report.note(f"kept in {kept.name}; the functions know it within a minute")
    elif there:
        kept.delete(Waiter())
        report.note("removed; within a minute the functions know it no longer")
    else:
        report.note("there is no such secret")
    return DONE


def _read_secret(prompt: str) -> str:
    """One line, never shown; raises UsageError for what can be no secret."""
    from advent_cli.output.stream import harmless

    hidden = sys.stdin.isatty()
    value = str(click.prompt(harmless(prompt), hide_input=True, err=True) if hidden else sys.stdin.readline()).strip()
    if not value or len(value) > 500 or not value.isascii() or not value.isprintable() or " " in value:
        raise UsageError("this is no secret", why="it has to be one word of at most 500 letters, digits and signs")
    return value
