"""The commands of `advent local`."""

from __future__ import annotations

import click

from advent_cli.cli_help import AT_HOME, Group
from advent_cli.errors import FAILED, UNREACHABLE
from advent_cli.options import Options

LOCAL = (*AT_HOME, UNREACHABLE)


@click.group(cls=Group, example="advent local status", codes=AT_HOME)
def local() -> None:
    """The local engine: an AWS in a background process of this machine."""


@local.command("start", example="advent local start", codes=LOCAL)
@click.pass_obj
def local_start(options: Options) -> None:
    """Start the engine, unless it runs already."""
    from advent_cli import local

    click.echo(local.start(options.remark).url)


@local.command("stop", example="advent local stop", codes=(*LOCAL, FAILED))
@click.pass_obj
def local_stop(options: Options) -> None:
    """Stop the engine; it keeps its state for the next start."""
    from advent_cli import local

    click.echo("stopped" if local.stop(options.remark) else "the local engine is not running", err=True)


@local.command("status", example="advent local status", codes=LOCAL)
@click.pass_obj
def local_status(options: Options) -> None:
    """Tell whether the engine runs, where, and where its files are."""
    from advent_cli import local

    engine = local.require(options.remark)
    click.echo(f"running at {engine.url}, process {engine.pid}\nfiles in {local.home()}")


@local.command("logs", example="advent local logs --lines 20", codes=LOCAL)
@click.option("-n", "--lines", default=100, show_default=True, type=click.IntRange(0), help="How many lines.")
def local_logs(lines: int) -> None:
    """Print the end of the engine's log."""
    from advent_cli import local

    for line in local.log_lines(lines):
        click.echo(line)


@local.command("env", example='eval "$(advent local env)"', codes=LOCAL)
@click.pass_obj
def local_env(options: Options) -> None:
    """Print the exports with which your own aws client reaches the engine: eval "$(advent local env)"."""
    import shlex

    from advent_cli import config, local

    region = options.region or config.load(config.find(options.config)).region
    for name, value in local.require(options.remark).environment(region).items():
        click.echo(f"export {name}={shlex.quote(value)}")
