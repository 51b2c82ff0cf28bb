"""Reads what the functions wrote to CloudWatch Logs, merged in time."""

import heapq
import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from advent_cli.aws.account import Aws, in_parallel
from advent_cli.aws.aws_errors import get_or_none

LAG = 15.0  # seconds for which CloudWatch may be late with a line, so that following looks back so far
PAUSE = 1.0  # seconds between two looks while following
PLATFORM = re.compile(r"(START|END|REPORT) RequestId: |INIT_START ")  # what Lambda itself writes about each run
TROUBLE = re.compile(  # as Lambda writes it, and never a single word that people may have written
    r"^\[(ERROR|CRITICAL)\]\s|Traceback \(most recent call last\)|Task timed out after|Runtime exited"
    r"|Status: (error|timeout)|Unable to import module"
)
LEVELS = ("ERROR", "CRITICAL")  # of a line of JSON
REQUEST_IDS = ("request_id", "requestId", "AWSRequestId")  # where our functions, Lambda and other libraries put it
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, order=True)
class Line:
    """One event of a log: when (seconds since 1970), of which function, its text, AWS's own id of it, and its stream.

    Each container of a function writes a stream of its own, one run after the other.
    """

    time: float
    function: str
    text: str
    event_id: str
    stream: str = ""

    @property
    def is_platform(self) -> bool:
        """Whether Lambda wrote it, and not the function."""
        return PLATFORM.match(self.text) is not None

    @property
    def is_trouble(self) -> bool:
        """Whether it reports something that went wrong, as far as the line alone shows; see also `Run.trouble`."""
        fields = self.fields
        return (
            TROUBLE.search(self.text) is not None
            if fields is None
            else fields.get("level") in LEVELS or "errorMessage" in fields
        )

    @property
    def fields(self) -> dict[str, Any] | None:
        """What a line of JSON says; None for any other."""
        try:
            fields = json.loads(self.text)
        except ValueError:
            return None
        return fields if isinstance(fields, dict) else None

    @property
    def request_id(self) -> str:
        """The id of the run that a line of JSON names; nothing if it names none."""
        fields = self.fields or {}
        return next((value for name in REQUEST_IDS if isinstance(value := fields.get(name), str)), "")


def seconds(text: str) -> float:
    """A span of time like 90s, 10m, 2h or 1d; raises ValueError."""
    match = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    if match is None:
        raise ValueError(text)
    return int(match[1]) * UNITS[match[2]]


def since(aws: Aws, functions: list[str], start: float, pattern: str = "") -> Iterator[Line]:
    """The lines of these functions from `start` (seconds since 1970) on, in the order of time.

    `pattern` is a filter pattern of CloudWatch Logs; a server that knows none of its kind yields all lines.
    A function without a log has no lines. All of one function's lines are in memory at the same time.
    """
    each = in_parallel(*[lambda name=name: list(of(aws, name, start, pattern)) for name in functions])
    return heapq.merge(*each)


def errors(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines that tell of something that went wrong, and what the same run wrote after each: the traceback's end."""
    failing: set[str] = set()  # streams
    for line in lines:
        if line.is_trouble:
            failing.add(line.stream)
        elif line.is_platform:
            failing.discard(line.stream)
        if line.stream in failing or line.is_trouble:
            yield line


def follow(aws: Aws, functions: list[str], start: float, sleep: Callable[[float], None] = time.sleep) -> Iterator[Line]:
    """The lines from `start` on, then each new one, for ever; none twice, though CloudWatch may be late with some."""
    seen: dict[str, float] = {}
    while True:
        for line in since(aws, functions, start):
            if line.event_id not in seen:
                seen[line.event_id] = line.time
                yield line
        newest = max(seen.values(), default=start)
        start = max(start, newest - LAG)
        seen = {event_id: at for event_id, at in seen.items() if at >= start}
        sleep(PAUSE)


def of(aws: Aws, function: str, start: float, pattern: str = "") -> Iterator[Line]:
    """The lines of one function from `start` on, see `since`; none if it has no log."""
    pages = aws.client("logs").get_paginator("filter_log_events")
    chosen = {"filterPattern": pattern} if pattern else {}
    asked = pages.paginate(logGroupName=f"/aws/lambda/{function}", startTime=int(start * 1000), **chosen)
    alike: Counter[tuple[object, ...]] = Counter()
    for page in get_or_none(lambda: list(asked), "ResourceNotFoundException") or []:
        for event in page["events"]:
            told = (event.get("logStreamName"), event["timestamp"], event["message"])
            alike[told] += 1
            event_id = event.get("eventId") or f"{told} {alike[told]}"  # not every server gives one
            yield Line(
                event["timestamp"] / 1000,
                function,
                event["message"].rstrip("\n"),
                event_id,
                event.get("logStreamName", ""),
            )
