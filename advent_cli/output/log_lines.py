"""Prints log lines for people: the time, the function in its own colour, and the message."""

import time
from typing import Any

from rich.console import Console
from rich.text import Text

from advent_cli.output.control_characters import printable

COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "red")
LEVELS = {"ERROR": "bold red", "CRITICAL": "bold red", "WARNING": "yellow"}
LEADING = ("level", "message")  # fields of a JSON line; the others follow as name=value
IDS = ("request_id", "message_id")  # hidden in INFO lines by default
MAX_LENGTH = 100_000  # characters


def show(console: Console, functions: list[str], line: Any, *, ids: bool = False) -> None:
    """Print one log event (log_reader.Line), which may have several lines; `ids` shows the ids in INFO lines too."""
    name = line.function
    width = max(map(len, functions))
    colour = COLOURS[functions.index(name) % len(COLOURS)]
    clock = time.strftime("%H:%M:%S", time.localtime(line.time)) + f".{int(line.time * 1000) % 1000:03}"
    for text in _texts(line, ids=ids):
        console.print(Text.assemble((clock, "dim"), " ", (name.ljust(width), colour), " ", text), soft_wrap=True)


def _texts(line: Any, *, ids: bool) -> list[Text]:
    fields = line.fields
    if fields is None or "message" not in fields:
        style = "dim" if line.is_platform else "bold red" if line.is_error else ""
        return [Text(printable(part.expandtabs(), MAX_LENGTH), style) for part in line.text.split("\n")]
    level = str(fields.get("level", ""))
    text = Text(f"{level} " if level not in ("", "INFO") else "", LEVELS.get(level, ""))
    text.append(printable(str(fields["message"]), MAX_LENGTH), LEVELS.get(level, ""))
    hidden = (*LEADING, *IDS) if level == "INFO" and not ids else LEADING
    for name, value in fields.items():
        if name not in hidden and value is not None:
            text.append(f"  {name}=", "dim").append(printable(str(value), MAX_LENGTH))
    return [text]
