"""The commands that only look: advent plan, advent status, advent list, advent logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from advent_cli import cli_told
from advent_cli.cli_answer import Answering, as_json
from advent_cli.cli_complete import functions
from advent_cli.cli_help import CALLS, MEETS, Explained
from advent_cli.errors import DIFFERENT, DONE, UsageError
from advent_cli.options import Answer, Options

if TYPE_CHECKING:
    from advent_cli.plan import Step
    from advent_cli.survey import Survey


@click.command(
    cls=Answering, example="advent plan --exit-code", short_help="Show what up would do.", codes=(*MEETS, DIFFERENT)
)
@click.option("--exit-code", is_flag=True, help="End with 5 if there is something to do.")
@click.option("--explain", is_flag=True, help="Add the way through the console and the aws commands: a shell script.")
@as_json
@click.pass_obj
def plan(options: Options, exit_code: bool, explain: bool) -> int:
    """Show what up would do: + create, ~ update with the settings that differ, - delete, ! cannot; writes nothing."""
    from advent_cli import documents, local
    from advent_cli.context import open_stack
    from advent_cli.plan import Action
    from advent_cli.survey import SERVICES, look, problems
    from advent_cli.survey import exit_code as code_of

    cli_told.only_for_people(options, explain=explain)
    with cli_told.looking(options):
        survey = look(open_stack(options, local.start, ahead=SERVICES))
    steps = survey.steps_up()
    if answer := options.answer:
        answer.fields |= documents.place(survey.stack) | documents.plan(steps)
        answer.errors += problems(steps)
    elif explain:
        from advent_cli import explain as explaining
        from advent_cli.display import terminal, tutorial

        before, told = explaining.up(survey, steps, options)
        tutorial.show(terminal.stdout(), before, told, show_settings=options.trace is not None)
    else:
        from advent_cli.display import report, terminal

        report.plan(terminal.stdout(), steps, show_settings=options.trace is not None)
    different = exit_code and any(step.action is not Action.NOTHING for step in steps)
    return code_of(steps) or (DIFFERENT if different else DONE)


@click.command(cls=Answering, example="advent status --top 3", short_help="Show resources, URL and words.", codes=MEETS)
@click.option("--top", default=10, show_default=True, type=click.IntRange(0), help="How many words to show.")
@click.option("--watch", is_flag=True, help="As a live board, until q or Ctrl-C.")
@as_json
@click.pass_obj
def status(options: Options, top: int, watch: bool) -> int:
    """Show every resource, the URL and the most frequent words."""
    cli_told.only_for_people(options, watch=watch)
    if watch:
        from advent_cli.cli_watch import watch as show_board

        show_board(options, top)
    from advent_cli import counts, local
    from advent_cli.context import open_stack
    from advent_cli.survey import SERVICES, exit_code, look

    with cli_told.looking(options):
        stack = open_stack(options, local.require, ahead=SERVICES)
        survey = look(stack)
    steps = survey.steps_up()
    arns = {key: arn for key, resource in stack.resources.items() if (arn := getattr(resource, "arn", None))}
    if options.answer:
        _note_status(options.answer, survey, steps, arns, top)
        return exit_code(steps)
    from advent_cli.display import report, terminal

    out = terminal.stdout()
    report.resources(out, steps, arns, show_settings=options.trace is not None)
    if isinstance(survey.seen.get(stack.api.key), dict):
        report.api(out, stack.urls, stack.config.slack, is_open=survey.is_open)
    if isinstance(survey.seen[stack.queue.key], dict):
        report.dead_letters(out, stack.queue.name, survey.dead_letters)
    if counts.readable(stack.table, survey.seen[stack.table.key]):  # last, for it may take a minute
        with terminal.reading(lambda: counts.about(stack.table)) as tell:
            found = counts.top(stack.table, top, tell)
        report.words(out, found.top, found.words, found.total, found.others)
    else:
        problem = "missing" if survey.seen[stack.table.key] is None else "not as config.yaml wants it"
        report.line(out, f"no words: the {stack.table.title} is {problem}; see `advent plan`")
    return exit_code(steps)


def _note_status(answer: Answer, survey: Survey, steps: tuple[Step, ...], arns: dict[str, str], top: int) -> None:
    """The same for a script; None for what cannot be looked into."""
    from advent_cli import counts, documents
    from advent_cli.survey import problems

    stack, seen = survey.stack, survey.seen
    answer.errors += problems(steps)
    answer.fields |= documents.place(stack) | {"resources": documents.resources(steps, arns)}
    has_api, has_queue = (isinstance(seen.get(part.key), dict) for part in (stack.api, stack.queue))
    answer.fields |= {
        "url": stack.url if has_api else None,
        "urls": stack.urls if has_api else [],
        "open": survey.is_open if has_api else None,
        "dead_letters": {"queue": stack.queue.name, "count": survey.dead_letters} if has_queue else None,
        "words": None,
    }
    if counts.readable(stack.table, seen[stack.table.key]):
        answer.fields["words"] = documents.words(counts.top(stack.table, top))


@click.command(
    "list",
    cls=Explained,
    example="advent --region eu-west-1 list",
    short_help="Show the stacks of the account.",
    codes=CALLS,
)
@click.pass_obj
def list_stacks(options: Options) -> None:
    """Show the stacks of the account and the region, found by the tag advent:stack."""
    from advent_cli import local, stacks
    from advent_cli.context import open_account
    from advent_cli.display import report, terminal

    report.stacks(terminal.stdout(), stacks.all_of(open_account(options, local.require)))


@click.command(
    cls=Explained,
    example="advent logs --follow --since 1h sns_logger",
    short_help="Show what the functions wrote.",
    codes=CALLS,
)
@click.argument("function", nargs=-1, shell_complete=functions)
@click.option("-f", "--follow", is_flag=True, help="Then go on with each new line, until Ctrl-C.")
@click.option("--since", default="10m", show_default=True, metavar="SPAN", help="How far back: 90s, 10m, 2h or 1d.")
@click.option("--errors", is_flag=True, help="Only what went wrong.")
@click.pass_obj
def logs(options: Options, function: tuple[str, ...], follow: bool, since: str, errors: bool) -> int:
    """Show what the functions wrote, all or just FUNCTION..., merged in time; `advent -v logs` adds Lambda's."""
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
        found = (lines.follow if follow else lines.since)(stack.aws, names, start)
        for line in lines.errors(found) if errors else found:
            if options.trace or not line.is_platform or line.is_trouble:
                show(out, names, line, ids=options.trace is not None)
    except KeyboardInterrupt:
        if not follow:
            raise
    return DONE
