"""How far an order has come, in the table; and how the next step hears of it."""

import json
import os
from typing import Any

import boto3

dynamodb = boto3.client("dynamodb")
sns = boto3.client("sns")
TABLE, KEY = os.environ["DYNAMO_TABLE"], os.environ["DYNAMO_KEY"]


def reach(order: dict[str, str], state: str) -> None:
    """Note the state of an order, and tell the topic of this function, if it has one."""
    dynamodb.update_item(
        TableName=TABLE,
        Key={KEY: {"S": order["id"]}},
        UpdateExpression="SET #state = :state, #what = :what",
        ExpressionAttributeNames={"#state": "state", "#what": "what"},
        ExpressionAttributeValues={":state": {"S": state}, ":what": {"S": order["what"]}},
    )
    if "SNS_TOPIC_ARN" in os.environ:
        sns.publish(TopicArn=os.environ["SNS_TOPIC_ARN"], Message=json.dumps(order))


def state_of(order: str) -> str | None:
    """The state of an order; None if there is none."""
    item: dict[str, Any] = dynamodb.get_item(TableName=TABLE, Key={KEY: {"S": order}}, ConsistentRead=True)
    return str(item["Item"]["state"]["S"]) if "Item" in item else None
