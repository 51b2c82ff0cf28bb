"""Who has called the app, and with what answer, from the lines that its function writes about each request."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from advent_cli.messages import log_reader
from advent_cli.messages.log_reader import Line
from advent_cli.stack.build import Stack

GOOD, FAILED, UNAUTHORIZED = 200, 500, 401
DAY = 86400  # seconds
OF_SLACK = "{ $.slackbot IS TRUE }"  # "Filter pattern syntax" in the CloudWatch Logs user guide
UNITS = ((DAY, "day"), (3600, "hour"), (60, "minute"))


@dataclass(frozen=True)
class Call:
    """One request: when (seconds since 1970), the status it was answered with, and what the function said of it.

    `by_slack` is what the sender says of itself; `advent say` does not say so. None where the line does not tell.
    """

    time: float
    status: int
    said: str
    by_slack: bool | None


def read(lines: Iterable[Line]) -> list[Call]:
    """The calls that lines of the log tell of; a function that breaks off says no more than how."""
    found = []
    for line in lines:
        fields = line.fields or {}
        message, words = str(fields.get("message", "")), fields.get("words")
        if message == "counted":
            message = f"counted {words} word{'s' if words != 1 else ''}"
        status = fields.get("status", GOOD if "words" in fields else None)
        if isinstance(status, int):
            found.append(Call(line.time, status, message, fields.get("slackbot")))
        elif line.is_trouble and not fields:
            found.append(Call(line.time, FAILED, line.text.splitlines()[0], None))
    return found


def of_the_day(stack: Stack, now: float) -> list[Call]:
    """The calls of the last day, oldest first."""
    return read(log_reader.since(stack.aws, _function(stack), now - DAY))


def last_of_slack(stack: Stack, now: float) -> Call | None:
    """Slack's last call since the log is kept."""
    start = now - DAY * stack.config.log_retention_days
    calls = read(log_reader.since(stack.aws, _function(stack), start, OF_SLACK))
    return next((call for call in reversed(calls) if call.by_slack), None)


def _function(stack: Stack) -> list[str]:
    """The function behind the route that Slack posts to."""
    functions = stack.config.functions.items()
    return [name for name, function in functions if stack.config.post_routes[0] in function.routes]


def told(last: Call | None, day: list[Call], now: float, kept_days: int) -> list[str]:
    """What to tell a person: Slack's last call, and how many there were in the last day, by whom, with what answers."""
    if last is None:
        lines = [f"Slack has not called in the {kept_days} days for which the log is kept"]
    else:
        lines = [f"Slack called last {ago(now - last.time)} ago: answered {last.status}, {last.said}"]
    names = {True: "Slack", False: "others, as advent say", None: "not known whose"}
    for by_slack, name in names.items():
        statuses = Counter(call.status for call in day if call.by_slack is by_slack)
        if statuses:
            answers = ", ".join(f"{number} answered {status}" for status, number in sorted(statuses.items()))
            lines.append(f"in the last day, {name}: {answers}")
    return lines


def ago(seconds: float) -> str:
    """A span of time in words, as in `3 minutes`."""
    size, unit = next(((size, unit) for size, unit in UNITS if seconds >= size), (1, "second"))
    number = max(0, int(seconds // size))
    return f"{number} {unit}{'s' if number != 1 else ''}"


def advice(last: Call | None, url: str, trigger_word: str) -> list[str]:
    """What to check if Slack never called, or did not get a good answer."""
    if last is None:
        steps = [
            f"`advent doctor` says that the app answers, and the URL begins with https:// (this is {url})",
            "the same URL, to the letter, stands in Slack (`advent slack` tells where)",
            f"a person said it in the channel: a message that begins with {trigger_word}, or the slash command",
            "nothing is in between: what API Gateway answers by itself (404 to another path, 429) is in no log",
        ]
        return ["check that:", *(f"{number}. {step}" for number, step in enumerate(steps, 1))]
    if last.status == UNAUTHORIZED:
        return ["try: `advent slack secret`, with the token or signing secret that Slack shows"]
    return [] if last.status == GOOD else ["try: `advent logs --since 1d --errors`"]
