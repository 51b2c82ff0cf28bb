"""Stores the state of each order in the table, and publishes the order for the next step."""

import json
import os
from typing import Any

import boto3

dynamodb = boto3.client("dynamodb")
sns = boto3.client("sns")
TABLE, KEY = os.environ["DYNAMO_TABLE"], os.environ["DYNAMO_KEY"]


def set_state(order: dict[str, str], state: str) -> None:
    """Store the state of an order, and publish the order to this function's topic, if it has one."""
    dynamodb.update_item(
        TableName=TABLE,
        Key={KEY: {"S": order["id"]}},
        UpdateExpression="SET #state = :state, #what = :what",
        ExpressionAttributeNames={"#state": "state", "#what": "what"},
        ExpressionAttributeValues={":state": {"S": state}, ":what": {"S": order["what"]}},
    )
    if "SNS_TOPIC_ARN" in os.environ:
        sns.publish(TopicArn=os.environ["SNS_TOPIC_ARN"], Message=json.dumps(order))


def get_state(order_id: str) -> str | None:
    """Return the state of an order, or None if there is no such order."""
    response: dict[str, Any] = dynamodb.get_item(TableName=TABLE, Key={KEY: {"S": order_id}}, ConsistentRead=True)
    return str(response["Item"]["state"]["S"]) if "Item" in response else None
