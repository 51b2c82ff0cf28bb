"""Writes log lines that programs can read too: a JSON object a line, as CloudWatch Logs Insights takes it apart."""

import json
from typing import Any


def sent_as(message: dict[str, Any]) -> str:
    """The id of one of SNS's messages: the publisher's own, if it gave one, for SNS gives a new one each time.

    All who write it to their logs let people follow the message from one function to the next.
    """
    given = message.get("MessageAttributes", {}).get("message_id", {})
    return str(given.get("Value") or message["MessageId"])


def write(level: str, message: str, context: Any, **fields: Any) -> None:
    """Write one line; `context` is what Lambda gave the handler, and names the request."""
    request = getattr(context, "aws_request_id", None)
    print(json.dumps({"level": level, "message": message, "request_id": request, **fields}, ensure_ascii=False))


def sender(event: dict[str, Any]) -> dict[str, bool]:
    """Whether who sent this says to be Slack, as api.slack.com/robots tells: a hint for the log, and no proof."""
    headers = (event.get("headers") or {}).items()
    return {"slackbot": any(name.lower() == "user-agent" and value.startswith("Slackbot ") for name, value in headers)}
