"""Writes log lines that programs can read too: a JSON object a line, as CloudWatch Logs Insights takes it apart."""

import json
from typing import Any


def write(level: str, message: str, context: Any, **fields: Any) -> None:
    """Write one line; `context` is what Lambda gave the handler, and names the request."""
    request = getattr(context, "aws_request_id", None)
    print(json.dumps({"level": level, "message": message, "request_id": request, **fields}, ensure_ascii=False))
