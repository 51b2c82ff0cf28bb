"""Records in the table which steps are done; recording the same step twice changes nothing."""

import json
import os
from typing import Any

import boto3

dynamodb = boto3.client("dynamodb")


def new_hires(event: dict[str, Any]) -> list[dict[str, str]]:
    """Return the people in an event from SNS, each with name and role."""
    return [json.loads(record["Sns"]["Message"]) for record in event["Records"]]


def record_step(step: str, text: str) -> None:
    """Store a step with a text that says what was done."""
    dynamodb.update_item(
        TableName=os.environ["DYNAMO_TABLE"],
        Key={os.environ["DYNAMO_KEY"]: {"S": step}},
        UpdateExpression="SET #text = :text",
        ExpressionAttributeNames={"#text": "text"},
        ExpressionAttributeValues={":text": {"S": text}},
    )
