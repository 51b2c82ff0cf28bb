"""Function 1, behind the API Gateway: counts the words of a Slack message, answers, and tells the topic.

Each word gets 1 more in the table, the counts go back to Slack as the bot's reply, and the text is published, so that
others can do something with it.
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

TOPIC = os.environ.get("SNS_TOPIC_ARN")  # not set: the function counts, and tells nobody
DEAD_LETTERS = os.environ.get("DEAD_LETTER_QUEUE_URL")
LOG_TEXT = os.environ.get("LOG_TEXT") == "yes"  # else what people wrote stays out of the log

# Slack waits for three seconds, and a call may take one. So new tries of counting, of reading the counts and of
# publishing begin no later than this after the message came.
COUNT_WITHIN, READ_WITHIN, PUBLISH_WITHIN = 0.9, 1.2, 1.4  # seconds

# Made once, when Lambda starts a container.
sns = boto3.client("sns", config=counting.QUICK)
sqs = boto3.client("sqs", config=counting.QUICK)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take one request of the API Gateway (payload format 2.0) and return the reply that Slack shows."""
    began = time.monotonic()
    json_logging.set_request_id(context.aws_request_id)
    form: dict[str, str] = {}
    sender = {"slackbot": is_slackbot(event)}
    try:
        form = slack.request(event)
        text = slack.text(form)
    except slack.RefusedError as refusal:
        logger.warning("refused: %s", refusal, extra={"status": refusal.status, **sender})
        return slack.answer(form, str(refusal), refusal.status)
    words, left_out = counting.words(text or "")
    if text is None or not words:
        logger.info("no words to count", extra={"status": 200, "published": [], **sender})
        return slack.answer(form, None if text is None else f"There are no words to count{told(left_out)}.")

    message_id = event.get("requestContext", {}).get("requestId") or str(uuid.uuid4())
    counted, error = counting.add(words, message_id, began + COUNT_WITHIN)
    if error:
        status = {} if counted else {"status": 503, **sender}
        logger.error("not all was counted: %s: %s", type(error).__name__, error, extra=status)
    if not counted:
        refused = isinstance(error, ClientError)  # else only the answer may have been lost on its way
        why = "Nothing was counted" if refused else "The table did not answer in time: this may be counted, or not"
        return slack.answer(form, f"{why}. Please try again in a moment.", 503, message_id)

    notes = [left_out] if left_out else []
    if error:
        notes.append(f"{len(words) - sum(map(len, counted))} that the table did not confirm")
    reply = say_counts(counted, began + READ_WITHIN) + told(", ".join(notes))
    # A message stays one message, unless it was counted in several parts: then each part is one, counted as a whole.
    texts = [text] if len(words) <= counting.PART else [" ".join(Counter(part).elements()) for part in counted]
    published = announce(texts, message_id, began + PUBLISH_WITHIN) if TOPIC else []
    if not all(published):
        reply += " (counted, not announced)"
    taken = round((time.monotonic() - began) * 1000)
    done = {"words": len(words), "published": list(filter(None, published)), "milliseconds": taken, "status": 200}
    shown = {"text": text} if LOG_TEXT else {}
    logger.info("counted", extra={"message_id": message_id, **done, **sender, **shown})
    return slack.answer(form, reply, message_id=message_id)


def is_slackbot(event: dict[str, Any]) -> bool:
    """Whether the sender says it is Slack (api.slack.com/robots): a hint for the log, and no proof."""
    headers = (event.get("headers") or {}).items()
    return any(name.lower() == "user-agent" and value.startswith("Slackbot ") for name, value in headers)


def told(left_out: str) -> str:
    """What was left out, as the end of a sentence; nothing if there is nothing to tell."""
    return f" (left out: {left_out})" if left_out else ""


def say_counts(counted: list[dict[str, int]], until: float) -> str:
    """The reply: each word with its count as it is now."""
    words = [word for part in counted for word in part]
    if time.monotonic() > until:
        return f"Counted {len(words)} words, and there is no time to look up their counts."
    try:
        return ", ".join(f"{word} = {count}" for word, count in counting.counts(words, until).items())
    except (BotoCoreError, ClientError):
        return f"Counted {len(words)} words, but the table does not tell their counts."


def announce(texts: list[str], message_id: str, until: float) -> list[str | None]:
    """Tell the topic, of each text side by side; for each the id that SNS gave it, None if it could not be told."""
    with ThreadPoolExecutor(len(texts)) as pool:
        ids = [f"{message_id}/{number}" for number in range(len(texts))]
        return list(pool.map(partial(publish, until=until), texts, ids))


def publish(text: str, message_id: str, until: float) -> str | None:
    """Publish a text; one that cannot be is put into the queue of dead letters, from where `advent replay` sends it.

    The id goes along, so that consumers know a text again that was published twice, as it may be if an answer is lost.
    """
    attributes = {"message_id": {"DataType": "String", "StringValue": message_id}}
    try:
        answer = counting.insist(lambda: sns.publish(TopicArn=TOPIC, Message=text, MessageAttributes=attributes), until)
    except (BotoCoreError, ClientError) as error:
        logger.error("not announced: %s: %s", type(error).__name__, error, extra={"message_id": message_id})
    else:
        return str(answer["MessageId"])
    try:
        letter = {"topic": TOPIC, "message": text, "message_id": message_id}
        sqs.send_message(QueueUrl=DEAD_LETTERS, MessageBody=json.dumps(letter))
    except (BotoCoreError, ClientError) as error:
        logger.error("and lost: %s: %s", type(error).__name__, error, extra={"message_id": message_id})
    return None
