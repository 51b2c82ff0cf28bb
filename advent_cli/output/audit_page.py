"""Prints an audit of messages: the totals on one line, and what was not delivered exactly once."""

import time

from rich.console import Console

from advent_cli.messages.deliveries import Delivery, Fate
from advent_cli.messages.delivery_audit import Audit
from advent_cli.output.control_characters import printable
from advent_cli.output.styled_lines import Part, line, unwrapped_line

STYLES = {Fate.LOST: "bold red", Fate.DEAD_LETTER: "red", Fate.UNSEEN: "yellow", Fate.FILTERED: "dim"}
MAX_TEXT = 60  # characters of a message


def show(console: Console, audit: Audit, *, every_exception: bool) -> None:
    """Print the totals, and each lost message; with `every_exception` all that were not delivered exactly once."""
    line(console, *_totals(audit.summary))
    for each in audit.deliveries:
        if each.fate is Fate.LOST or (every_exception and len(each.times) != 1):
            _show(console, each)


def _totals(summary: dict[str, int]) -> list[Part]:
    """As in `214 messages, 2 subscribers: 428 of 428 delivered, 1 twice, 0 lost`."""
    if not summary["messages"]:
        return ["no messages were published in this time, as far as the logs show"]
    start = f"{_number(summary['messages'], 'message')}, {_number(summary['subscribers'], 'subscriber')}"
    parts: list[Part] = [f"{start}: {summary['delivered']} of {summary['deliveries']} delivered"]
    if summary["twice"]:
        parts.append(f", {summary['twice']} twice")
    for fate in list(Fate)[1:]:
        if (number := summary[fate.name.lower()]) or fate is Fate.LOST:
            parts += [", ", (f"{number} {fate.value}", STYLES.get(fate, "") if number else "")]
    return parts


def _number(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"


def _show(console: Console, delivery: Delivery) -> None:
    message, times = delivery.message, delivery.times
    fate = delivery.fate.value if len(times) < 2 else f"{len(times)} times within {times[-1] - times[0]:.0f} s"
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(message.time))
    rest = [f'"{printable(message.text, MAX_TEXT)}"'] if message.text else []
    rest += [printable(delivery.problem, 200)] if delivery.problem else []
    style = STYLES.get(delivery.fate, "")
    where = f"  {when}  {printable(message.id)}  {delivery.subscriber}"
    unwrapped_line(console, "  ", (fate, style), "  ".join([where, *rest]))
