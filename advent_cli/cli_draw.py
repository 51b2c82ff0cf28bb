"""The command that draws: advent diagram."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from advent_cli.cli_help import MEETS, Explained
from advent_cli.errors import AdventError, TargetError
from advent_cli.options import Options

if TYPE_CHECKING:
    from advent_cli.plan import Step
    from advent_cli.stack import Stack


@click.command(cls=Explained, example="advent diagram --format mermaid", short_help="Draw the app.", codes=MEETS)
@click.option(
    "--format",
    type=click.Choice(["text", "svg", "mermaid"]),
    default="text",
    show_default=True,
    help="A tree for the terminal, or a picture for a wiki.",
)
@click.pass_obj
def diagram(options: Options, format: str) -> int:
    """Draw the app: what leads where, with the state of each part."""
    from advent_cli import diagram as picture
    from advent_cli.display import diagram_mermaid, diagram_svg, diagram_text, report, terminal
    from advent_cli.survey import exit_code

    stack, steps = _seen(options)
    graph = picture.of(stack, steps)
    if format == "text":
        diagram_text.show(terminal.stdout(), graph)
    else:
        click.echo({"svg": diagram_svg.svg, "mermaid": diagram_mermaid.mermaid}[format](graph), nl=False)
    for step in steps:
        if isinstance(step.seen, AdventError):
            report.line(terminal.stderr(), f"{step.title}: {step.seen}")
    return exit_code(steps)


def _seen(options: Options) -> tuple[Stack, tuple[Step, ...]]:
    """The stack, and what was seen of it: nothing where the target cannot be reached, and then a note."""
    from advent_cli import config, local
    from advent_cli.aws_errors import explain
    from advent_cli.context import offline, open_stack
    from advent_cli.stack import build
    from advent_cli.survey import look

    try:
        stack = open_stack(options, local.require)
        return stack, look(stack).steps_up()
    except Exception as error:
        told = explain(error)
        if not isinstance(told, TargetError):
            raise
    click.echo(f"note: all states are unknown: {told}", err=True)
    settings = config.load(config.find(options.config), options.stack)
    return build(settings, offline(settings.stack)), ()
