"""Function 1, behind the API: counts the words of a Slack message, replies with the counts, and publishes the message.

Each word's count in the table goes up by 1. The subscribers of the topic receive the text, and can do more with it.
"""

import json
import logging
import os
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

import counting
import json_logging
import slack

json_logging.configure()
logger = logging.getLogger(__name__)

TOPIC_ARN = os.environ.get("SNS_TOPIC_ARN")  # if it is not set, the function counts and does not publish
DEAD_LETTER_QUEUE_URL = os.environ.get("DEAD_LETTER_QUEUE_URL")
LOG_TEXT = os.environ.get("LOG_TEXT") == "yes"  # otherwise the log does not contain what people type

# Slack waits three seconds for the reply, and a call to AWS can take almost one. So counting, reading the counts and
# publishing start no further attempt once this much time has passed since the request arrived.
COUNT_WITHIN, READ_WITHIN, PUBLISH_WITHIN = 0.9, 1.2, 1.4  # seconds

# Created once in each execution environment, and reused by all its invocations.
sns = boto3.client("sns", config=counting.CLIENT_CONFIG)
sqs = boto3.client("sqs", config=counting.CLIENT_CONFIG)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle a request from API Gateway (payload format version 2.0), and return the response with Slack's reply."""
    start = time.monotonic()
    json_logging.set_request_id(context.aws_request_id)
    form: dict[str, str] = {}
    sender = {"slackbot": is_slackbot(event)}
    try:
        form = slack.read_form(event)
        text = slack.read_text(form)
    except slack.RefusedError as refusal:
        logger.warning("refused: %s", refusal, extra={"status": refusal.status, **sender})
        return slack.response(form, str(refusal), refusal.status)
    words, left_out = counting.count_words(text or "")
    message_id = event.get("requestContext", {}).get("requestId") or str(uuid.uuid4())
    if text is None or not words:
        what = "no words to count" if text is not None else "no reply: a check of the URL, or a bot's message"
        logger.info(what, extra={"message_id": message_id, "status": 200, "published": [], **sender})
        reply = None if text is None else f"There are no words to count{note(left_out)}."
        return slack.response(form, reply, message_id=message_id)

    batches, error = counting.add(words, message_id, start + COUNT_WITHIN)
    if error:
        status = {} if batches else {"status": 503, **sender}
        logger.error("could not count all words: %s: %s", type(error).__name__, error, extra=status)
    if not batches:
        rejected = isinstance(error, ClientError)  # otherwise the words may be counted, and only the response was lost
        why = "Nothing was counted" if rejected else "The table did not answer in time: this may be counted, or not"
        return slack.response(form, f"{why}. Please try again in a moment.", 503, message_id)

    missing = [left_out] if left_out else []
    if error:
        missing.append(f"{len(words) - sum(map(len, batches))} that the table did not confirm")
    reply = format_counts(batches, start + READ_WITHIN) + note(", ".join(missing))
    # If there are several batches, each becomes a message of its own, since each was counted as a whole or not at all.
    texts = [text] if len(words) <= counting.BATCH_SIZE else [" ".join(Counter(each).elements()) for each in batches]
    published = publish_all(texts, message_id, start + PUBLISH_WITHIN) if TOPIC_ARN else []
    if not all(published):
        reply += " (counted, not announced)"
    elapsed = round((time.monotonic() - start) * 1000)
    fields = {"words": len(words), "published": list(filter(None, published)), "milliseconds": elapsed, "status": 200}
    typed = {"text": text} if LOG_TEXT else {}
    logger.info("counted", extra={"message_id": message_id, **fields, **sender, **typed})
    return slack.response(form, reply, message_id=message_id)


def is_slackbot(event: dict[str, Any]) -> bool:
    """Return whether the sender claims to be Slack (api.slack.com/robots): useful in the log, but not proof."""
    headers = (event.get("headers") or {}).items()
    return any(name.lower() == "user-agent" and value.startswith("Slackbot ") for name, value in headers)


def note(left_out: str) -> str:
    """Return the end of a sentence that says what was left out; empty if nothing was."""
    return f" (left out: {left_out})" if left_out else ""


def format_counts(batches: list[dict[str, int]], deadline: float) -> str:
    """Return the reply: each word with its current count."""
    words = [word for batch in batches for word in batch]
    if time.monotonic() > deadline:
        return f"Counted {len(words)} words, and there is no time to look up their counts."
    try:
        return ", ".join(f"{word} = {count}" for word, count in counting.read_counts(words, deadline).items())
    except (BotoCoreError, ClientError):
        return f"Counted {len(words)} words, but the table does not tell their counts."


def publish_all(texts: list[str], message_id: str, deadline: float) -> list[str | None]:
    """Publish all texts in parallel; return SNS's ID of each, or None for one that could not be published."""
    with ThreadPoolExecutor(len(texts)) as pool:
        ids = [f"{message_id}/{number}" for number in range(len(texts))]
        return list(pool.map(partial(publish, deadline=deadline), texts, ids))


def publish(text: str, message_id: str, deadline: float) -> str | None:
    """Publish a text. If that fails, put it in the dead-letter queue, from which `advent replay` publishes it later.

    If the response of SNS is lost, the text is published a second time. Subscribers recognize it by `message_id`.
    """
    attributes = {"message_id": {"DataType": "String", "StringValue": message_id}}
    try:
        message = {"TopicArn": TOPIC_ARN, "Message": text, "MessageAttributes": attributes}
        response = counting.retry(lambda: sns.publish(**message), deadline)
    except (BotoCoreError, ClientError) as error:
        logger.error("not announced: %s: %s", type(error).__name__, error, extra={"message_id": message_id})
    else:
        return str(response["MessageId"])
    try:
        dead_letter = {"topic": TOPIC_ARN, "message": text, "message_id": message_id}
        sqs.send_message(QueueUrl=DEAD_LETTER_QUEUE_URL, MessageBody=json.dumps(dead_letter))
    except (BotoCoreError, ClientError) as error:
        logger.error("message lost: %s: %s", type(error).__name__, error, extra={"message_id": message_id})
    return None
