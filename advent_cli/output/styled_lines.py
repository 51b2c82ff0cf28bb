"""Lines of styled parts; the commands that they suggest work as pasted."""

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.text import Text

from advent_cli.output.advice import with_options
from advent_cli.output.terminal import SafeConsole

Part = str | tuple[str, str]
"""A text, or a text and its style."""


def line(console: Console, *parts: Part) -> None:
    """Print a line of parts, each with an optional style; a terminal wraps it between words, a pipe never does.

    A command that a part suggests gets the global options of this run, so that it works as pasted.
    """
    text = Text.assemble(*complete(console, parts))
    console.print(text, soft_wrap=not console.is_terminal or " " not in text.plain)


def unwrapped_line(console: Console, *parts: Part) -> None:
    """Print a line that is never wrapped, so that it can be copied whole."""
    console.print(Text.assemble(*complete(console, parts)), soft_wrap=True)


def complete(console: Console, parts: Iterable[Part]) -> Iterator[Part]:
    """The parts, with the global options of this run in the commands that they suggest."""
    advice = console.advice if isinstance(console, SafeConsole) else "advent"
    for part in parts:
        yield with_options(part, advice) if isinstance(part, str) else (with_options(part[0], advice), part[1])
