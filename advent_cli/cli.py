"""The commands: read the options, call one function, show the result. The only file that knows click."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from advent_cli.cli_local import local
from advent_cli.cli_messages import replay, say, secret, slack
from advent_cli.cli_new import new
from advent_cli.errors import DIFFERENT, DONE, FAILED, INTERRUPTED, REFUSED, AdventError, UsesForeignError
from advent_cli.options import Options

if TYPE_CHECKING:  # the real imports stand in the commands that need them, so that --help is quick
    from collections.abc import Callable, Iterator

    from advent_cli.deploy import Result
    from advent_cli.local import Engine
    from advent_cli.stack import Stack

PATH = click.Path(path_type=Path, dir_okay=False)
EXIT_CODES = """\b
Exit codes: 0 done; 1 a step failed; 2 wrong usage or config; 3 the target cannot be reached or refuses the
credentials; 4 refused (not ours, or not confirmed); 130 interrupted."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXIT_CODES)
@click.option("--config", metavar="FILE", help="The config.yaml to use; else ./config.yaml, else the tutorial's own.")
@click.option("--stack", metavar="NAME", help="Another stack of the same app; all its names begin with NAME-.")
@click.option("--target", type=click.Choice(["local", "aws"]), help="Instead of the target in config.yaml.")
@click.option("--profile", metavar="NAME", help="A profile of your AWS settings, for --target aws.")
@click.option("--region", metavar="NAME", help="Instead of the region in config.yaml.")
@click.option("-v", "--verbose", is_flag=True, help="Tell each call to AWS; plan and status tell all settings.")
@click.version_option(package_name="advent")
@click.pass_context
def advent(context: click.Context, /, verbose: bool, **given: Any) -> None:
    """Build the serverless pub/sub word counter of the AWS Advent article, talk to it and take it down again."""
    trace = (lambda line: click.echo(f"  {line}", err=True)) if verbose else None
    context.obj = Options(**given, trace=trace)


@advent.command()
@click.option("--yes", is_flag=True, help="Do not ask, neither before changing an AWS account nor before losing words.")
@click.option(
    "--import", "import_file", metavar="FILE", type=PATH, help="Set the word counts that down --export wrote."
)
@click.option("--adopt", metavar="KIND/NAME", multiple=True, help="Make what is in the way ours; may be repeated.")
@click.option("--watch", is_flag=True, help="Do so again whenever config.yaml or a handler is saved, until Ctrl-C.")
@click.pass_obj
def up(options: Options, yes: bool, import_file: Path | None, adopt: tuple[str, ...], watch: bool) -> int:
    """Make AWS as config.yaml wants it; what is so already is left alone."""
    from advent_cli import backup, config
    from advent_cli import watch as watching
    from advent_cli.patience import Patience

    if import_file:
        backup.check(import_file)
    before = watching.state(config.find(options.config)) if watch else {}
    stack, code = _up(options, adopt, ask=not yes, ask_first=not yes)
    if import_file and code != DONE:
        click.echo(f"nothing was set from {import_file}", err=True)
    elif import_file:
        words = backup.restore(stack.table, import_file, Patience())
        click.echo(f"set the counts of {words} words from {import_file}", err=True)
    if watch and code != INTERRUPTED:
        _watch(options, watching.changes(config.find(options.config), before), ask=not yes)
    return code


def _up(options: Options, adopt: tuple[str, ...], *, ask: bool, ask_first: bool) -> tuple[Stack, int]:
    """Once up, with the URL at the end; the stack, and the exit code."""
    from advent_cli import asking, deploy, local
    from advent_cli.display import report, terminal
    from advent_cli.engine import Interrupt
    from advent_cli.plan import Action
    from advent_cli.survey import adopt as make_ours
    from advent_cli.survey import look

    stack = _open(options, local.start)
    survey = look(stack)
    if adopt:
        make_ours(survey, adopt)
        survey = look(stack)
    steps = survey.steps_up()
    if ask:
        steps = tuple(asking.spared(stack, step) for step in steps)
    changes = any(step.action not in (Action.NOTHING, Action.BLOCKED) for step in steps)
    if ask_first and changes and stack.aws.endpoint is None and sys.stdin.isatty():
        report.plan(terminal.stderr(), steps, show_settings=False)
        asking.confirm(f"Do this in {asking.place(stack)}?")
    with Interrupt() as interrupt, terminal.listener(lines_only=options.trace is not None) as listen:
        result = deploy.up(survey, steps, listen, interrupt)
    _tell(result)
    if result.exit_code == DONE and (url := stack.url):
        click.echo(url)
        report.after_up(terminal.stderr(), stack.config.slack, options.stack, is_open=survey.is_open)
    return stack, result.exit_code


def _watch(options: Options, changes: Iterator[str], *, ask: bool) -> None:
    """Up again at each change, until Ctrl-C; what is wrong is told, and may be put right."""
    from contextlib import suppress

    from advent_cli.aws_errors import explain
    from advent_cli.display import report, terminal

    click.echo("watching config.yaml and its handlers; Ctrl-C ends it", err=True)
    with suppress(KeyboardInterrupt):
        for changed in changes:
            click.echo(f"{changed} was changed", err=True)
            try:
                _, code = _up(options, (), ask=ask, ask_first=False)
            except Exception as error:  # a mistake in a file, or the network: told, and survived
                if (told := explain(error)) is None:
                    raise
                report.error(terminal.stderr(), told)
                continue
            if code == INTERRUPTED:
                return


@advent.command()
@click.option("--exit-code", is_flag=True, help="End with 5 if there is something to do.")
@click.pass_obj
def plan(options: Options, exit_code: bool) -> int:
    """Show what up would do: + create, ~ update with the settings that differ, - delete, ! cannot. Writes nothing."""
    from advent_cli import local
    from advent_cli.display import report, terminal
    from advent_cli.plan import Action
    from advent_cli.survey import exit_code as code_of
    from advent_cli.survey import look

    steps = look(_open(options, local.start)).steps_up()
    report.plan(terminal.stdout(), steps, show_settings=options.trace is not None)
    different = exit_code and any(step.action is not Action.NOTHING for step in steps)
    return code_of(steps) or (DIFFERENT if different else DONE)


@advent.command()
@click.option("--top", default=10, show_default=True, type=click.IntRange(0), help="How many words to show.")
@click.pass_obj
def status(options: Options, top: int) -> int:
    """Show every resource, the URL and the most frequent words."""
    from advent_cli import counts, local
    from advent_cli.display import report, terminal
    from advent_cli.survey import exit_code, look

    stack = _open(options, local.require)
    survey = look(stack)
    steps, out = survey.steps_up(), terminal.stdout()
    arns = {key: arn for key, resource in stack.resources.items() if (arn := getattr(resource, "arn", None))}
    report.resources(out, steps, arns, show_settings=options.trace is not None)
    if isinstance(survey.seen.get(stack.api.key), dict):
        report.api(out, stack.urls, stack.config.slack, is_open=survey.is_open)
    if isinstance(survey.seen[stack.queue.key], dict):
        report.dead_letters(out, stack.queue.name, stack.queue.depth())
    if counts.readable(stack.table, survey.seen[stack.table.key]):
        found = counts.top(stack.table, top)
        report.words(out, found.top, found.words, found.others)
    else:
        problem = "missing" if survey.seen[stack.table.key] is None else "not as config.yaml wants it"
        report.line(out, f"no words: the {stack.table.title} is {problem}; see `advent plan`")
    return exit_code(steps)


@advent.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--export", metavar="FILE", type=PATH, help="First write the word counts to FILE, as JSON lines.")
@click.option("--keep-table", is_flag=True, help="Leave the table; the next up finds it as ours.")
@click.pass_obj
def down(options: Options, yes: bool, export: Path | None, keep_table: bool) -> int:
    """Delete all that up made, the table with its words included."""
    from advent_cli import asking, backup, deploy, local
    from advent_cli.display import report, terminal
    from advent_cli.engine import Interrupt
    from advent_cli.plan import Action
    from advent_cli.survey import look

    stack = _open(options, local.require)
    survey = look(stack)
    everything, err = survey.steps_down(), terminal.stderr()
    kept = {step.key for step in everything if keep_table and step.key.startswith("table/")}  # one left over as well
    steps = tuple(step for step in everything if step.key not in kept)
    if export and not isinstance(survey.seen[stack.table.key], dict):
        raise AdventError(f"there is no {stack.table.title} of ours to export", hint="nothing was deleted")
    if all(step.action is Action.NOTHING for step in steps):
        click.echo("nothing to delete", err=True)
        return DONE
    for step in steps:
        loss = asking.loss(stack, step)
        if step.action is Action.DELETE and (loss or not yes):
            report.line(err, ("- ", "red"), step.title, (loss, "bold red"))
    if not yes and any(step.action is Action.DELETE for step in steps):
        asking.confirm(f"Delete all of this from {asking.place(stack)}?")
    if export:
        click.echo(f"wrote the counts of {backup.export(stack.table, export)} words to {export}", err=True)
    with Interrupt() as interrupt, terminal.listener(lines_only=options.trace is not None) as listen:
        result = deploy.down(survey, steps, listen, interrupt)
    _tell(result)
    if result.exit_code not in (DONE, REFUSED):
        return result.exit_code
    left = deploy.receipt(stack, kept)
    for step in left:
        report.line(err, ("left: ", "bold red"), step.title)
    report.line(err, (f"{len(left)} left", "bold"))
    return FAILED if left else result.exit_code


@advent.command("list")
@click.pass_obj
def list_stacks(options: Options) -> None:
    """Show the stacks of the account and the region, found by the tag advent:stack."""
    from advent_cli import local, stacks
    from advent_cli.context import open_account
    from advent_cli.display import report, terminal

    report.stacks(terminal.stdout(), stacks.all_of(open_account(options, local.require)))


@advent.command()
@click.argument(
    "command", type=click.Choice(["up", "plan", "status", "say", "replay", "slack", "down", "all"]), default="all"
)
@click.pass_obj
def policy(options: Options, command: str) -> None:
    """Print the least IAM policy that lets a person run COMMAND (all, if not given) on this stack."""
    import json

    from advent_cli import local, rights

    click.echo(json.dumps(rights.policy(_open(options, local.start), command), indent=2))


for command in (say, replay, slack, secret, new, local):
    advent.add_command(command)


def _open(options: Options, engine: Callable[[], Engine]) -> Stack:
    from advent_cli.context import open_stack

    return open_stack(options, engine)


def _tell(result: Result) -> None:
    """After the rows: how the steps ended, and each error once; a bug is raised, with its traceback."""
    from advent_cli.display import report, terminal, text

    err = terminal.stderr()
    report.line(err, (text.ended(result.finished.values(), result.seconds), "bold"))
    for event in result.finished.values():
        if isinstance(event.error, AdventError):
            if not isinstance(event.error, UsesForeignError):  # the row says it, and the cause is told once
                report.error(err, event.error)
        elif event.error:
            raise event.error
    if result.stopped:
        report.line(err, "stopped: run the same command again to finish")
