"""Takes "ID WHAT" from a slash command and begins; tells at GET /order/ID how far an order has come."""

import base64
import json
from typing import Any
from urllib.parse import parse_qs

import orders


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Answer either of the two routes."""
    if event["routeKey"].startswith("GET "):
        state = orders.state_of(event["pathParameters"]["id"])
        return answer(state or "There is no such order.", 200 if state else 404)
    body = event.get("body") or ""
    form = parse_qs(base64.b64decode(body).decode() if event.get("isBase64Encoded") else body)
    words = form.get("text", [""])[0].split()
    if len(words) != 2:
        return answer("Say a number and a thing: 17 tea.", 200)
    orders.reach({"id": words[0], "what": words[1]}, "ordered")
    return answer(f"Order {words[0]} is on its way.", 200)


def answer(text: str, status: int) -> dict[str, Any]:
    """What Slack, or whoever asked, gets."""
    body = json.dumps({"response_type": "in_channel", "text": text})
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": body}
