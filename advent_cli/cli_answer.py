"""How a command answers a script: the options --json and --events, and a document however the command ends."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from advent_cli.cli_help import Explained
from advent_cli.errors import DONE, FAILED, AdventError, InterruptionError, UsageError
from advent_cli.options import Answer, Run

if TYPE_CHECKING:
    from collections.abc import Iterator

as_json = click.option("--json", is_flag=True, help="Print one JSON document, whatever happens; never ask.")
as_events = click.option("--events", is_flag=True, help="Print a line of JSON for each event; never ask.")
NAMES = ("json", "events")


class Answering(Explained):
    """A command that with --json or --events prints one document to stdout when it ends, well or not.

    The command finds the document in `options.answer`, and asks nothing: to its questions, stdin is no terminal.
    """

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; in these modes its errors are in the document, and only bugs are raised."""
        answer = self.answer([name for name in NAMES if ctx.params.pop(name, False)])
        if answer is None:
            return super().invoke(ctx)
        answer.run = ctx.obj.run
        ctx.obj = replace(ctx.obj, answer=answer)
        try:
            with _nobody_to_ask():
                code = super().invoke(ctx) or DONE
        except (Exception, KeyboardInterrupt) as error:
            code = fail(answer, error)
        else:
            end(answer, code)
        return code

    def answer(self, modes: list[str]) -> Answer | None:
        """The answer to give in these modes; None if there is none, for people."""
        return Answer(str(self.name), events="events" in modes) if modes else None

    def modes(self, words: list[str]) -> list[str]:
        """The modes that these words ask for, or the environment, even if click understands not all of them."""
        options = words[: words.index("--")] if "--" in words else words
        return [name for name in NAMES if f"--{name}" in options or self._in_environment(name)]

    def _in_environment(self, mode: str) -> bool:
        given = os.environ.get(f"ADVENT_{self.name}_{mode}".upper(), "")
        return given.lower() in ("1", "true", "t", "yes", "y", "on")


def misunderstood(group: click.Group, words: list[str], error: click.ClickException) -> Answer | None:
    """The answer that a command line asks for which click does not understand; None if it asks for none."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    command: click.Command | None = context.command if context and context.parent else None
    command = command or next((group.commands[word] for word in words if word in group.commands), None)
    return command.answer(command.modes(words)) if isinstance(command, Answering) else None


def fail(answer: Answer, error: BaseException) -> int:
    """End with this error, and return the exit code; a bug is raised again, for its traceback."""
    told = in_words(error)
    if told is None:
        if error not in answer.errors and isinstance(error, Exception):
            answer.errors.append(error)
        end(answer, FAILED)
        raise error
    answer.errors.append(told)
    end(answer, told.exit_code)
    return told.exit_code


def end(answer: Answer, code: int) -> None:
    """Print the document, its errors without secrets."""
    from advent_cli import documents
    from advent_cli.crash import shown
    from advent_cli.display.json_lines import send

    errors = [
        shown(error, Run(answer.run.secrets)) if isinstance(error, AdventError) else error for error in answer.errors
    ]
    document = documents.answer(replace(answer, errors=errors), code)
    if answer.events:
        send(documents.result(document))
    else:
        send(document, indent=2)


def in_words(error: BaseException) -> AdventError | None:
    """What ended a command, for people; None if it is a bug of ours."""
    if isinstance(error, AdventError):
        return error
    if isinstance(error, click.Abort | KeyboardInterrupt):
        return InterruptionError()
    if isinstance(error, click.UsageError) and error.ctx:
        return UsageError(error.format_message(), hint=f"`{error.ctx.command_path} --help` tells more")
    if isinstance(error, click.ClickException):
        return UsageError(error.format_message())
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EIO):
        return AdventError("cannot write the output", why=error.strerror or "")
    from advent_cli.aws_errors import explain

    return explain(error) if isinstance(error, Exception) else None


@contextmanager
def _nobody_to_ask() -> Iterator[None]:
    """While this is entered, stdin is no terminal, whatever it was: a script answers no question."""
    stdin = sys.stdin
    with open(os.devnull, encoding="utf-8") as nothing:
        sys.stdin = nothing
        try:
            yield
        finally:
            sys.stdin = stdin
