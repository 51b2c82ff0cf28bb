"""Writes log lines that programs can read too: a JSON object a line, as CloudWatch Logs Insights takes it apart."""

import json
from typing import Any


def write(level: str, message: str, context: Any, **fields: Any) -> None:
    """Write one line; `context` is what Lambda gave the handler, and names the request."""
    request = getattr(context, "aws_request_id", None)
    print(json.dumps({"level": level, "message": message, "request_id": request, **fields}, ensure_ascii=False))


def sender(event: dict[str, Any]) -> dict[str, bool]:
    """Whether who sent this says to be Slack, as api.slack.com/robots tells: a hint for the log, and no proof."""
    headers = (event.get("headers") or {}).items()
    return {"slackbot": any(name.lower() == "user-agent" and value.startswith("Slackbot ") for name, value in headers)}
