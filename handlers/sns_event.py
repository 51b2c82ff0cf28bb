"""Reads the events that Amazon SNS sends to a Lambda function."""

from typing import Any


def message_id(message: dict[str, Any]) -> str:
    """Return the ID that the publisher gave the message, or else the one that SNS gave it.

    SNS gives a message a new ID each time it is published. The publisher's ID stays the same, so a message that was
    published twice is recognized, and it can be followed through the logs from one function to the next.
    """
    attribute = message.get("MessageAttributes", {}).get("message_id", {})
    return str(attribute.get("Value") or message["MessageId"])
