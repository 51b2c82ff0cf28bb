"""The command line: the global options and the list of commands.

A command reads its options, calls the other packages and reports. It imports slow modules inside its function, so that
--help stays quick.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

import click

from advent_cli.cli.audit import audit
from advent_cli.cli.command import Group
from advent_cli.cli.diagram import diagram
from advent_cli.cli.doctor import doctor
from advent_cli.cli.down import down
from advent_cli.cli.exit_codes import MEANINGS
from advent_cli.cli.export import export
from advent_cli.cli.global_options import BEFORE
from advent_cli.cli.list import list_stacks
from advent_cli.cli.local import local
from advent_cli.cli.logs import logs
from advent_cli.cli.new import new
from advent_cli.cli.plan import plan
from advent_cli.cli.policy import policy
from advent_cli.cli.replay import replay
from advent_cli.cli.say import say
from advent_cli.cli.secret import secret
from advent_cli.cli.slack import slack
from advent_cli.cli.slack_listen import slack_listen
from advent_cli.cli.status import status
from advent_cli.cli.up import up
from advent_cli.errors import DIFFERENT
from advent_cli.output.stream import out


def _version(context: click.Context, _: click.Parameter, value: bool) -> None:
    """Print the versions of advent and what it runs on, and exit."""
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
    out(f"advent {metadata.version('aws-advent')} ({', '.join(versions)})")
    context.exit()


@click.group(
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"]},
    example="advent --target aws plan",
    codes=tuple(MEANINGS),
    meaning={DIFFERENT: "plan --exit-code: there are changes to make"},
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the versions."
)
def advent(**_: Any) -> None:
    """Build the serverless pub/sub word counter of the AWS Advent article, post to it, and delete it again."""


advent.params[:0] = BEFORE

advent.sections = {
    "Build": (up, plan, down, policy),
    "Look": (status, diagram, logs, list_stacks, doctor),
    "Talk": (say, audit, replay),
    "Slack": (slack,),
    "Your own apps": (new, secret, export),
    "Local engine": (local,),
}
slack.add_command(slack_listen)
for command in chain(*advent.sections.values()):
    advent.add_command(command)
