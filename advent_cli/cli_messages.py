"""The command that hands out dead letters again: advent replay."""

from __future__ import annotations

import click

from advent_cli.cli_help import MEETS, Explained
from advent_cli.errors import DONE, AdventError
from advent_cli.options import Options


@click.command(cls=Explained, example="advent replay", short_help="Hand out the dead letters again.", codes=MEETS)
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
        others = ", ".join(replayed.others)
        why = f"only this stack's topics and functions get them, not {others}" if others else ""
        raise AdventError(f"{replayed.for_nobody} {are} for nobody in config.yaml", why=why, hint=hint)
    if replayed.handed:
        click.echo("what fails again comes back: see `advent status`", err=True)
    elif replayed.left:
        click.echo(f"{replayed.left} were taken out a moment ago and show again in {letters.HIDDEN} s", err=True)
    else:
        click.echo("no dead letters", err=True)
    return DONE
