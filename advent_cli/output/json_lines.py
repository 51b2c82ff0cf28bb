"""Writes JSON to stdout: documents, and with --events a line for each event of a run."""

import json
import sys
from contextlib import suppress
from typing import Any

from advent_cli.deploy.events import Event, Planned
from advent_cli.errors import AdventError
from advent_cli.output import json_documents
from advent_cli.output.stream import ReaderLeftError


class EventLines:
    """Prints a line for each event, except those of steps that are not in the document."""

    def __init__(self) -> None:
        self.hidden: set[str] = set()

    def __call__(self, event: Event) -> None:
        """Print the event."""
        if isinstance(event, Planned):
            self.hidden = {step.key for step in event.steps if step.deleted_with}
        if getattr(event, "key", "") not in self.hidden:
            with suppress(AdventError):  # the run goes on; the document at its end fails likewise
                send(json_documents.event(event))


def send(document: dict[str, Any], *, indent: int | None = None) -> None:
    """Write a document to stdout and flush; if the reader has closed the pipe, the command runs on without output.

    The text is ASCII with escapes for everything else: valid in any encoding, and safe to print on a terminal.
    """
    with suppress(ReaderLeftError):
        sys.stdout.write(f"{json.dumps(document, indent=indent)}\n")
        sys.stdout.flush()
