"""advent audit: show which subscribers have which messages."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from advent_cli.cli.command import Command
from advent_cli.cli.exit_codes import STACK_CODES
from advent_cli.cli.pick_reporter import json_option
from advent_cli.errors import DONE, FAILED, AdventError

if TYPE_CHECKING:
    from advent_cli.cli.options import Options


@click.command(
    cls=Command,
    example="advent audit --since 1d",
    short_help="Show whether each message was delivered.",
    codes=STACK_CODES,
    meaning={FAILED: "a message is lost, or a call to AWS failed"},
)
@click.option(
    "--since", default="1h", show_default=True, metavar="SPAN", help="How far back to start: 90s, 10m, 2h or 1d."
)
@json_option
@click.pass_obj
def audit(options: Options, since: str) -> int:
    """Check in the functions' logs whether each published message reached every subscriber.

    A message in the dead-letter queue does not count as lost. `advent -v audit` lists each message that was not
    delivered exactly once.
    """
    from advent_cli.cli.open_stack import open_stack
    from advent_cli.local import lifecycle
    from advent_cli.messages import delivery_audit, log_reader

    start = log_reader.start_of(since, time.time())
    with options.report.waiting("reading the functions' logs"):
        stack = open_stack(options, lifecycle.require)
        result = delivery_audit.audit(stack, start)
    options.report.audited(stack, result)
    if not result.lost:
        return DONE
    names = sorted({each.subscriber for each in result.lost})
    hint = f"`advent status`, and `advent logs --since {since} --errors {' '.join(names)}`"
    options.report.error(AdventError(f"{', '.join(names)} did not get all messages", hint=hint))
    return FAILED
