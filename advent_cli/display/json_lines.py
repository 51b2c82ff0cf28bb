"""JSON on stdout, for scripts: a line for each event as it happens, and the document when the command ends."""

import json
import os
import sys
from typing import Any

from advent_cli import documents
from advent_cli.events import Event


class JsonLines:
    """Writes each event as one line, at once."""

    def __enter__(self) -> "JsonLines":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""

    def __call__(self, event: Event) -> None:
        """Show an event."""
        send(documents.event(event))


def send(document: dict[str, Any], *, indent: int | None = None) -> None:
    """Write a document to stdout, at once; if nobody reads it any more, the work goes on without.

    It is pure ASCII, with escapes for all else: right in any encoding, and harmless to a terminal.
    """
    try:
        sys.stdout.write(f"{json.dumps(document, indent=indent)}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
