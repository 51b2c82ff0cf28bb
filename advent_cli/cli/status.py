"""advent status: show every resource, the URL and the most frequent words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from advent_cli.cli.command import Command
from advent_cli.cli.exit_codes import STACK_CODES
from advent_cli.cli.pick_reporter import json_option, refuse_options
from advent_cli.errors import DIFFERENT, DONE, UsageError

if TYPE_CHECKING:
    from advent_cli.cli.options import Options


@click.command(
    cls=Command,
    example="advent status --top 3",
    short_help="Show resources, URL and words.",
    codes=(*STACK_CODES, DIFFERENT),
    for_scripts=lambda params: refuse_options(params, "watch"),
)
@click.option(
    "--top", metavar="N", default=10, show_default=True, type=click.IntRange(0), help="How many words to show."
)
@click.option("--exit-code", "exit_code", is_flag=True, help="Exit with 5 if something differs from config.yaml.")
@click.option("--watch", is_flag=True, help="Keep updating the view, until q or Ctrl-C.")
@json_option
@click.pass_obj
def status(options: Options, top: int, exit_code: bool, watch: bool) -> int:
    """Show every resource, the URL and the most frequent words."""
    if watch:
        if exit_code:
            raise UsageError("--watch and --exit-code cannot be combined", hint="leave out one of them")
        from advent_cli.cli.live_status import show_live

        show_live(options, top)
    from advent_cli.cli.open_stack import open_stack
    from advent_cli.deploy import inspection as inspections
    from advent_cli.deploy.decide import is_done
    from advent_cli.local import lifecycle
    from advent_cli.words import counts

    report = options.report
    with report.waiting("inspecting the stack"):
        stack = open_stack(options, lifecycle.require, ahead=inspections.SERVICES)
        inspection = inspections.inspect(stack)
    steps, seen = inspection.steps_up(), inspection.seen
    arns = {key: arn for key, resource in stack.resources.items() if (arn := getattr(resource, "arn", None))}
    report.resources(inspection, steps, arns)
    if isinstance(seen.get(stack.api.key), dict):
        report.api(inspection, stack.urls)
    if isinstance(seen[stack.queue.key], dict):
        report.dead_letters(stack.queue.name, inspection.dead_letters)
    if counts.is_readable(stack.table, seen[stack.table.key]):  # last, because it may take a minute
        with report.reading(lambda: counts.approximate_size(stack.table)) as notify_read:
            result = counts.top(stack.table, top, notify_read)
        report.words(result)
    elif any(isinstance(each, dict) for each in seen.values()):
        report.words_unavailable(stack.table.title, is_missing=seen[stack.table.key] is None)
    different = exit_code and not is_done(steps)
    return inspections.exit_code(steps) or (DIFFERENT if different else DONE)
