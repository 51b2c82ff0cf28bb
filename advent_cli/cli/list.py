"""advent list: list the stacks of the account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from advent_cli.cli.command import Command
from advent_cli.cli.exit_codes import AWS_CODES

if TYPE_CHECKING:
    from advent_cli.cli.options import Options


@click.command(
    "list",
    cls=Command,
    example="advent --region eu-west-1 list",
    short_help="List the stacks in the account.",
    codes=AWS_CODES,
)
@click.pass_obj
def list_stacks(options: Options) -> None:
    """List the stacks in the account and region, by their advent:stack tag."""
    from advent_cli.cli.open_stack import open_account
    from advent_cli.local import lifecycle
    from advent_cli.output import summary, terminal
    from advent_cli.stack import stack_list

    summary.stacks(terminal.stdout(), stack_list.list_stacks(open_account(options, lifecycle.require)))
