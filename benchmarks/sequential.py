"""The word counter with one call after the other: the baseline that handlers/app.py is measured against."""

import os
from collections import Counter

import boto3

dynamodb = boto3.client("dynamodb")
sns = boto3.client("sns")


def count(text: str) -> str:
    """Count the words of a text, publish it to the topic, and return the counts."""
    counts = {word: add(word, times) for word, times in Counter(text.split()).items()}
    sns.publish(TopicArn=os.environ["SNS_TOPIC_ARN"], Message=text)
    return ", ".join(f"{word} = {count}" for word, count in counts.items())


def add(word: str, number: int) -> int:
    """Add to the count of a word and return the new count."""
    result = dynamodb.update_item(
        TableName=os.environ["DYNAMO_TABLE"],
        Key={os.environ["DYNAMO_KEY"]: {"S": word}},
        UpdateExpression="ADD #count :number",
        ExpressionAttributeNames={"#count": "count"},
        ExpressionAttributeValues={":number": {"N": str(number)}},
        ReturnValues="UPDATED_NEW",
    )
    return int(result["Attributes"]["count"]["N"])
