"""The functions' log lines, laid out for reading: the time, the function in its colour, and what it says."""

import time
from typing import Any

from rich.console import Console
from rich.text import Text

from advent_cli.output.stream import printable

COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "red")
LEVELS = {"ERROR": "bold red", "CRITICAL": "bold red", "WARNING": "yellow"}
FIRST = ("level", "message")  # of a line of JSON; the rest is told as name=value
IDS = ("request_id", "message_id")  # left out of a line that reports nothing special, unless asked for
LONGEST = 100_000  # characters


def show(console: Console, functions: list[str], line: Any, *, ids: bool = False) -> None:
    """One line of a log (logs.Line); lines within it stand under each other. `ids` adds those of INFO lines."""
    name = line.function
    width = max(map(len, functions))
    colour = COLOURS[functions.index(name) % len(COLOURS)]
    clock = time.strftime("%H:%M:%S", time.localtime(line.time)) + f".{int(line.time * 1000) % 1000:03}"
    for text in _said(line, ids=ids):
        console.print(Text.assemble((clock, "dim"), " ", (name.ljust(width), colour), " ", text), soft_wrap=True)


def _said(line: Any, *, ids: bool) -> list[Text]:
    fields = line.fields
    if fields is None or "message" not in fields:
        style = "dim" if line.is_platform else "bold red" if line.is_error else ""
        return [Text(printable(part.expandtabs(), LONGEST), style) for part in line.text.split("\n")]
    level = str(fields.get("level", ""))
    said = Text(f"{level} " if level not in ("", "INFO") else "", LEVELS.get(level, ""))
    said.append(printable(str(fields["message"]), LONGEST), LEVELS.get(level, ""))
    hidden = (*FIRST, *IDS) if level == "INFO" and not ids else FIRST
    for name, value in fields.items():
        if name not in hidden and value is not None:
            said.append(f"  {name}=", "dim").append(printable(str(value), LONGEST))
    return [said]
