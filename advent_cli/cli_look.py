"""The commands that only look: advent plan, advent status, advent list, advent policy."""

from __future__ import annotations

import click

from advent_cli.cli_complete import functions
from advent_cli.cli_help import CALLS, MEETS, Explained
from advent_cli.errors import DIFFERENT, DONE, UsageError
from advent_cli.options import Options

NEED_RIGHTS = ("up", "plan", "status", "say", "replay", "slack", "slack-check", "list", "logs", "doctor", "down")


@click.command(cls=Explained, example="advent plan --exit-code", codes=(*MEETS, DIFFERENT))
@click.option("--exit-code", is_flag=True, help="End with 5 if there is something to do.")
@click.pass_obj
def plan(options: Options, exit_code: bool) -> int:
    """Show what up would do: + create, ~ update with the settings that differ, - delete, ! cannot; writes nothing."""
    from advent_cli import local
    from advent_cli.context import open_stack
    from advent_cli.display import report, terminal
    from advent_cli.plan import Action
    from advent_cli.survey import exit_code as code_of
    from advent_cli.survey import look

    steps = look(open_stack(options, local.start)).steps_up()
    report.plan(terminal.stdout(), steps, show_settings=options.trace is not None)
    different = exit_code and any(step.action is not Action.NOTHING for step in steps)
    return code_of(steps) or (DIFFERENT if different else DONE)


@click.command(cls=Explained, example="advent status --top 3", codes=MEETS)
@click.option("--top", default=10, show_default=True, type=click.IntRange(0), help="How many words to show.")
@click.pass_obj
def status(options: Options, top: int) -> int:
    """Show every resource, the URL and the most frequent words."""
    from advent_cli import counts, local
    from advent_cli.context import open_stack
    from advent_cli.display import report, terminal
    from advent_cli.survey import exit_code, look

    stack = open_stack(options, local.require)
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


@click.command("list", cls=Explained, example="advent --region eu-west-1 list", codes=CALLS)
@click.pass_obj
def list_stacks(options: Options) -> None:
    """Show the stacks of the account and the region, found by the tag advent:stack."""
    from advent_cli import local, stacks
    from advent_cli.context import open_account
    from advent_cli.display import report, terminal

    report.stacks(terminal.stdout(), stacks.all_of(open_account(options, local.require)))


@click.command(cls=Explained, example="advent policy up", codes=CALLS)
@click.argument(
    "command",
    type=click.Choice([*NEED_RIGHTS, "all"]),
    default="all",
)
@click.pass_obj
def policy(options: Options, command: str) -> None:
    """Print the least IAM policy that lets a person run COMMAND (all, if not given) on this stack."""
    import json

    from advent_cli import local, rights
    from advent_cli.context import open_stack

    click.echo(json.dumps(rights.policy(open_stack(options, local.start), command), indent=2))


@click.command(cls=Explained, example="advent logs --follow --since 1h sns_logger", codes=CALLS)
@click.argument("function", nargs=-1, shell_complete=functions)
@click.option("-f", "--follow", is_flag=True, help="Then go on with each new line, until Ctrl-C.")
@click.option("--since", default="10m", show_default=True, metavar="SPAN", help="How far back: 90s, 10m, 2h or 1d.")
@click.option("--errors", is_flag=True, help="Only what went wrong.")
@click.pass_obj
def logs(options: Options, function: tuple[str, ...], follow: bool, since: str, errors: bool) -> int:
    """Show what the functions wrote, all or just FUNCTION..., merged in time; with -v Lambda's own lines too."""
    import time

    from advent_cli import local
    from advent_cli import logs as lines
    from advent_cli.context import open_stack
    from advent_cli.display import terminal
    from advent_cli.display.lines import show

    try:
        start = time.time() - lines.seconds(since)
    except ValueError:
        raise UsageError(f"--since: found {since!r}; allowed is a span like 90s, 10m, 2h or 1d") from None
    stack = open_stack(options, local.require)
    known = list(stack.config.functions)
    for name in function:
        if name not in known:
            raise UsageError(f"there is no function {name!r}", hint=f"allowed is one of {', '.join(known)}")
    names, out = [name for name in known if name in function or not function], terminal.stdout()
    try:
        for line in (lines.follow if follow else lines.since)(stack.aws, names, start):
            if (options.trace or not line.is_platform or line.is_trouble) and (line.is_trouble or not errors):
                show(out, names, line)
    except KeyboardInterrupt:
        if not follow:
            raise
    return DONE
