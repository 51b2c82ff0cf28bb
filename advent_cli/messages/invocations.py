"""Pure: groups the lines of a function's log by invocation, and finds the invocations that handled a message."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from advent_cli.messages.log_reader import Line

STARTED = re.compile(r"START RequestId: (\S+)")
ENDED = re.compile(r"(?:END|REPORT) RequestId: (\S+)")
REPORT = re.compile(r"REPORT RequestId: (\S+)\s.*?Duration: ([0-9.]+) ms", re.DOTALL)
FAILED = re.compile(  # lines about a failure by Lambda and by Python's logging, each with the request id
    r"REPORT RequestId: (\S+)\s.*\bStatus: (?:error|failure|timeout)\b"
    r"|\S+ (\S+) Task timed out after "
    r"|RequestId: (\S+) Error: "
    r"|\[(?:ERROR|CRITICAL)\]\t\S+\t(\S+)\t",
    re.DOTALL,
)
LAST = re.compile(  # last lines without an id: Lambda's text of an exception, and the local engine's texts
    r"\[ERROR\] [\w.]+(?::|\n|\Z)|Traceback \(most recent call last\):|Task timed out after [0-9.]+ seconds\Z"
)
FOR_PROGRAMS = (  # fields of a JSON line that people need not see
    "level",
    "message",
    "request_id",
    "message_id",
    "published",
    "milliseconds",
    "status",
    "slackbot",
)


@dataclass
class Invocation:
    """One invocation of a function: its log lines, when it began and ended (seconds since 1970), and its duration.

    `ended` and `milliseconds` come from Lambda's REPORT line, which may still be missing.
    """

    request_id: str
    began: float
    lines: list[Line] = field(default_factory=list)
    ended: float | None = None
    milliseconds: float | None = None
    is_over: bool = False

    @property
    def error(self) -> str:
        """The error it failed with, on one line; empty if it did not fail.

        A function may log the text of a message as it is, so a line that only looks like an error does not count. It
        must contain this invocation's request id, which nobody can know in advance, or be an exception after which
        the invocation logs nothing more.
        """
        return next((error_message(self.lines[at:]) for at in range(len(self.lines)) if self._failed_at(at)), "")

    def _failed_at(self, at: int) -> bool:
        line = self.lines[at]
        if line.fields is not None:
            return line.is_error and line.request_id == self.request_id
        if failed := FAILED.match(line.text):
            return self.request_id in failed.groups()
        return LAST.match(line.text) is not None and not any(map(self._has_own_id, self.lines[at + 1 :]))

    def _has_own_id(self, line: Line) -> bool:
        """Whether the line is JSON with this invocation's id, so certainly its own."""
        return line.request_id == self.request_id

    @property
    def published(self) -> list[str] | None:
        """The ids that SNS gave to the messages it published; None if it does not log them with its own id."""
        logged: list[Any] = [
            line.fields["published"]
            for line in self.lines
            if line.fields and "published" in line.fields and self._has_own_id(line)
        ]
        return [str(each) for ids in logged if isinstance(ids, list) for each in ids] if logged else None

    @property
    def message_ids(self) -> set[str]:
        """The ids of the messages that it logs as handled, in the field `message_id` of its lines of JSON."""
        return {str(line.fields["message_id"]) for line in self.lines if line.fields and line.fields.get("message_id")}

    @property
    def logs_message_id(self) -> bool:
        """Whether it logs the id of the message that it handled."""
        return bool(self.message_ids)

    def handled(self, ids: Collection[str]) -> bool:
        """Whether it logged one of these ids."""
        return any(each in line.text for line in self.lines for each in ids)

    @property
    def log(self) -> tuple[str, ...]:
        """Its log lines for people: of a JSON line the message and the fields that matter to them."""
        return tuple(_readable(line) for line in self.lines)


def invocations(lines: Iterable[Line]) -> list[Invocation]:
    """The invocations in a function's log, in the order of their starts.

    Each execution environment writes a log stream of its own, one invocation after another. So a line that looks like
    a START during an invocation is text that the function logged. See "Working with Lambda function logs" in the
    Lambda developer guide.
    """
    lines = list(lines)
    ends = {(line.stream, end[1]): at for at, line in enumerate(lines) if (end := ENDED.match(line.text))}
    by_id: dict[str, Invocation] = {}
    current: dict[str, Invocation] = {}  # by stream
    for at, line in enumerate(lines):
        invocation = current.get(line.stream)
        is_open = invocation and not invocation.is_over and ends.get((line.stream, invocation.request_id), at) > at
        if (start := STARTED.match(line.text)) and not is_open:
            invocation = current[line.stream] = by_id[start[1]] = Invocation(start[1], line.time)
        elif invocation and (end := ENDED.match(line.text)) and end[1] == invocation.request_id:
            invocation.is_over = True
            if report := REPORT.match(line.text):
                invocation.ended, invocation.milliseconds = line.time, float(report[2])
        if invocation and (line.is_error or not line.is_platform):  # a REPORT may report a timeout
            invocation.lines.append(line)
    return list(by_id.values())


def for_message(candidates: Iterable[Invocation], ids: Collection[str], since: float) -> list[Invocation]:
    """The invocations that handled the message with these ids.

    If none logged an id, the first that began at `since` or later and logs no message id: the function may log no ids,
    or have failed before it could.
    """
    candidates = list(candidates)
    certain = [each for each in candidates if each.handled(ids)]
    possible = [each for each in candidates if each.began >= since and not each.logs_message_id]
    return certain or possible[:1]


def error_message(lines: Sequence[Line]) -> str:
    """The error that begins on the first line, on one line; of a traceback, in one event or several, its exception."""
    fields = lines[0].fields or {}
    if message := fields.get("message") or fields.get("errorMessage"):
        return str(message)
    first, *others = [part.rstrip() for line in lines for part in line.text.splitlines() if part.strip()]
    if "Traceback" in first and not first.startswith("[ERROR]"):
        return next((part for part in others if not part.startswith(" ")), first)
    return first.removeprefix("[ERROR] ")


def _readable(line: Line) -> str:
    fields = line.fields
    if fields is None or "message" not in fields:
        return line.text
    others = {name: value for name, value in fields.items() if name not in FOR_PROGRAMS}
    return "  ".join([str(fields["message"]), *(f"{name}={value}" for name, value in others.items())])
