"""advent local: start, stop and inspect the local engine."""

from __future__ import annotations

import click

from advent_cli.cli.command import Group
from advent_cli.cli.exit_codes import OFFLINE_CODES
from advent_cli.cli.options import Options
from advent_cli.errors import FAILED, REFUSED, UNREACHABLE
from advent_cli.output import stream

LOCAL = (*OFFLINE_CODES, UNREACHABLE)


@click.group(cls=Group, example="advent local status", short_help="Manage the local engine.", codes=OFFLINE_CODES)
def local() -> None:
    """Manage the local engine, which emulates AWS in a background process."""


@local.command("start", example="advent local start", codes=LOCAL)
@click.pass_obj
def local_start(options: Options) -> None:
    """Start the engine, unless it is already running."""
    from advent_cli.local import lifecycle

    stream.out(lifecycle.start(options.report.note).url)


@local.command(
    "stop",
    example="advent local stop",
    codes=(*LOCAL, FAILED),
    meaning={FAILED: "the engine could not save its state"},
)
@click.pass_obj
def local_stop(options: Options) -> None:
    """Stop the engine; its state is kept for the next start."""
    from advent_cli.local import lifecycle

    options.report.note("stopped" if lifecycle.stop(options.report.note) else "the local engine is not running")


@local.command("status", example="advent local status", short_help="Show whether the engine is running.", codes=LOCAL)
@click.pass_obj
def local_status(options: Options) -> None:
    """Show whether the engine is running, its URL, and where its files are."""
    from advent_cli.local import lifecycle

    engine = lifecycle.require(options.report.note)
    stream.out(f"running at {engine.url}, process {engine.pid}\nfiles in {lifecycle.home()}")


@local.command("logs", example="advent local logs --lines 20", codes=LOCAL)
@click.option(
    "-n",
    "--lines",
    metavar="N",
    default=100,
    show_default=True,
    type=click.IntRange(0),
    help="How many lines to print.",
)
def local_logs(lines: int) -> None:
    """Print the end of the engine's log."""
    from advent_cli.local import lifecycle

    for line in lifecycle.log_lines(lines):
        stream.out(line)


@local.command(
    "reset",
    example="advent local reset",
    short_help="Delete everything advent keeps here.",
    codes=(*LOCAL, FAILED, REFUSED),
    meaning={FAILED: "a file cannot be deleted", REFUSED: "not confirmed"},
)
@click.option("-y", "--yes", is_flag=True, help="Do not ask for confirmation.")
@click.pass_obj
def local_reset(options: Options, yes: bool) -> None:
    """Stop the engine without saving, and delete everything that advent keeps on this machine.

    This covers the engine's state and log, crash reports, and packages cached for functions. The command lists the
    paths and asks first. It does not touch your files or AWS.
    """
    from advent_cli.cli import confirm
    from advent_cli.cli.kept_files import kept_files

    kept = kept_files(options)
    if not kept:
        return options.report.note("nothing to delete")
    options.report.note("this stops the local engine, without saving, and deletes:")
    for each in kept:
        options.report.note(f"  {each.path}: {each.what}")
    if not yes:
        confirm.agreed("Delete all of this?")
    for each in kept:
        each.delete()
    return options.report.note("deleted")


@local.command(
    "env",
    example='eval "$(advent local env)"',
    short_help="Print variables for your own aws client.",
    codes=LOCAL,
)
@click.pass_obj
def local_env(options: Options) -> None:
    """Print the environment variables that point your own aws client at the engine: eval "$(advent local env)"."""
    import shlex

    from advent_cli.cli.open_stack import find_config
    from advent_cli.config import config_file
    from advent_cli.local import lifecycle

    region = options.region or config_file.load(find_config(options)).region
    for name, value in lifecycle.require(options.report.note).environment(region).items():
        stream.out(f"export {name}={shlex.quote(value)}")
