"""Reads "ID ITEM" from a slash command and starts the pipeline; reports the state of an order at GET /order/ID."""

import base64
import json
from typing import Any
from urllib.parse import parse_qs

import orders


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Handle a request from API Gateway, on either of the two routes."""
    if event["routeKey"].startswith("GET "):
        state = orders.get_state(event["pathParameters"]["id"])
        return response(state or "There is no such order.", 200 if state else 404)
    body = event.get("body") or ""
    form = parse_qs(base64.b64decode(body).decode() if event.get("isBase64Encoded") else body)
    words = form.get("text", [""])[0].split()
    if len(words) != 2:
        return response("Say a number and a thing: 17 tea.", 200)
    orders.set_state({"id": words[0], "what": words[1]}, "ordered")
    return response(f"Order {words[0]} is on its way.", 200)


def response(text: str, status: int) -> dict[str, Any]:
    """Return the response with a text; Slack shows it to the whole channel."""
    body = json.dumps({"response_type": "in_channel", "text": text})
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": body}
