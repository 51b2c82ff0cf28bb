"""The three steps, each a function of its own; the message that a step publishes starts the next step."""

import json
from typing import Any

import orders


def check(event: dict[str, Any], context: object) -> None:
    """Check that there is enough of it."""
    advance(event, "checked")


def pack(event: dict[str, Any], context: object) -> None:
    """Put it into a box."""
    advance(event, "packed")


def send(event: dict[str, Any], context: object) -> None:
    """Take it to the post office. This is the last step, so it publishes nothing."""
    advance(event, "sent")


def advance(event: dict[str, Any], state: str) -> None:
    """Set the state of each order in an event from SNS."""
    for record in event["Records"]:
        orders.set_state(json.loads(record["Sns"]["Message"]), state)
