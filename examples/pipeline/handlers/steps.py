"""The three steps, each a function of its own; what a step publishes wakes the next."""

import json
from typing import Any

import orders


def check(event: dict[str, Any], context: object) -> None:
    """Is there enough of it?"""
    each(event, "checked")


def pack(event: dict[str, Any], context: object) -> None:
    """Into the box."""
    each(event, "packed")


def send(event: dict[str, Any], context: object) -> None:
    """To the post office. Nobody is told: this is the end."""
    each(event, "sent")


def each(event: dict[str, Any], state: str) -> None:
    """Bring each order of an event to its next state."""
    for record in event["Records"]:
        orders.reach(json.loads(record["Sns"]["Message"]), state)
