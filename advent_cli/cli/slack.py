"""advent slack: connect Slack, check whether it calls, and store its secret."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from advent_cli.cli.command import Command, Group
from advent_cli.cli.exit_codes import AWS_CODES, STACK_CODES
from advent_cli.errors import DONE, FAILED, AdventError

if TYPE_CHECKING:
    from advent_cli.cli.options import Options
    from advent_cli.config.config_file import Config
    from advent_cli.config.schema import Slack
    from advent_cli.stack.model import Stack


@click.group(
    cls=Group,
    invoke_without_command=True,
    example="advent slack",
    short_help="Show how to connect Slack.",
    codes=AWS_CODES,
)
@click.pass_context
def slack(context: click.Context) -> int:
    """Show how to connect Slack, step by step, with the values to paste."""
    from advent_cli.messages.slack_setup import setup_steps
    from advent_cli.output import slack_steps, terminal

    if context.invoked_subcommand is None:
        steps = setup_steps(*_for_setup(context.obj))
        slack_steps.show(terminal.stdout(context.obj.run.command), steps)
    return DONE


@slack.command(
    "manifest",
    example="advent slack manifest > manifest.yaml",
    short_help="Print the manifest of a Slack app.",
    codes=AWS_CODES,
)
@click.pass_obj
def slack_manifest(options: Options) -> int:
    """Print the YAML manifest of a Slack app with a slash command for this app.

    On AWS the command posts to the app's URL; on the local target the app uses Socket Mode.
    """
    import yaml

    from advent_cli.messages.slack_setup import manifest
    from advent_cli.output import stream

    stream.out(yaml.safe_dump(manifest(*_for_setup(options)), sort_keys=False), end="")
    return DONE


def _for_setup(options: Options) -> tuple[str | None, Slack]:
    """The URL that Slack can post to, and the Slack settings; None if Slack reaches the app only in Socket Mode.

    So it is on the local target, which therefore needs no engine to run.
    """
    from advent_cli.cli.open_stack import open_configured, read_config, targets_local
    from advent_cli.local import lifecycle

    config = read_config(options)
    settings = _settings(config)
    if targets_local(options, config):
        return None, settings
    url = _url(open_configured(options, config, lifecycle.require))
    return url if url.startswith("https://") else None, settings


def _for_slack(options: Options) -> tuple[Stack, str, Slack]:
    """The stack, its URL and its Slack settings."""
    from advent_cli.cli.open_stack import open_stack
    from advent_cli.local import lifecycle

    stack = open_stack(options, lifecycle.require)
    settings = _settings(stack.config)
    return stack, _url(stack), settings


def _settings(config: Config) -> Slack:
    """The Slack settings; raises AdventError if the app has none, or no route for them."""
    if config.slack is None:
        raise AdventError("config.yaml has no slack section", hint="add slack: with trigger_word and bot_name")
    if not config.post_routes:
        raise AdventError("no function has a POST route for Slack", hint="add `routes: POST /PATH` to one of them")
    return config.slack


def _url(stack: Stack) -> str:
    """The URL that Slack posts to; raises AdventError if there is no API."""
    url = stack.url
    if url is None:
        raise AdventError(f"the {stack.api.title} is missing", hint="`advent up` creates it")
    return url


@slack.command(
    "check",
    example="advent slack check",
    short_help="Show whether Slack calls the app.",
    codes=AWS_CODES,
    meaning={FAILED: "Slack never called, or did not get a good reply"},
)
@click.pass_obj
def slack_check(options: Options) -> int:
    """Show when Slack last called the app, if ever, and how the app answered.

    It reads the log of the function behind the API, which must use the log format of the tutorial's handlers/app.py.
    """
    from advent_cli.messages import request_log
    from advent_cli.output import styled_lines, terminal
    from advent_cli.output.control_characters import printable

    stack, url, settings = _for_slack(options)
    now = time.time()
    day = request_log.of_last_day(stack, now)
    last = next((each for each in reversed(day) if each.from_slack), None) or request_log.last_from_slack(stack, now)
    lines = request_log.summary(last, day, now, stack.config.log_retention_days)
    for line in [*lines, *request_log.advice(last, url, settings.trigger_word)]:
        styled_lines.line(terminal.stdout(options.run.command), printable(line, 1000))
    return DONE if last and last.status == request_log.OK else FAILED


@slack.command(
    "secret",
    cls=Command,
    example="advent slack secret < token.txt",
    short_help="Restrict the API to Slack.",
    codes=STACK_CODES,
)
@click.option("--remove", is_flag=True, help="Delete the secret; the API is open again.")
@click.pass_obj
def slack_secret(options: Options, remove: bool) -> int:
    """Restrict the API to Slack: store Slack's secret, read from a hidden prompt or stdin.

    For a slash command this is the app's Signing Secret, for an outgoing webhook its Token. The secret is stored as a
    SecureString in Systems Manager Parameter Store, where the function behind the API reads it.
    """
    from advent_cli.cli.secret import change
    from advent_cli.config.schema import SLACK_SECRET

    return change(options, SLACK_SECRET, None if remove else "Slack's signing secret or token")
