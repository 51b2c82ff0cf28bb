"""Reads who posted to the app, and the responses they got, from the log of the function behind the API."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from advent_cli.messages import log_reader
from advent_cli.messages.log_reader import Line
from advent_cli.stack.build import Stack

OK, FAILED, UNAUTHORIZED = 200, 500, 401
DAY = 86400  # seconds
FROM_SLACK = "{ $.slackbot IS TRUE }"  # "Filter pattern syntax" in the CloudWatch Logs user guide
UNITS = ((DAY, "day"), (3600, "hour"), (60, "minute"))


@dataclass(frozen=True)
class Request:
    """One request: when (seconds since 1970), the status of the response, and what the function logged about it.

    `from_slack` is what the sender claims in its headers; `advent say` does not claim it. None if not logged.
    """

    time: float
    status: int
    log: str
    from_slack: bool | None


def parse(lines: Iterable[Line]) -> list[Request]:
    """The requests in the lines of a log; one that the function failed on has only its error."""
    requests = []
    for line in lines:
        fields = line.fields or {}
        message, words = str(fields.get("message", "")), fields.get("words")
        if message == "counted":
            message = f"counted {words} word{'s' if words != 1 else ''}"
        status = fields.get("status", OK if "words" in fields else None)
        if isinstance(status, int):
            requests.append(Request(line.time, status, message, fields.get("slackbot")))
        elif line.is_error and not fields:
            requests.append(Request(line.time, FAILED, line.text.splitlines()[0], None))
    return requests


def of_last_day(stack: Stack, now: float) -> list[Request]:
    """The requests of the last day, oldest first."""
    return parse(log_reader.read_merged(stack.aws, _function(stack), now - DAY))


def last_from_slack(stack: Stack, now: float) -> Request | None:
    """Slack's last request in the log, which goes back `log_retention_days`."""
    start = now - DAY * stack.config.log_retention_days
    requests = parse(log_reader.read_merged(stack.aws, _function(stack), start, FROM_SLACK))
    return next((request for request in reversed(requests) if request.from_slack), None)


def _function(stack: Stack) -> list[str]:
    """The function behind the route that Slack posts to."""
    functions = stack.config.functions.items()
    return [name for name, function in functions if stack.config.post_routes[0] in function.routes]


def summary(last: Request | None, day: list[Request], now: float, kept_days: int) -> list[str]:
    """Lines about Slack's last request, and about those of the last day by sender and status."""
    if last is None:
        lines = [f"Slack sent no request in the last {kept_days} days, as far as the log goes back"]
    else:
        lines = [f"Slack's last request was {span(now - last.time)} ago: answered {last.status}, {last.log}"]
    names = {True: "Slack", False: "others, such as advent say and slack listen", None: "unknown senders"}
    for from_slack, name in names.items():
        statuses = Counter(request.status for request in day if request.from_slack is from_slack)
        if statuses:
            responses = ", ".join(f"{number} answered {status}" for status, number in sorted(statuses.items()))
            lines.append(f"in the last day, {name}: {responses}")
    return lines


def span(seconds: float) -> str:
    """A span of time in words, as in `3 minutes`."""
    size, unit = next(((size, unit) for size, unit in UNITS if seconds >= size), (1, "second"))
    number = max(0, int(seconds // size))
    return f"{number} {unit}{'s' if number != 1 else ''}"


def advice(last: Request | None, url: str, trigger_word: str) -> list[str]:
    """What to check if Slack sent no request, or its last one failed."""
    if last is None:
        reached = f"Slack has exactly this URL: {url} (`advent slack` shows where to enter it)"
        if not url.startswith("https://"):
            reached = f"`advent slack listen` is running: Slack cannot reach {url}, and listen shows what it receives"
        steps = [
            "`advent doctor` reports that the app answers",
            reached,
            f"a person has posted in the channel: a message that begins with {trigger_word}, or the slash command",
            "API Gateway does not reject the requests: its own 404 (wrong path) and 429 responses are in no log",
        ]
        return ["check that:", *(f"{number}. {step}" for number, step in enumerate(steps, 1))]
    if last.status == UNAUTHORIZED:
        return ["try: `advent slack secret`, with the token or signing secret that Slack shows"]
    return [] if last.status == OK else ["try: `advent logs --since 1d --errors`"]
