"""Prints log lines for people: the time, the function in its own colour, and the message."""

import re
import time
from collections.abc import Iterator, Sequence
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from advent_cli.output.control_characters import printable

COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "red")
LEVELS = {"ERROR": "bold red", "CRITICAL": "bold red", "WARNING": "yellow"}
LEADING = ("level", "message")  # fields of a JSON line; the others follow as name=value
IDS = ("request_id", "requestId", "AWSRequestId", "message_id", "published")  # fields that are hidden by default
# What Lambda puts before a message: perhaps the level, then the time, which is shown anyway, and the id of the request
LEAD = re.compile(r"^(\[\w+\]\s)?([0-9-]+T[0-9:.]+Z\s+|RequestId: )[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\s+")
MAX_LENGTH = 100_000  # characters
INDENT = 4  # columns, for what does not fit beside the time and the function


def show(console: Console, functions: list[str], line: Any, *, ids: bool = False) -> None:
    """Print one log event (log_reader.Line), which may have several lines; `ids` shows the ids too.

    A terminal wraps it between words, under its message; a pipe never does.
    """
    name = line.function
    width = max(map(len, functions))
    colour = COLOURS[functions.index(name) % len(COLOURS)]
    clock = time.strftime("%H:%M:%S", time.localtime(line.time)) + f".{int(line.time * 1000) % 1000:03}"
    start = Text.assemble((clock, "dim"), " ", (name.ljust(width), colour), " ")
    for text in _texts(line, ids=ids):
        for part in _wrapped(console, start, text) if console.is_terminal else [start + text]:
            console.print(part, soft_wrap=True)


def silence(what: str, missing: Sequence[str], *, are_all: bool) -> str:
    """Why no line was shown: `what` says that there is none, and these functions have no log."""
    if not missing:
        return what
    if are_all:
        return "nothing is deployed: `advent up` deploys it"
    them = "it" if len(missing) == 1 else "them"
    return f"{what}; not deployed: {', '.join(missing)}; `advent up` deploys {them}"


def _wrapped(console: Console, start: Text, text: Text) -> Iterator[Text]:
    """The text after `start`, on several lines if needed: under its beginning if each of its words fits there."""
    beside = console.width - start.cell_len
    longest = max(map(cell_len, text.plain.split()), default=0)
    indent = start.cell_len if longest <= beside else INDENT
    for number, part in enumerate(text.divide(_breaks(text.plain, beside, console.width - indent))):
        part.rstrip()
        yield (Text(" " * indent) if number else start) + part


def _breaks(text: str, first: int, others: int) -> Iterator[int]:
    """Where to break a text for lines of so many columns, the first one and the others: before words, never inside."""
    width, room = 0, first
    for word in re.finditer(r"\s*\S+", text):
        bare = word[0].lstrip()
        if width + cell_len(word[0]) > room:
            yield word.end() - len(bare)
            width, room = cell_len(bare), others
        else:
            width += cell_len(word[0])


def _texts(line: Any, *, ids: bool) -> list[Text]:
    fields = line.fields
    if fields is None or "message" not in fields:
        style = "dim" if line.is_platform else "bold red" if line.is_error else ""
        shown = line.text if ids else LEAD.sub(lambda found: found[1] or "", line.text)
        return [Text(printable(part.expandtabs(), MAX_LENGTH), style) for part in shown.split("\n")]
    level = str(fields.get("level", ""))
    text = Text(f"{level} " if level not in ("", "INFO") else "", LEVELS.get(level, ""))
    text.append(printable(str(fields["message"]), MAX_LENGTH), LEVELS.get(level, ""))
    hidden = LEADING if ids else (*LEADING, *IDS)
    for name, value in fields.items():
        if name not in hidden and value is not None:
            text.append(f"  {name}=", "dim").append(printable(str(value), MAX_LENGTH))
    return [text]
