"""Function 1, behind the API Gateway: counts the words of a Slack message, answers, and tells the topic.

Slack's outgoing webhook posts a form; its field `text` is what the person typed. Each word gets 1 more in the table,
the counts go back to Slack as the bot's reply, and the text is published, so that others can do something with it.
"""

import base64
import json
import logging
import os
from collections import Counter
from typing import Any
from urllib.parse import parse_qs

import boto3

# Made once, when Lambda starts a container, and used by all the messages which that container gets.
TABLE = os.environ["DYNAMO_TABLE"]
KEY = os.environ.get("DYNAMO_KEY", "word")
TOPIC = os.environ.get("SNS_TOPIC_ARN")  # not set: the function counts, and tells nobody
dynamodb = boto3.client("dynamodb")
sns = boto3.client("sns")
log = logging.getLogger()
log.setLevel(logging.INFO)

LONGEST_WORD = 2048  # bytes; DynamoDB allows no longer key
SLACKBOT = "USLACKBOT"  # the user under whose name Slack posts our own replies


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Take one request of the API Gateway (payload format 2.0) and return the reply that Slack shows."""
    form = parse_form(event)
    if form.get("user_id") == SLACKBOT:
        return answer(None)  # or the bot would count its own replies, and reply to that
    text = form.get("text", "")
    words = Counter(text.split())
    too_long = [word for word in words if len(word.encode()) > LONGEST_WORD]
    for word in too_long:
        del words[word]
    if not words:
        return answer("There are no words to count.")

    counts = {word: add(word, times) for word, times in words.items()}
    reply = ", ".join(f"{word} = {count}" for word, count in counts.items())
    if too_long:
        reply += f" (left out: {len(too_long)} longer than {LONGEST_WORD} bytes)"
    if TOPIC and not publish(text):
        reply += " (counted, not announced)"
    return answer(reply)


def parse_form(event: dict[str, Any]) -> dict[str, str]:
    """The fields of the posted form, each with its first value; the body may arrive base64-encoded."""
    body = event.get("body") or ""
    if event.get("isBase64Encoded"):
        body = base64.b64decode(body).decode("utf-8", errors="replace")
    return {name: values[0] for name, values in parse_qs(body).items()}


def add(word: str, number: int) -> int:
    """Add `number` to the word's count, in one step that no other writer can get between; return the new count."""
    result = dynamodb.update_item(
        TableName=TABLE,
        Key={KEY: {"S": word}},
        UpdateExpression="ADD #count :number",
        ExpressionAttributeNames={"#count": "count"},  # "count" itself is a reserved word
        ExpressionAttributeValues={":number": {"N": str(number)}},
        ReturnValues="UPDATED_NEW",
    )
    return int(result["Attributes"]["count"]["N"])


def publish(text: str) -> bool:
    """Tell the topic; False if that failed. The words are counted by then, so the person gets an answer anyway."""
    try:
        message = sns.publish(TopicArn=TOPIC, Message=text)
    except Exception:
        log.exception("could not publish to %s", TOPIC)
        return False
    log.info("published %s", message["MessageId"])
    return True


def answer(text: str | None) -> dict[str, Any]:
    """A reply in the form the API Gateway asks for; its body is what Slack reads. No text: the bot says nothing."""
    body = json.dumps({"text": text}) if text else ""
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": body}
