"""Picks who a command reports to, a person or a script, by --json and --events; nothing else asks."""

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

as_json = click.option("--json", is_flag=True, help="Print one JSON document, whatever happens; never ask.")
as_events = click.option("--events", is_flag=True, help="Print a line of JSON for each event; never ask.")
MODES = ("json", "events")


def pick_reporter(command: str, modes: Iterable[str], run: Run) -> Reporter:
    """The reporter of a command in these modes: --json, --events, or none."""
    modes = [*modes]
    if modes:
        from advent_cli.output.json_reporter import JsonReporter

        return JsonReporter(command, events="events" in modes, secrets=run.secrets, advice=run.command)
    from advent_cli.output.people_reporter import PeopleReporter

    return PeopleReporter(secrets=run.secrets, advice=run.command, verbose=run.verbose)


def modes_in(command: click.Command, words: list[str]) -> list[str]:
    """The modes that these words or the environment ask a command for, though click does not understand them all."""
    options = words[: words.index("--")] if "--" in words else words
    known = [name for name in MODES if any(parameter.name == name for parameter in command.params)]
    return [name for name in known if f"--{name}" in options or _in_environment(command, name)]


def _in_environment(command: click.Command, mode: str) -> bool:
    given = os.environ.get(f"ADVENT_{command.name}_{mode}".upper(), "")
    return given.lower() in ("1", "true", "t", "yes", "y", "on")


def refuse(params: dict[str, Any], *people_only: str) -> None:
    """Raise UsageError if one of these options, which show something to a person, is given where a script reads."""
    for name in people_only:
        if params[name]:
            raise UsageError(f"--{name} is for people: leave it out, or leave out --json and --events")


@contextmanager
def nobody_to_ask() -> Iterator[None]:
    """While this is entered, stdin is no terminal, whatever it was: a script answers no question."""
    stdin = sys.stdin
    with open(os.devnull, encoding="utf-8") as nothing:
        sys.stdin = nothing
        try:
            yield
        finally:
            sys.stdin = stdin
