"""advent secret: store or delete a secret that functions read."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from advent_cli.cli.command import Command
from advent_cli.cli.completion import secrets
from advent_cli.cli.exit_codes import STACK_CODES
from advent_cli.errors import DONE, UsageError

if TYPE_CHECKING:
    from advent_cli.cli.options import Options

LONGEST_INPUT = 10_000  # bytes of stdin; more than any secret, so that a wrong file is not read as a whole


@click.command(
    cls=Command,
    example="advent secret crm-token",
    short_help="Store a secret that functions read.",
    codes=STACK_CODES,
)
@click.argument("name", shell_complete=secrets)
@click.option("--remove", is_flag=True, help="Delete the secret.")
@click.pass_obj
def secret(options: Options, name: str, remove: bool) -> int:
    """Store the secret NAME, from a hidden prompt or stdin, for the functions that list it in reads_secrets."""
    return change(options, name, None if remove else f"The secret {name}")


def change(options: Options, name: str, prompt: str | None) -> int:
    """Ask for the secret and store it; without a prompt, delete it. Asks nobody for a secret that no function reads."""
    from advent_cli.aws.retry import Waiter
    from advent_cli.cli.open_stack import open_configured, read_config
    from advent_cli.config.schema import SLACK_SECRET
    from advent_cli.local import lifecycle

    config = read_config(options)
    if name not in config.secrets:
        known = ", ".join(config.secrets) if name != SLACK_SECRET else ""
        hint = f"use one of {known}" if known else "list it under reads_secrets of a function in config.yaml"
        raise UsageError(f"no function reads the secret {name!r}", hint=hint)
    asks = sys.stdin.isatty()  # else a wrong value is refused before anything starts
    value = read_secret(prompt) if prompt and not asks else ""
    options.run.secrets.add(value)
    stack = open_configured(options, config, lifecycle.start)
    options.report.acting_on(stack)
    if prompt and asks:
        value = read_secret(prompt)
        options.run.secrets.add(value)
    parameter, report = stack.secrets[name], options.report
    exists = parameter.read() is not None
    if prompt:
        parameter.put(value, Waiter())
        report.note(f"stored in {parameter.name}; the functions use it within a minute")
    elif exists:
        parameter.delete(Waiter())
        report.note("deleted; the functions stop using it within a minute")
    else:
        report.note("the secret is not set")
    return DONE


def read_secret(prompt: str) -> str:
    """Read a secret without echo, or all of stdin if that is no terminal; raises UsageError if it cannot be one."""
    from advent_cli.output.control_characters import escape_controls

    if sys.stdin.isatty():
        value = str(click.prompt(escape_controls(prompt), hide_input=True, err=True))
    else:
        try:
            value = sys.stdin.buffer.read(LONGEST_INPUT).decode()
        except UnicodeDecodeError:
            raise UsageError("invalid secret", why="it is not UTF-8 text") from None
    return checked(value)


def checked(value: str) -> str:
    """The secret without the spaces around it; raises UsageError if it cannot be one."""
    value = value.strip()
    if value.startswith("\ufeff"):
        why = "it begins with a byte order mark, which some editors add"
        raise UsageError("invalid secret", why=why, hint="save the file as UTF-8 without a byte order mark")
    if len(lines := value.splitlines()) > 1:
        raise UsageError("invalid secret", why=f"it has {len(lines)} lines, and a secret is one line")
    if not value:
        raise UsageError("invalid secret", why="it is empty", hint="paste it at the prompt, or pipe it to the command")
    if len(value) > 500 or not value.isascii() or not value.isprintable() or " " in value:
        raise UsageError("invalid secret", why="it is not 1 to 500 printable ASCII characters without spaces")
    return value
