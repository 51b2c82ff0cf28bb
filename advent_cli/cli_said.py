"""What `advent say` tells: to a person on stdout and stderr, to a script in the answer."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol

import click

if TYPE_CHECKING:
    from advent_cli.errors import AdventError
    from advent_cli.hops import Hop
    from advent_cli.options import Options
    from advent_cli.stack import Stack


class Shows(Protocol):
    """Whoever shows a message's way."""

    def show(self, way: Hop) -> None:
        """Take note of what is known of the way now."""

    def note(self, function: str, words: str) -> None:
        """Say more of a function."""


def begin(options: Options, stack: Stack, consumers: list[str]) -> None:
    """Where we are, and who counts on after the reply."""
    if options.answer:
        from advent_cli import documents

        nothing: dict[str, Any] = {"messages": [], "consumers": consumers, "settled": None, "way": None}
        options.answer.fields |= documents.place(stack) | nothing


def replied(options: Options, message: str, reply: str) -> None:
    """A message and the bot's reply."""
    if options.answer:
        from advent_cli.settle import told

        options.answer.fields["messages"].append({"text": message, "reply": reply, "counts": told(reply)})
    elif sys.stdout.isatty():
        from advent_cli.display.text import printable

        sys.stdout.write(f"{printable(reply, 100_000)}\n")  # click.echo would write past a bar that is shown
    else:
        click.echo(reply)


def unanswered(options: Options, message: str, error: AdventError) -> None:
    """A message that got no reply, and why."""
    if options.answer:
        from advent_cli import documents

        text = documents.whole(message)
        options.answer.fields["messages"].append({"text": text, "reply": None, "counts": {}})
        options.answer.errors.append(error)
    else:
        from advent_cli.crash import shown
        from advent_cli.display import report, terminal

        report.error(terminal.stderr(), shown(error, options.run))


def settled(options: Options, consumers: Iterable[str], counts: Mapping[str, int]) -> None:
    """The counts after the consumers."""
    if options.answer:
        options.answer.fields["settled"] = dict(counts)
    else:
        from advent_cli.display.text import printable

        told = ", ".join(f"{printable(word)} = {count}" for word, count in counts.items())
        click.echo(f"then, with {' and '.join(consumers)}: {told}", err=True)


def way(options: Options, seconds: float) -> AbstractContextManager[Shows]:
    """What shows a message's way, after an answer that took so many seconds."""
    if options.answer:
        return nullcontext(_Kept(options.answer.fields))
    from advent_cli.display import terminal

    return terminal.way(seconds, options.run.own)


class _Kept:
    """Keeps the way for the answer."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields

    def show(self, way: Hop) -> None:
        from advent_cli import documents

        self.fields["way"] = documents.hop(way)

    def note(self, function: str, words: str) -> None:
        """A script counts for itself."""


def counting(options: Options, things: str, total: int | None) -> AbstractContextManager[Callable[[], None]]:
    """What shows how many things are done; not where a person types them."""
    if options.answer or (sys.stdin.isatty() and total is None):
        return nullcontext(lambda: None)
    from advent_cli.display import terminal

    return terminal.counting(things, total)
