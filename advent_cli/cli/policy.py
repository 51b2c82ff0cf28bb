"""advent policy: print the least-privilege IAM policy for a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from advent_cli.cli.command import Command
from advent_cli.cli.exit_codes import AWS_CODES
from advent_cli.cli.pick_reporter import json_option
from advent_cli.errors import UsageError

if TYPE_CHECKING:
    from advent_cli.cli.options import Options
    from advent_cli.resources.base import Resource
    from advent_cli.stack.model import Stack
    from advent_cli.stack.policy_size import Policy

COMMANDS = (
    "up", "plan", "status", "diagram", "say", "replay", "audit", "slack", "slack-check", "list", "logs", "doctor",
    "down",
)  # fmt: skip
BOUNDARY, TRUST = "boundary", "trust"


@click.command(
    cls=Command, example="advent policy up", short_help="Print a least-privilege IAM policy.", codes=AWS_CODES
)
@click.argument("command", type=click.Choice([*COMMANDS, BOUNDARY, TRUST, "all"]), default="all")
@click.option("--split", is_flag=True, help="Print as many policies as IAM's size limit requires, one on each line.")
@click.option("--subject", metavar="SUB", help="The sub claim of the GitHub workflow that `trust` is for.")
@json_option
@click.pass_obj
def policy(options: Options, command: str, split: bool, subject: str | None) -> None:
    """Print the least-privilege IAM policy for running COMMAND (default: all of them) on this stack.

    It also covers resources that are still in AWS but no longer in config.yaml. `boundary` prints a permissions
    boundary for the functions' roles; `trust` prints the trust policy of a role that a GitHub workflow assumes.
    """
    from advent_cli.cli.open_stack import open_stack
    from advent_cli.local import lifecycle
    from advent_cli.stack import policy_size

    if split and command in (BOUNDARY, TRUST):
        what = "a permissions boundary" if command == BOUNDARY else "a trust policy"
        raise UsageError(f"{what} cannot be split", why="a role has only one")
    if (command == TRUST) != (subject is not None):
        what = "`trust` needs --subject" if command == TRUST else f"--subject is for `trust`, not {command!r}"
        raise UsageError(what, hint="`advent policy trust --subject repo:OWNER/REPO:pull_request`")
    stack = open_stack(options, lifecycle.start)
    document, notes = _document(stack, command, subject)
    notes += policy_size.notes(document, command, is_split=split)
    options.report.policy(stack, command, document, notes, is_split=split)


def _document(stack: Stack, command: str, subject: str | None) -> tuple[Policy, list[str]]:
    """The policy document, and notes on what it allows."""
    from advent_cli.stack import command_actions, deployer_policy, github_trust, policy_conditions

    if subject is not None:
        return github_trust.trust_policy(stack.aws, subject)
    if command == BOUNDARY and stack.execution_role:
        why = f"{stack.execution_role.notice}, and a boundary would have no role to limit"
        hint = "`advent policy` prints the policy for you"
        raise UsageError("no permissions boundary with execution_role", why=why, hint=hint)
    orphans, notes = _orphans(stack) if command in (*command_actions.INSPECTING, "all") else ([], [])
    document = (
        deployer_policy.policy(stack, command, orphans) if command != BOUNDARY else deployer_policy.boundary(stack)
    )
    return document, [*policy_conditions.notes(stack, document), *notes]


def _orphans(stack: Stack) -> tuple[list[Resource], list[str]]:
    """The stack's resources that are no longer in config.yaml, and notes on them, or on why they are not known."""
    from advent_cli.aws.aws_errors import explain
    from advent_cli.deploy.inspection import inspect

    try:
        inspection = inspect(stack)
    except Exception as error:
        if (explained := explain(error)) is None:
            raise
        what = "the policy covers only what is in config.yaml"
        return [], [f"{what}: resources that `up` would delete could not be listed ({explained.what})"]
    found = inspection.own_orphans
    notes = [str(inspection.unlisted)] if inspection.unlisted else []
    titles = ", ".join(sorted(resource.title for resource in found))
    return found, [*notes, *([f"the policy also covers what is no longer in config.yaml: {titles}"] if found else [])]
