"""advent replay: redeliver the dead-letter messages."""

from __future__ import annotations

import click

from advent_cli.cli.command import Command
from advent_cli.cli.exit_codes import STACK_CODES
from advent_cli.cli.options import Options
from advent_cli.errors import DONE, AdventError


@click.command(cls=Command, example="advent replay", short_help="Redeliver dead-letter messages.", codes=STACK_CODES)
@click.pass_obj
def replay(options: Options) -> int:
    """Redeliver each dead-letter message to the consumer that failed; one that fails again returns to the queue."""
    from advent_cli.cli.open_stack import open_stack
    from advent_cli.local import lifecycle
    from advent_cli.messages import redeliver
    from advent_cli.output import stream

    stack = open_stack(options, lifecycle.require)
    options.report.acting_on(stack)
    result = redeliver.replay(stack)
    for name, number in sorted(result.delivered.items()):
        stream.out(f"{number} to {name}")
    if result.without_target:
        have = "dead letter has" if result.without_target == 1 else "dead letters have"
        hint = f"they stay in {stack.queue.name}"
        others = ", ".join(result.unknown_arns)
        why = f"only this stack's topics and functions receive them, not {others}" if others else ""
        raise AdventError(f"{result.without_target} {have} no recipient in config.yaml", why=why, hint=hint)
    if result.delivered:
        options.report.note("messages that fail again return to the queue: see `advent status`")
    elif result.remaining:
        options.report.note(f"{result.remaining} are in flight and reappear within {redeliver.HIDDEN} s")
    else:
        options.report.note("no dead letters")
    return DONE
