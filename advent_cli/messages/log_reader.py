"""Reads the functions' logs from CloudWatch Logs, merged by time.

FilterLogEvents reads one log, and AWS takes five of these calls a second: more functions take longer, and `Pacer` has
the calls wait for their turn. Two other calls of AWS read several logs at once, and fit less: StartLiveTail shows only
what arrives while it runs, drops lines beyond 500 a second, and costs by the minute; a query of Logs Insights costs by
what it scans, and is later. Either would be one more permission for everybody who reads logs.
"""

import heapq
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from advent_cli.aws import json_text
from advent_cli.aws.account import MAX_PARALLEL, Aws, in_parallel
from advent_cli.aws.aws_errors import error_code, get_or_none
from advent_cli.aws.rate_limit import LOG_READS, THROTTLED
from advent_cli.aws.retry import ignore
from advent_cli.errors import UsageError

LAG = 15.0  # seconds; CloudWatch may show a line this late, so following reads this far back
BUSY = f"CloudWatch Logs takes {LOG_READS} reads a second from an account, and others read too: new lines are late"
PAUSE = 1.0  # seconds between reads while following
PLATFORM = re.compile(r"(START|END|REPORT) RequestId: |INIT_START ")  # Lambda's own lines about an invocation
ERROR = re.compile(  # as Lambda writes it, never a single word that a message may contain
    r"^\[(ERROR|CRITICAL)\]\s|Traceback \(most recent call last\)|Task timed out after|Runtime exited"
    r"|Status: (error|timeout)|Unable to import module"
)
LEVELS = ("ERROR", "CRITICAL")  # of a JSON line
REQUEST_IDS = ("request_id", "requestId", "AWSRequestId")  # the field in lines of our functions, Lambda and libraries
UNITS = {"s": ("second", 1), "m": ("minute", 60), "h": ("hour", 3600), "d": ("day", 86400)}


@dataclass(frozen=True, order=True)
class Line:
    """One event of a log: its time (seconds since 1970), function, text, AWS's event id, and log stream.

    Each execution environment of a function writes a stream of its own, one invocation after another.
    """

    time: float
    function: str
    text: str
    event_id: str
    stream: str = ""

    @property
    def is_platform(self) -> bool:
        """Whether Lambda wrote it rather than the function."""
        return PLATFORM.match(self.text) is not None

    @property
    def is_error(self) -> bool:
        """Whether it reports an error, judged by this line alone; `Invocation.error` is stricter."""
        fields = self.fields
        return (
            ERROR.search(self.text) is not None
            if fields is None
            else fields.get("level") in LEVELS or "errorMessage" in fields
        )

    @property
    def fields(self) -> dict[str, Any] | None:
        """The object of a JSON line; None for any other line."""
        try:
            fields = json_text.parse(self.text)
        except ValueError:
            return None
        return fields if isinstance(fields, dict) else None

    @property
    def request_id(self) -> str:
        """The request id in a JSON line; empty without one."""
        fields = self.fields or {}
        return next((value for name in REQUEST_IDS if isinstance(value := fields.get(name), str)), "")


def parse_span(text: str) -> float:
    """The seconds in a span of time like 90s, 10m, 2h or 1d; raises ValueError."""
    match = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    if match is None:
        raise ValueError(text)
    return int(match[1]) * UNITS[match[2]][1]


def start_of(since: str, now: float) -> float:
    """The time so long before `now` as a span like 90s, 10m, 2h or 1d says; raises UsageError."""
    try:
        return now - parse_span(since)
    except ValueError:
        raise UsageError(f"--since: invalid time span {since!r}", hint="use one like 90s, 10m, 2h or 1d") from None


def span_words(text: str) -> str:
    """A valid span of time in words, as in `10 minutes`; one of something is just its name."""
    number, unit = int(text[:-1]), UNITS[text[-1]][0]
    return unit if number == 1 else f"{number} {unit}s"


def read_merged(aws: Aws, functions: list[str], start: float, pattern: str = "") -> Iterator[Line]:
    """The lines of these functions from `start` (seconds since 1970) on, in order of time.

    `pattern` is a CloudWatch Logs filter pattern; a server that does not support it returns all lines. A function
    without a log has no lines. All lines of each function are held in memory.
    """
    reads = [lambda name=name: list(read(aws, name, start, pattern)) for name in functions]
    return heapq.merge(*in_parallel(*reads, at_once=at_once(aws)))


def at_once(aws: Aws) -> int:
    """How many logs to read side by side: on AWS more would only wait for their turn, and Ctrl-C for them."""
    return MAX_PARALLEL if aws.endpoint else LOG_READS


def without_log(aws: Aws, functions: list[str]) -> list[str]:
    """The functions that have no log, because they are not deployed; needs no other permission than reading does."""
    client = aws.client("logs")

    def has_log(function: str) -> bool:
        asked = {"logGroupName": f"/aws/lambda/{function}", "limit": 1}
        return get_or_none(lambda: client.filter_log_events(**asked), "ResourceNotFoundException") is not None

    asks = [lambda name=name: has_log(name) for name in functions]
    found = in_parallel(*asks, at_once=at_once(aws))
    return [name for name, has in zip(functions, found, strict=True) if not has]


def errors(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines that report an error, and those that the same invocation logs after them, such as a traceback's end."""
    failing: set[str] = set()  # streams
    for line in lines:
        if line.is_error:
            failing.add(line.stream)
        elif line.is_platform:
            failing.discard(line.stream)
        if line.stream in failing or line.is_error:
            yield line


def follow(
    aws: Aws,
    functions: list[str],
    start: float,
    sleep: Callable[[float], None] = time.sleep,
    notify: Callable[[str], None] = ignore,
) -> Iterator[Line]:
    """The lines from `start` on, then each new one, for ever; late lines included, and none twice.

    If AWS throttles a read for longer than botocore retries it, `notify` gets a sentence, and the same lines are read
    again.
    """
    seen: dict[str, float] = {}
    newest = start
    while True:
        try:
            lines = read_merged(aws, functions, start)
        except Exception as error:
            if error_code(error) not in THROTTLED:
                raise
            notify(BUSY)
        else:
            start = max(start, newest - LAG)  # from before this round, which takes seconds if there are many functions
            for line in lines:
                if line.event_id not in seen:
                    seen[line.event_id] = line.time
                    newest = max(newest, line.time)
                    yield line
            seen = {event_id: at for event_id, at in seen.items() if at >= start}
        sleep(PAUSE)


def read(aws: Aws, function: str, start: float, pattern: str = "") -> Iterator[Line]:
    """The lines of one function from `start` on, as in `read_merged`."""
    paginator = aws.client("logs").get_paginator("filter_log_events")
    filters = {"filterPattern": pattern} if pattern else {}
    pages = paginator.paginate(logGroupName=f"/aws/lambda/{function}", startTime=int(start * 1000), **filters)
    equal: Counter[tuple[object, ...]] = Counter()
    for page in get_or_none(lambda: list(pages), "ResourceNotFoundException") or []:
        for event in page["events"]:
            key = (event.get("logStreamName"), event["timestamp"], event["message"])
            equal[key] += 1
            event_id = event.get("eventId") or f"{key} {equal[key]}"  # not every server returns one
            yield Line(
                event["timestamp"] / 1000,
                function,
                event["message"].rstrip("\n"),
                event_id,
                event.get("logStreamName", ""),
            )
