"""Pure: which lines of a function's log belong to one run of it, and which runs took a message."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from advent_cli.messages.log_reader import Line

STARTED = re.compile(r"START RequestId: (\S+)")
ENDED = re.compile(r"(?:END|REPORT) RequestId: (\S+)")
REPORT = re.compile(r"REPORT RequestId: (\S+)\s.*?Duration: ([0-9.]+) ms", re.DOTALL)
FAILED = re.compile(  # what Lambda writes about a run that failed, and Python's logging, each with the id of the run
    r"REPORT RequestId: (\S+)\s.*\bStatus: (?:error|failure|timeout)\b"
    r"|\S+ (\S+) Task timed out after "
    r"|RequestId: (\S+) Error: "
    r"|\[(?:ERROR|CRITICAL)\]\t\S+\t(\S+)\t",
    re.DOTALL,
)
LAST = re.compile(  # what is written last, without an id: Lambda's text of an exception, and the local engine's texts
    r"\[ERROR\] [\w.]+(?::|\n|\Z)|Traceback \(most recent call last\):|Task timed out after [0-9.]+ seconds\Z"
)
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
    is_over: bool = False

    @property
    def trouble(self) -> str:
        """What went wrong in it, on one line; nothing if nothing did.

        A function may write what people said as it is, so a line that only looks like trouble does not count. It has to
        name the id of this run, which nobody knows before; or it is an exception, after which this run writes no more.
        """
        return next((cause(self.lines[at:]) for at in range(len(self.lines)) if self._failed_at(at)), "")

    def _failed_at(self, at: int) -> bool:
        line = self.lines[at]
        if line.fields is not None:
            return line.is_trouble and line.request_id == self.request_id
        if named := FAILED.match(line.text):
            return self.request_id in named.groups()
        return LAST.match(line.text) is not None and not any(map(self._wrote, self.lines[at + 1 :]))

    def _wrote(self, line: Line) -> bool:
        """Whether a line is certainly this run's own: JSON with its id."""
        return line.request_id == self.request_id

    @property
    def published(self) -> list[str] | None:
        """The ids that SNS gave to what it published, if it writes them to its log with its own id; else None."""
        told: list[Any] = [
            line.fields["published"]
            for line in self.lines
            if line.fields and "published" in line.fields and self._wrote(line)
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

    Runs in different containers stand in different streams; in one stream they come one after the other. So what looks
    like a start while another run goes on is what somebody said. See "Working with Lambda function logs" in Lambda's
    developer guide.
    """
    lines = list(lines)
    ends = {(line.stream, end[1]): at for at, line in enumerate(lines) if (end := ENDED.match(line.text))}
    found: dict[str, Run] = {}
    open_in: dict[str, Run] = {}  # stream -> the run that is writing
    for at, line in enumerate(lines):
        run = open_in.get(line.stream)
        goes_on = run is not None and not run.is_over and ends.get((line.stream, run.request_id), at) > at
        if (start := STARTED.match(line.text)) and not goes_on:
            run = open_in[line.stream] = found[start[1]] = Run(start[1], line.time)
        elif run and (end := ENDED.match(line.text)) and end[1] == run.request_id:
            run.is_over = True
            if report := REPORT.match(line.text):
                run.ended, run.milliseconds = line.time, float(report[2])
        if run and (line.is_trouble or not line.is_platform):  # a REPORT may be of a timeout
            run.lines.append(line)
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
    fields = lines[0].fields or {}
    if told := fields.get("message") or fields.get("errorMessage"):
        return str(told)
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
