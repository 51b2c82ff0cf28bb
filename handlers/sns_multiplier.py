"""Function 2, subscribed to the topic: adds 10 to the count of each word of the message.

It runs after function 1 has answered, and at the same time as the topic's other subscribers.
"""

import logging
import os
from collections import Counter
from typing import Any

import boto3

TABLE = os.environ["DYNAMO_TABLE"]
KEY = os.environ.get("DYNAMO_KEY", "word")
MULTIPLIER = int(os.environ.get("MULTIPLIER", "10"))
LONGEST_WORD = 2048  # bytes; DynamoDB allows no longer key
dynamodb = boto3.client("dynamodb")
log = logging.getLogger()
log.setLevel(logging.INFO)


def handler(event: dict[str, Any], context: object) -> None:
    """Take an event of SNS; each of its records is one message, whose text stands in it as it was published."""
    for record in event["Records"]:
        message = record["Sns"]
        words = Counter(message["Message"].split())
        for word, times in words.items():
            if len(word.encode()) <= LONGEST_WORD:
                add(word, times * MULTIPLIER)
        log.info("counted %d words of message %s", len(words), message.get("MessageId"))


def add(word: str, number: int) -> None:
    """Add `number` to the word's count, in one step that no other writer can get between."""
    dynamodb.update_item(
        TableName=TABLE,
        Key={KEY: {"S": word}},
        UpdateExpression="ADD #count :number",
        ExpressionAttributeNames={"#count": "count"},  # "count" itself is a reserved word
        ExpressionAttributeValues={":number": {"N": str(number)}},
    )
