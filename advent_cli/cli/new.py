"""advent new: create a consumer, or an app."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from advent_cli.cli.command import Group
from advent_cli.cli.completion import origins, topics
from advent_cli.cli.exit_codes import OFFLINE_CODES
from advent_cli.cli.options import Options
from advent_cli.errors import DONE, FAILED, REFUSED, UsageError
from advent_cli.output import stream


@click.group(cls=Group, example="advent new app my-hires --from new-hire", codes=OFFLINE_CODES)
def new() -> None:
    """Create a consumer, or an app of your own."""


@new.command(
    example="advent new consumer shouter --topic awsadvent",
    short_help="Add a consumer.",
    codes=(*OFFLINE_CODES, REFUSED),
    meaning={REFUSED: "the function or its handler file exists already"},
)
@click.argument("name")
@click.option(
    "--topic", metavar="NAME", shell_complete=topics, help="The topic to subscribe to; required if there are several."
)
@click.pass_obj
def consumer(options: Options, name: str, topic: str | None) -> int:
    """Add a consumer: a handler file to fill in, and its settings in config.yaml."""
    from advent_cli.cli.open_stack import find_config
    from advent_cli.config import search
    from advent_cli.stack import scaffold as begin

    file = find_config(options)
    if not options.config and file.parent == search.tutorial():
        raise UsageError("there is no config.yaml here", hint="`advent new app DIR` creates an app of your own")
    handler, titles = begin.add_consumer(file, name, topic)
    stream.out(str(handler))
    options.report.note(f"added {name} to {file}; `advent up` will create:")
    for title in titles:
        options.report.note(f"  {title}")
    return DONE


@new.command(
    example="advent new app my-hires --from new-hire",
    short_help="Create an app.",
    codes=(*OFFLINE_CODES, FAILED, REFUSED),
    meaning={FAILED: "DIR cannot be created", REFUSED: "DIR is not empty"},
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--from",
    "origin",
    default="tutorial",
    show_default=True,
    metavar="NAME",
    shell_complete=origins,
    help="The app to start from.",
)
@click.pass_obj
def app(options: Options, folder: Path, origin: str) -> int:
    """Create an app in DIR, from the tutorial or an example: new-hire (parallel consumers) or pipeline (a chain)."""
    from advent_cli.stack import scaffold as begin

    if origin not in begin.templates():
        raise UsageError(f"--from: unknown app {origin!r}", hint=f"use one of {', '.join(begin.templates())}")
    begin.create_app(folder, origin)
    stream.out(str(folder))
    options.report.note(f"next: cd {shlex.quote(str(folder))} && advent up")
    return DONE
