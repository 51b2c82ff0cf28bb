"""The command line: the options before the command. The commands are in the files cli_*.py.

They read the options, call one function and show the result; nothing else knows click. What is heavy is imported in the
command that needs it, so that --help is quick.
"""

from __future__ import annotations

import shlex
from functools import partial
from typing import Any

import click

from advent_cli.cli_build import down, up
from advent_cli.cli_complete import files
from advent_cli.cli_doctor import doctor
from advent_cli.cli_draw import diagram
from advent_cli.cli_help import MEANINGS, Group
from advent_cli.cli_local import local
from advent_cli.cli_look import list_stacks, logs, plan, status
from advent_cli.cli_messages import replay
from advent_cli.cli_new import new
from advent_cli.cli_policy import policy
from advent_cli.cli_say import say
from advent_cli.cli_slack import secret, slack
from advent_cli.errors import DIFFERENT
from advent_cli.options import Options, Run


def _version(context: click.Context, _: click.Parameter, value: bool) -> None:
    """Print the versions of what matters, and end."""
    if not value or context.resilient_parsing:
        return
    import platform
    from importlib import metadata

    versions = [f"Python {platform.python_version()}"]
    for name in ("boto3", "ministack"):
        try:
            versions.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            versions.append(f"no {name}")
    click.echo(f"advent {metadata.version('advent')} ({', '.join(versions)})")
    context.exit()


@click.group(
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"]},
    example="advent --target aws plan",
    codes=tuple(MEANINGS),
    meaning={DIFFERENT: "plan --exit-code: there is something to do"},
)
@click.option(
    "--config",
    metavar="FILE",
    shell_complete=files,
    help="The config.yaml to use; else ./config.yaml, else the tutorial's own.",
)
@click.option("--stack", metavar="NAME", help="Another stack of the same app; all its names begin with NAME-.")
@click.option("--target", type=click.Choice(["local", "aws"]), help="Instead of the target in config.yaml.")
@click.option("--profile", metavar="NAME", help="A profile of your AWS settings, for --target aws.")
@click.option("--region", metavar="NAME", help="Instead of the region in config.yaml.")
@click.option("-v", "--verbose", is_flag=True, help="Tell each call to AWS; plan and status tell all settings.")
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the versions."
)
@click.pass_context
def advent(context: click.Context, /, verbose: bool, **given: Any) -> None:
    """Build the serverless pub/sub word counter of the AWS Advent article, talk to it and take it down again."""
    trace = (lambda line: click.echo(f"  {line}", err=True)) if verbose else None
    run = context.obj or Run()
    run.verbose = verbose
    run.command = shlex.join(
        ["advent", *(word for name in given if given[name] for word in (f"--{name}", given[name]))]
    )
    context.obj = Options(**given, trace=trace, remark=partial(click.echo, err=True), run=run)


COMMANDS = (
    up, plan, status, diagram, logs, say, replay, down, list_stacks, policy, slack, secret, new, doctor, local,
)  # fmt: skip
for command in COMMANDS:
    advent.add_command(command)
