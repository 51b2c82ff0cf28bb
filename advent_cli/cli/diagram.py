"""advent diagram: draw the app."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from advent_cli.cli.command import Command
from advent_cli.cli.exit_codes import STACK_CODES
from advent_cli.cli.options import Options
from advent_cli.errors import AdventError, TargetError

if TYPE_CHECKING:
    from advent_cli.deploy.decide import Step
    from advent_cli.stack.build import Stack


@click.command(cls=Command, example="advent diagram --format mermaid", short_help="Draw the app.", codes=STACK_CODES)
@click.option(
    "--format",
    type=click.Choice(["text", "svg", "mermaid"]),
    default="text",
    show_default=True,
    help="Draw a tree for the terminal, or a picture for a wiki.",
)
@click.pass_obj
def diagram(options: Options, format: str) -> int:
    """Draw the app: the path of a message, and the state of each part."""
    from advent_cli.deploy.inspection import exit_code
    from advent_cli.diagram import mermaid, svg, text_tree
    from advent_cli.diagram.from_stack import build_graph
    from advent_cli.output import branches, stream, styled_lines, terminal

    stack, steps = _inspect(options)
    graph = build_graph(stack, steps)
    if format == "text":
        console = terminal.stdout(options.run.command)
        for tree in text_tree.trees(graph, console.width, branches.arrow(console)):
            branches.show(console, tree)
    else:
        stream.out({"svg": svg.svg, "mermaid": mermaid.mermaid}[format](graph), end="")
    if stack.execution_role:
        options.report.note(stack.execution_role.notice)
    for step in steps:
        if isinstance(step.seen, AdventError):
            styled_lines.line(terminal.stderr(options.run.command), f"{step.title}: {step.seen}")
    return exit_code(steps)


def _inspect(options: Options) -> tuple[Stack, tuple[Step, ...]]:
    """The stack and its steps; no steps, but a note, if the target cannot be reached."""
    from dataclasses import replace

    from advent_cli.aws.aws_errors import explain
    from advent_cli.aws.connect import offline
    from advent_cli.cli.open_stack import find_config, open_stack
    from advent_cli.config import config_file
    from advent_cli.deploy.inspection import inspect
    from advent_cli.local import lifecycle
    from advent_cli.stack.build import build

    file = find_config(options)
    try:
        stack = open_stack(replace(options, config=str(file)), lifecycle.require)
        inspection = inspect(stack)
        if inspection.unlisted:
            options.report.note(f"note: {inspection.unlisted}")
        return stack, inspection.steps_up()
    except Exception as error:
        known = explain(error)
        if not isinstance(known, TargetError):
            raise
    options.report.note(f"note: the states are unknown: {known}")
    settings = config_file.load(file, options.stack)
    return build(settings, offline(settings.stack)), ()
