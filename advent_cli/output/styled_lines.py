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

    Wrapped lines keep the indent. A command that a part suggests gets the global options of this run, so that it works
    as pasted.
    """
    text = Text.assemble(*complete(console, parts))
    indent = len(text.plain) - len(text.plain.lstrip(" "))
    if not console.is_terminal or " " not in text.plain.strip() or indent >= console.width // 2:
        console.print(text, soft_wrap=True)
    else:
        for wrapped in text[indent:].wrap(console, console.width - indent):
            wrapped.rstrip()
            console.print(Text(" " * indent).append_text(wrapped), soft_wrap=True)


def unwrapped_line(console: Console, *parts: Part) -> None:
    """Print a line that is never wrapped, so that it can be copied whole."""
    console.print(Text.assemble(*complete(console, parts)), soft_wrap=True)


def complete(console: Console, parts: Iterable[Part]) -> Iterator[Part]:
    """The parts, with the global options of this run in the commands that they suggest."""
    advice = console.advice if isinstance(console, SafeConsole) else "advent"
    for part in parts:
        yield with_options(part, advice) if isinstance(part, str) else (with_options(part[0], advice), part[1])
