"""The command that prints IAM policies: advent policy."""

import click

from advent_cli.cli_answer import Answering, as_json
from advent_cli.cli_help import CALLS
from advent_cli.options import Options

NEED_RIGHTS = (
    "up", "plan", "status", "diagram", "say", "replay", "slack", "slack-check", "list", "logs", "doctor", "down",
)  # fmt: skip
BOUNDARY = "boundary"


@click.command(cls=Answering, example="advent policy up", short_help="Print the least IAM policy.", codes=CALLS)
@click.argument("command", type=click.Choice([*NEED_RIGHTS, BOUNDARY, "all"]), default="all")
@as_json
@click.pass_obj
def policy(options: Options, command: str) -> None:
    """Print the least IAM policy that lets a person run COMMAND (all, if not given) on this stack.

    `boundary` prints a permissions boundary for the roles of its functions.
    """
    import json

    from advent_cli import documents, local, narrowing, rights
    from advent_cli.context import open_stack

    stack = open_stack(options, local.start)
    document = rights.boundary(stack) if command == BOUNDARY else rights.policy(stack, command)
    notes = [options.run.own(note) for note in narrowing.notes(stack, document)]
    if options.answer:
        options.answer.fields |= documents.place(stack) | {"command": command, "policy": document, "notes": notes}
        return
    click.echo(json.dumps(document, indent=2))
    for note in notes:
        click.echo(f"note: {note}", err=True)
