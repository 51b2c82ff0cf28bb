"""Notes in the table what was done; the same step done twice is noted once."""

import json
import os
from typing import Any

import boto3

dynamodb = boto3.client("dynamodb")


def hired(event: dict[str, Any]) -> list[dict[str, str]]:
    """The people in an event of SNS, each with name and role."""
    return [json.loads(record["Sns"]["Message"]) for record in event["Records"]]


def note(step: str, text: str) -> None:
    """Set the text of a step."""
    dynamodb.update_item(
        TableName=os.environ["DYNAMO_TABLE"],
        Key={os.environ["DYNAMO_KEY"]: {"S": step}},
        UpdateExpression="SET #text = :text",
        ExpressionAttributeNames={"#text": "text"},
        ExpressionAttributeValues={":text": {"S": text}},
    )
