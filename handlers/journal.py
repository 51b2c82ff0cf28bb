"""Writes log lines that programs can read too: a JSON object a line, as CloudWatch Logs Insights takes it apart.

What people said stands only inside a string of such a line. So it never begins a line, and never looks like an error.
"""

import json
from typing import Any

LONGEST = 16_000  # characters of a text; Lambda splits lines of more than 256 KB, and a part would begin with the text


def sent_as(message: dict[str, Any]) -> str:
    """The id of one of SNS's messages: the publisher's own, if it gave one, for SNS gives a new one each time.

    All who write it to their logs let people follow the message from one function to the next.
    """
    given = message.get("MessageAttributes", {}).get("message_id", {})
    return str(given.get("Value") or message["MessageId"])


def write(level: str, message: str, context: Any, **fields: Any) -> None:
    """Write one line; `context` is what Lambda gave the handler, and names the request.

    A text that is too long is cut. What is not printable is escaped, for a line may end at more than a newline.
    """
    request = getattr(context, "aws_request_id", None)
    told = {"level": level, "message": message, "request_id": request, **fields}
    line = json.dumps({name: _cut(value) for name, value in told.items()}, ensure_ascii=False)
    print(line if line.isprintable() else "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in line))


def _cut(value: Any) -> Any:
    return f"{value[:LONGEST]}..." if isinstance(value, str) and len(value) > LONGEST else value


def sender(event: dict[str, Any]) -> dict[str, bool]:
    """Whether who sent this says to be Slack, as api.slack.com/robots tells: a hint for the log, and no proof."""
    headers = (event.get("headers") or {}).items()
    return {"slackbot": any(name.lower() == "user-agent" and value.startswith("Slackbot ") for name, value in headers)}
