"""advent policy: print the least-privilege IAM policy for a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from advent_cli.cli.command import Command
from advent_cli.cli.exit_codes import AWS_CODES
from advent_cli.cli.pick_reporter import json_option

if TYPE_CHECKING:
    from advent_cli.cli.options import Options

COMMANDS = (
    "up", "plan", "status", "diagram", "say", "replay", "slack", "slack-check", "list", "logs", "doctor", "down",
)  # fmt: skip
BOUNDARY = "boundary"


@click.command(
    cls=Command, example="advent policy up", short_help="Print a least-privilege IAM policy.", codes=AWS_CODES
)
@click.argument("command", type=click.Choice([*COMMANDS, BOUNDARY, "all"]), default="all")
@json_option
@click.pass_obj
def policy(options: Options, command: str) -> None:
    """Print the least-privilege IAM policy for running COMMAND (default: all of them) on this stack.

    `boundary` prints a permissions boundary for the roles of the functions.
    """
    from advent_cli.cli.open_stack import open_stack
    from advent_cli.local import lifecycle
    from advent_cli.stack import deployer_policy, policy_conditions

    stack = open_stack(options, lifecycle.start)
    document = deployer_policy.boundary(stack) if command == BOUNDARY else deployer_policy.policy(stack, command)
    options.report.policy(stack, command, document, policy_conditions.notes(stack, document))
