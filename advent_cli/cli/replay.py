"""The command that hands out dead letters again: advent replay."""

from __future__ import annotations

import click

from advent_cli.cli.command import MEETS, Command
from advent_cli.cli.options import Options
from advent_cli.errors import DONE, AdventError


@click.command(cls=Command, example="advent replay", short_help="Hand out the dead letters again.", codes=MEETS)
@click.pass_obj
def replay(options: Options) -> int:
    """Hand out the dead letters again, each to the one who could not take it; what fails again comes back."""
    from advent_cli.cli.open_stack import open_stack
    from advent_cli.local import lifecycle
    from advent_cli.messages import redeliver
    from advent_cli.output import stream

    stack = open_stack(options, lifecycle.require)
    result = redeliver.replay(stack)
    for name, number in sorted(result.delivered.items()):
        stream.out(f"{number} to {name}")
    if result.without_target:
        are = "dead letter is" if result.without_target == 1 else "dead letters are"
        hint = f"they are left in {stack.queue.name}"
        others = ", ".join(result.unknown_arns)
        why = f"only this stack's topics and functions get them, not {others}" if others else ""
        raise AdventError(f"{result.without_target} {are} for nobody in config.yaml", why=why, hint=hint)
    if result.delivered:
        options.report.note("what fails again comes back: see `advent status`")
    elif result.remaining:
        options.report.note(f"{result.remaining} were taken out a moment ago and show again in {redeliver.HIDDEN} s")
    else:
        options.report.note("no dead letters")
    return DONE
