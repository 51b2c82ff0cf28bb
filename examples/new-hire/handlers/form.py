"""Reads "NAME ROLE [remote]" from a slash command, and publishes to the topic that somebody was hired."""

import base64
import json
import os
from typing import Any
from urllib.parse import parse_qs

import boto3

sns = boto3.client("sns")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Handle a request from API Gateway; reply once the message is published."""
    body = event.get("body") or ""
    form = parse_qs(base64.b64decode(body).decode() if event.get("isBase64Encoded") else body)
    words = form.get("text", [""])[0].split()
    if len(words) < 2:
        return response("Say who, and as what: ann engineer, or ann engineer remote.")
    works = "remote" if "remote" in words[2:] else "office"
    sns.publish(
        TopicArn=os.environ["SNS_TOPIC_ARN"],
        Message=json.dumps({"name": words[0], "role": words[1]}),
        MessageAttributes={"works": {"DataType": "String", "StringValue": works}},
    )
    return response(f"{words[0]} is hired as {words[1]} ({works}); everybody knows.")


def response(text: str) -> dict[str, Any]:
    """Return the response with the text that Slack shows."""
    body = json.dumps({"response_type": "in_channel", "text": text})
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": body}
