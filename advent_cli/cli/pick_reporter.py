"""Picks the reporter of a command by --json, --events and --format; no other code tests for them."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from advent_cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from advent_cli.cli.options import Run
    from advent_cli.output.reporter import Reporter

json_option = click.option("--json", is_flag=True, help="Print one JSON document, even on failure; never prompt.")
events_option = click.option("--events", is_flag=True, help="Print each event as a line of JSON; never prompt.")
MODES = ("json", "events")
MARKDOWN = "markdown"
TRUE = ("1", "true", "t", "yes", "y", "on")


def _request(context: click.Context, _: click.Parameter, format_: str) -> None:
    """Make a mode of the format, as the flags of the others are."""
    context.params[MARKDOWN] = format_ == MARKDOWN


format_option = click.option(
    "--format",
    type=click.Choice(["text", MARKDOWN]),
    default="text",
    show_default=True,
    expose_value=False,
    callback=_request,
    help="Print text, or Markdown for a comment on GitHub, even on failure.",
)


def take_modes(params: dict[str, Any]) -> list[str]:
    """The output modes that these parameters request; removes them from the parameters."""
    return [name for name in (*MODES, MARKDOWN) if params.pop(name, False)]


def pick_reporter(command: str, modes: Iterable[str], run: Run) -> Reporter:
    """The reporter of a command in these output modes: json, events, both, markdown or none."""
    modes = [*modes]
    if {*modes} & {*MODES}:
        from advent_cli.output.json_reporter import JsonReporter

        return JsonReporter(command, events="events" in modes, secrets=run.secrets, advice=run.command)
    if MARKDOWN in modes:
        from advent_cli.output.markdown_reporter import MarkdownReporter

        return MarkdownReporter(secrets=run.secrets, advice=run.command, verbose=run.verbose)
    from advent_cli.output.people_reporter import PeopleReporter

    return PeopleReporter(secrets=run.secrets, advice=run.command, verbose=run.verbose)


def modes_in(command: click.Command, words: list[str]) -> list[str]:
    """The output modes that these words or the environment request, for words that click could not parse."""
    options = words[: words.index("--")] if "--" in words else words
    if not any(parameter.name in MODES for parameter in command.params):
        return []  # the command never answers in JSON
    modes = [name for name in MODES if f"--{name}" in options or _in_environment(command, name) in TRUE]
    return [*modes, *([MARKDOWN] if _is_markdown(command, " ".join(options)) else [])]


def _is_markdown(command: click.Command, words: str) -> bool:
    if not any(parameter.name == "format" for parameter in command.params):
        return False
    if "--format" not in words:
        return _in_environment(command, "format") == MARKDOWN
    return f"--format {MARKDOWN}" in words.replace("--format=", "--format ")


def _in_environment(command: click.Command, option: str) -> str:
    return os.environ.get(f"ADVENT_{command.name}_{option}".upper(), "").lower()


def refuse_two_formats(modes: list[str]) -> None:
    """Raise UsageError if both JSON and Markdown are requested."""
    if MARKDOWN in modes and len(modes) > 1:
        raise UsageError(f"--format markdown cannot be combined with --{modes[0]}")


def refuse_options(params: dict[str, Any], *people_only: str) -> None:
    """Raise UsageError if one of these options, which only make sense for people, is given."""
    for name in people_only:
        if params[name]:
            raise UsageError(f"--{name} cannot be combined with --json or another output format")


@contextmanager
def without_prompts() -> Iterator[None]:
    """Replace stdin with an empty stream, so that nothing prompts even on a terminal."""
    stdin = sys.stdin
    with open(os.devnull, encoding="utf-8") as nothing:
        sys.stdin = nothing
        try:
            yield
        finally:
            sys.stdin = stdin
