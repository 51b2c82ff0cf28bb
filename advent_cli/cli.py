"""The commands: read the options, call one function, show the result. The only file that knows click."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from advent_cli.errors import DONE, INTERRUPTED, USAGE, AdventError, RefusedError
from advent_cli.options import Options

if TYPE_CHECKING:  # the real imports stand in the commands that need them, so that --help is quick
    from collections.abc import Callable

    from advent_cli.deploy import Result
    from advent_cli.local import Engine
    from advent_cli.stack import Stack

EXIT_CODES = """\b
Exit codes: 0 done; 1 a step failed; 2 wrong usage or config; 3 the target cannot be reached or refuses the
credentials; 4 refused (not ours, or not confirmed); 130 interrupted."""


def main() -> None:
    """Run the command line; what people can act on is told in a few lines, a bug keeps its traceback."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that lacks a character gets a question mark
    try:
        sys.exit(advent.main(standalone_mode=False, auto_envvar_prefix="ADVENT") or DONE)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(USAGE)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains once more at its end
        sys.exit(DONE)
    except Exception as error:
        sys.exit(_explained(error))


def _explained(error: Exception) -> int:
    from advent_cli.aws import explain
    from advent_cli.display import report, terminal

    told = explain(error)
    if told is None:
        raise error
    report.error(terminal.stderr(), told)
    return told.exit_code


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXIT_CODES)
@click.option("--config", metavar="FILE", help="The config.yaml to use; else ./config.yaml, else the tutorial's own.")
@click.option("--target", type=click.Choice(["local", "aws"]), help="Instead of the target in config.yaml.")
@click.option("--profile", metavar="NAME", help="A profile of your AWS settings, for --target aws.")
@click.option("--region", metavar="NAME", help="Instead of the region in config.yaml.")
@click.option("-v", "--verbose", is_flag=True, help="Tell each call to AWS; plan and status tell all settings.")
@click.version_option(package_name="advent")
@click.pass_context
def advent(context: click.Context, /, verbose: bool, **given: Any) -> None:  # noqa: FBT001 (click's way)
    """Build the serverless pub/sub word counter of the AWS Advent article, talk to it and take it down again."""
    trace = (lambda line: click.echo(f"  {line}", err=True)) if verbose else None
    context.obj = Options(**given, trace=trace)


@advent.command()
@click.option("--yes", is_flag=True, help="Do not ask before changing an AWS account.")
@click.pass_obj
def up(options: Options, yes: bool) -> int:  # noqa: FBT001
    """Make AWS as config.yaml wants it; what is so already is left alone."""
    from advent_cli import deploy, local
    from advent_cli.display import report, terminal
    from advent_cli.engine import Interrupt

    stack = _open(options, local.start)
    steps = deploy.steps_up(stack, deploy.look(stack))
    if stack.aws.endpoint is None and not yes and sys.stdin.isatty():
        report.plan(terminal.stderr(), steps, show_settings=False)
        _confirm(f"Do this in {_place(stack)}?")
    with Interrupt() as interrupt, terminal.listener(lines_only=options.trace is not None) as listen:
        result = deploy.up(stack, steps, listen, interrupt)
    _tell(result)
    url = stack.url if result.exit_code == DONE else None
    if url:
        click.echo(url)
        click.echo(f"next: advent say {stack.config.slack.trigger_word} some words", err=True)
    return result.exit_code


@advent.command()
@click.pass_obj
def plan(options: Options) -> int:
    """Show what up would do: + create, ~ update with the settings that differ, ! cannot. Writes nothing."""
    from advent_cli import deploy, local
    from advent_cli.display import report, terminal

    stack = _open(options, local.start)
    steps = deploy.steps_up(stack, deploy.look(stack))
    report.plan(terminal.stdout(), steps, show_settings=options.trace is not None)
    return deploy.exit_code(steps)


@advent.command()
@click.option("--top", default=10, show_default=True, type=click.IntRange(0), help="How many words to show.")
@click.pass_context
def status(context: click.Context, /, top: int) -> int:
    """Show every resource, the URL and the most frequent words."""
    from advent_cli import counts, deploy, local
    from advent_cli.display import report, terminal
    from advent_cli.plan import Action

    options: Options = context.obj
    stack = _open(options, local.require)
    steps = deploy.steps_up(stack, deploy.look(stack))
    out = terminal.stdout()
    arns = {key: arn for key, resource in stack.resources.items() if (arn := getattr(resource, "arn", None))}
    report.resources(out, steps, arns, show_settings=options.trace is not None)
    by_key = {step.key: step for step in steps}
    if isinstance(by_key[stack.api.key].seen, dict):
        report.line(out, f"\n{stack.url}\n")
    table = by_key[stack.table.key]
    if isinstance(table.seen, dict) and table.seen["status"] == "ACTIVE":
        found = counts.top(stack.table, top)
        report.words(out, found.top, found.words)
    elif table.action is Action.CREATE:
        report.line(out, f"no words: the {stack.table.title} is missing; `advent up` makes it")
    return deploy.exit_code(steps)


@advent.command()
@click.argument("text", nargs=-1, required=True)
@click.option("--no-wait", is_flag=True, help="Print the reply and leave; do not wait for the consumers.")
@click.pass_obj
def say(options: Options, text: tuple[str, ...], no_wait: bool) -> int:  # noqa: FBT001
    """Post TEXT as Slack would, print the bot's reply, and watch the counts settle."""
    from advent_cli import local
    from advent_cli import say as slack
    from advent_cli.display import terminal
    from advent_cli.display.text import printable
    from advent_cli.patience import Patience

    stack = _open(options, local.require)
    url = stack.url
    if url is None:
        raise AdventError(f"the {stack.api.title} is missing", hint="`advent up` makes it")
    message = " ".join(text)
    if not message.startswith(stack.config.slack.trigger_word):
        click.echo(f"note: Slack posts only what begins with {stack.config.slack.trigger_word!r}", err=True)
    consumers = [] if no_wait else slack.writers(stack)
    answered = slack.expected(stack, message) if consumers else {}
    with terminal.waiting() as tell:
        reply = slack.post(url, slack.form(message, stack.config.slack), Patience(tell=tell))
    click.echo(printable(reply, 100_000))
    if answered:
        with terminal.waiting() as tell:
            now = slack.settle(stack, answered, Patience(tell=tell))
        counted = ", ".join(f"{printable(word)} = {count}" for word, count in now.items())
        click.echo(f"then {' and '.join(consumers)} made it: {counted}", err=True)
    return DONE


@advent.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def down(options: Options, yes: bool) -> int:  # noqa: FBT001
    """Delete all that up made, the table with its words included."""
    from advent_cli import counts, deploy, local
    from advent_cli.display import report, terminal
    from advent_cli.engine import Interrupt
    from advent_cli.plan import Action

    stack = _open(options, local.require)
    steps = deploy.steps_down(stack, deploy.look(stack))
    if not any(step.action is Action.DELETE for step in steps):
        click.echo("nothing to delete", err=True)
        return deploy.exit_code(steps)
    err = terminal.stderr()
    for step in steps:
        if step.key == stack.table.key and step.action is Action.DELETE:
            words = counts.number_of_words(stack.table)
            report.line(err, ("- ", "red"), step.title, (f", and in it the counts of {words} words", "bold red"))
        elif step.action is Action.DELETE and not yes:
            report.line(err, ("- ", "red"), step.title)
    if not yes:
        _confirm(f"Delete all of this from {_place(stack)}?")
    with Interrupt() as interrupt, terminal.listener(lines_only=options.trace is not None) as listen:
        result = deploy.down(stack, steps, listen, interrupt)
    _tell(result)
    return result.exit_code


def _open(options: Options, engine: Callable[[], Engine]) -> Stack:
    from advent_cli.context import open_stack

    return open_stack(options, engine)


def _place(stack: Stack) -> str:
    here = "the local engine" if stack.aws.endpoint else f"account {stack.aws.identity[0]}"
    return f"{here}, region {stack.aws.region}"


def _confirm(question: str) -> None:
    if not sys.stdin.isatty():
        raise RefusedError("nothing was done, for there is no terminal to ask at", hint="--yes does it without asking")
    if not click.confirm(question, err=True):
        raise RefusedError("nothing was done")


def _tell(result: Result) -> None:
    """After the rows: how the steps ended, and each error once; a bug is raised, with its traceback."""
    from advent_cli.display import report, terminal, text

    err = terminal.stderr()
    report.line(err, (text.ended(result.finished.values(), result.seconds), "bold"))
    for event in result.finished.values():
        if isinstance(event.error, AdventError):
            report.error(err, event.error)
        elif event.error:
            raise event.error


@advent.group()
def local() -> None:
    """The local engine: an AWS in a background process of this machine."""


@local.command("start")
def local_start() -> None:
    """Start the engine, unless it runs already."""
    from advent_cli import local

    click.echo(local.start().url)


@local.command("stop")
def local_stop() -> None:
    """Stop the engine; it keeps its state for the next start."""
    from advent_cli import local

    click.echo("stopped" if local.stop() else "the local engine is not running", err=True)


@local.command("status")
def local_status() -> None:
    """Tell whether the engine runs, where, and where its files are."""
    from advent_cli import local

    engine = local.require()
    click.echo(f"running at {engine.url}, process {engine.pid}\nfiles in {local.home()}")


@local.command("logs")
@click.option("-n", "--lines", default=100, show_default=True, type=click.IntRange(0), help="How many lines.")
def local_logs(lines: int) -> None:
    """Print the end of the engine's log."""
    from advent_cli import local

    for line in local.log_lines(lines):
        click.echo(line)


@local.command("env")
@click.pass_obj
def local_env(options: Options) -> None:
    """Print the exports with which your own aws client reaches the engine: eval "$(advent local env)"."""
    from advent_cli import local

    for name, value in local.require().environment(options.region).items():
        click.echo(f"export {name}={value}")
