"""Pure: which lines of a function's log belong to one run of it, and which runs took a message."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from advent_cli.logs import Line

STARTED = re.compile(r"START RequestId: (\S+)")
REPORT = re.compile(r"REPORT RequestId: (\S+)\s.*?Duration: ([0-9.]+) ms", re.DOTALL)
FOR_PROGRAMS = (
    "level",
    "message",
    "request_id",
    "message_id",
    "published",
    "milliseconds",
    "status",
    "slackbot",
)  # in a line of JSON


@dataclass
class Run:
    """One run of a function: what it wrote, and once it has ended when (seconds since 1970) and after how long."""

    request_id: str
    began: float
    lines: list[Line] = field(default_factory=list)
    ended: float | None = None
    milliseconds: float | None = None

    @property
    def trouble(self) -> str:
        """What went wrong in it, on one line; nothing if nothing did."""
        return next((cause(self.lines[at:]) for at, line in enumerate(self.lines) if line.is_trouble), "")

    @property
    def published(self) -> list[str] | None:
        """The ids that SNS gave to what it published, if it writes them to its log; else None."""
        told: list[Any] = [
            line.fields["published"] for line in self.lines if line.fields and "published" in line.fields
        ]
        return [str(one) for ids in told if isinstance(ids, list) for one in ids] if told else None

    @property
    def names_a_message(self) -> bool:
        """Whether it tells the id of the message that it took."""
        return any(line.fields and line.fields.get("message_id") for line in self.lines)

    def took(self, ids: Collection[str]) -> bool:
        """Whether it wrote one of these ids to its log."""
        return any(one in line.text for line in self.lines for one in ids)

    @property
    def said(self) -> tuple[str, ...]:
        """What it wrote, for people: of a line of JSON its message and what else is of interest."""
        return tuple(_said(line) for line in self.lines)


def runs(lines: Iterable[Line]) -> list[Run]:
    """The runs in a function's log, in the order in which they began.

    Runs in different containers stand in different streams; in one stream they come one after the other. See "Working
    with Lambda function logs" in Lambda's developer guide.
    """
    found: dict[str, Run] = {}
    open_in: dict[str, Run] = {}  # stream -> the run that is writing
    for line in lines:
        if start := STARTED.match(line.text):
            open_in[line.stream] = found[start[1]] = Run(start[1], line.time)
        elif (report := REPORT.match(line.text)) and (run := found.get(report[1])):
            run.ended, run.milliseconds = line.time, float(report[2])
        if line.stream in open_in and (line.is_trouble or not line.is_platform):  # a REPORT may be of a timeout
            open_in[line.stream].lines.append(line)
    return list(found.values())


def of_message(found: Iterable[Run], ids: Collection[str], since: float) -> list[Run]:
    """The runs that took the message with these ids.

    Where none says so, the first that began at `since` or later and names no message at all: the function may write no
    ids, or have failed before it could.
    """
    found = list(found)
    certain = [run for run in found if run.took(ids)]
    silent = [run for run in found if run.began >= since and not run.names_a_message]
    return certain or silent[:1]


def cause(lines: Sequence[Line]) -> str:
    """What lines that begin with trouble tell, on one line: of a traceback, in one event or in several, the error."""
    if lines[0].fields and "message" in lines[0].fields:
        return str(lines[0].fields["message"])
    first, *others = [part.rstrip() for line in lines for part in line.text.splitlines() if part.strip()]
    if "Traceback" in first and not first.startswith("[ERROR]"):
        return next((part for part in others if not part.startswith(" ")), first)
    return first.removeprefix("[ERROR] ")


def _said(line: Line) -> str:
    fields = line.fields
    if fields is None or "message" not in fields:
        return line.text
    others = {name: value for name, value in fields.items() if name not in FOR_PROGRAMS}
    return "  ".join([str(fields["message"]), *(f"{name}={value}" for name, value in others.items())])
