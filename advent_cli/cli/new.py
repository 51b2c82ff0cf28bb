"""The commands that begin something: advent new consumer, advent new app."""

from __future__ import annotations

from pathlib import Path

import click

from advent_cli.cli.command import AT_HOME, Group
from advent_cli.cli.completion import origins, topics
from advent_cli.cli.options import Options
from advent_cli.errors import DONE, REFUSED, UsageError
from advent_cli.output import stream


@click.group(cls=Group, example="advent new app my-hires --from new-hire", codes=AT_HOME)
def new() -> None:
    """Begin a consumer, or an app of your own."""


@new.command(example="advent new consumer shouter --topic awsadvent", codes=(*AT_HOME, REFUSED))
@click.argument("name")
@click.option("--topic", metavar="NAME", shell_complete=topics, help="The topic it listens to, if there are several.")
@click.pass_obj
def consumer(options: Options, name: str, topic: str | None) -> int:
    """Add a consumer: a handler file to fill in, and its lines in config.yaml."""
    from advent_cli.config import config_file
    from advent_cli.stack import scaffold as begin

    file = config_file.find(options.config)
    if not options.config and file != Path("config.yaml"):
        raise UsageError("there is no config.yaml here", hint="`advent new app DIR` begins an app of your own")
    handler, titles = begin.add_consumer(file, name, topic)
    stream.out(str(handler))
    options.report.note(f"added {name} to {file}; `advent up` will make:")
    for title in titles:
        options.report.note(f"  {title}")
    return DONE


@new.command(example="advent new app my-hires --from new-hire", codes=(*AT_HOME, REFUSED))
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--from",
    "origin",
    default="tutorial",
    show_default=True,
    metavar="NAME",
    shell_complete=origins,
    help="What to begin from.",
)
@click.pass_obj
def app(options: Options, folder: Path, origin: str) -> int:
    """Begin an app in DIR: from the tutorial's, or the examples new-hire (three at once) and pipeline (one by one)."""
    from advent_cli.stack import scaffold as begin

    if origin not in begin.templates():
        raise UsageError(f"--from: found {origin!r}; allowed is one of {', '.join(begin.templates())}")
    begin.create_app(folder, origin)
    stream.out(str(folder))
    options.report.note(f"next: cd {folder} && advent up")
    return DONE
