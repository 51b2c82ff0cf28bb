"""What commands tell while they work and afterwards: to a person on stderr, to a script in the answer."""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import click

from advent_cli.errors import AdventError, InterruptionError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from advent_cli.deploy import Listener, Result
    from advent_cli.options import Options
    from advent_cli.plan import Step
    from advent_cli.stack import Stack
    from advent_cli.survey import Survey


def note(options: Options, words: str, **fields: Any) -> None:
    """The words for a person, the fields for a script."""
    if options.answer:
        options.answer.fields |= fields
    else:
        click.echo(words, err=True)


def only_for_people(options: Options, **given: bool) -> None:
    """Refuse options that show something to a person where a script reads."""
    if options.answer and (names := [f"--{name}" for name, is_given in given.items() if is_given]):
        mode = "--events" if options.answer.events else "--json"
        raise UsageError(f"{names[0]} is for people, and does not go with {mode}")


def explained(options: Options, before: list[str], steps: list[tuple[Step, list[str]]]) -> None:
    """What is going to be done, as a tutorial."""
    from advent_cli.display import terminal, tutorial

    tutorial.show(terminal.stderr(), before, steps, show_settings=options.trace is not None)


def listener(options: Options) -> AbstractContextManager[Listener]:
    """What shows a run while it goes on."""
    if options.answer is None:
        from advent_cli.display import terminal

        return terminal.listener(lines_only=options.trace is not None)
    if options.answer.events:
        from advent_cli.display.json_lines import JsonLines

        return JsonLines()
    return nullcontext(lambda _: None)


def waiting(options: Options) -> AbstractContextManager[Callable[[str], None]]:
    """What shows what we wait for; takes the words."""
    if options.answer:
        return nullcontext(lambda _: None)
    from advent_cli.display import terminal

    return terminal.waiting()


@contextmanager
def looking(options: Options) -> Iterator[None]:
    """While this is entered, a person is told why nothing moves yet."""
    with waiting(options) as tell:
        tell("looking at what is there")
        yield


def planned(options: Options, stack: Stack, steps: Iterable[Step]) -> None:
    """Where we are and what is to be done, before it begins; a person sees it in the rows of the run."""
    if options.answer:
        from advent_cli import documents

        options.answer.fields |= documents.place(stack) | {"steps": documents.ran(steps, {})}


def ended(options: Options, steps: Iterable[Step], result: Result) -> None:
    """How the steps ended, and each error once; a bug is raised, with its traceback."""
    if options.answer:
        from advent_cli import documents

        seconds = round(result.seconds, 3)
        options.answer.fields |= {"steps": documents.ran(steps, result.finished), "seconds": seconds}
        options.answer.fields["waited"] = {service: round(took, 3) for service, took in result.waited.items()}
        options.answer.errors += [*result.problems, *([InterruptionError()] if result.stopped else [])]
    else:
        from advent_cli.crash import shown
        from advent_cli.display import report, terminal, text

        err = terminal.stderr()
        report.line(err, (text.ended(result.finished.values(), result.seconds, result.waited), "bold"))
        for problem in result.problems:
            if isinstance(problem, AdventError):
                report.error(err, shown(problem, options.run))
        if result.stopped:
            report.line(err, "stopped: run the same command again to finish")
    for problem in result.problems:
        if not isinstance(problem, AdventError):
            raise problem


def way_in(options: Options, survey: Survey, url: str | None) -> None:
    """The URL, who gets in, and what to do next; nothing if there is no URL."""
    if options.answer:
        options.answer.fields |= {"url": url, "open": survey.is_open if url else None}
    elif url:
        from advent_cli.display import report, terminal

        click.echo(url)
        report.after_up(terminal.stderr(), survey.stack.config.slack, options.stack, is_open=survey.is_open)


def losses(options: Options, survey: Survey, steps: Iterable[Step], *, agreed: bool) -> None:
    """What will be deleted and what is lost with it, for a person; of what is `agreed` only the losses."""
    if options.answer:
        return
    from advent_cli.display import report, terminal
    from advent_cli.plan import Action

    for step in steps:
        loss = survey.losses[step.key]
        if step.action is Action.DELETE and (loss or not agreed):
            report.line(terminal.stderr(), ("- ", "red"), step.title, (loss, "bold red"))


def left(options: Options, steps: list[Step]) -> None:
    """What is still there after all."""
    from advent_cli.patience import AGAIN

    if options.answer:
        from advent_cli import documents

        options.answer.fields["left"] = documents.left(steps)
        options.answer.errors += [AdventError(f"{step.title} is still there", hint=AGAIN) for step in steps]
    else:
        from advent_cli.display import report, terminal

        err = terminal.stderr()
        for step in steps:
            report.line(err, ("left: ", "bold red"), step.title)
        report.line(err, (f"{len(steps)} left", "bold"))
        if steps:
            report.line(err, f"  try: {AGAIN}")
