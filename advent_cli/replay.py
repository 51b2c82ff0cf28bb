"""Hands out the dead letters again, each to the one who did not take it, and takes them out of the queue.

A consumer's message goes to that consumer alone, with the very event that failed: the others had theirs, and would
count it twice. Only what was never announced goes to the topic.
"""

import json
import math
from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

from advent_cli.aws import together
from advent_cli.errors import AdventError
from advent_cli.resources.topic import subscriptions
from advent_cli.stack import Stack

BATCH = 10  # the most messages that SQS hands out at once
HIDDEN = 30  # seconds for which nobody else gets what we have taken out
TOPIC = "the topic "


@dataclass(frozen=True)
class Letter:
    """A dead letter: whom it is for (a function, a topic, or None if that cannot be told), and what to hand over.

    For a function that is the event of SNS, for a topic (its name after TOPIC) the arguments of Publish.
    """

    to: str | None
    content: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Replayed:
    """How many letters each one got, how many are for nobody, and how many are in the queue now, about."""

    handed: dict[str, int]
    for_nobody: int
    left: int


def replay(stack: Stack) -> Replayed:
    """Hand out what is in the queue now. What fails again comes back, and waits for the next time.

    A letter that was counted though nobody could tell is known again by its id only for ten minutes.
    """
    if stack.queue.read() is None:
        raise AdventError(f"the {stack.queue.title} is missing", hint="`advent up` makes it")
    listed = together(*[partial(subscriptions, stack.aws, topic.arn) for topic in stack.topics.values()])
    subscribers = {each["SubscriptionArn"]: each["Endpoint"].split(":")[-1] for items in listed for each in items}
    handed, seen, began = Counter[str | None](), set[str](), math.inf
    while messages := (answer := _receive(stack)).get("Messages"):
        began = min(began, _date(answer))
        fresh = [each for each in messages if each["MessageId"] not in seen and _sent(each) <= began]
        if not fresh:
            break  # the rest came back meanwhile, or was left before
        seen |= {each["MessageId"] for each in fresh}
        handed.update(together(*[partial(_hand_over, stack, subscribers, each) for each in fresh]))
    for_nobody = handed.pop(None, 0)
    return Replayed({to: number for to, number in handed.items() if to}, for_nobody, stack.queue.depth())


def letter(body: str, functions: Container[str], topics: Container[str], subscribers: Mapping[str, str]) -> Letter:
    """What a message in the queue is: of Lambda's destination, of SNS's redrive policy, or of function 1.

    `functions` and `topics` are those of the stack, `subscribers` the functions by the ARNs of their subscriptions.
    The shapes are described in the Lambda developer guide ("Capturing records of Lambda asynchronous invocations")
    and the SNS one ("Amazon SNS dead-letter queues").
    """
    try:
        content = json.loads(body)
        if "requestPayload" in content:
            name = content["requestContext"]["functionArn"].split(":")[6]
            return Letter(name if name in functions else None, content["requestPayload"])
        if "Message" in content:
            arn = content.get("EventSubscriptionArn") or _subscription(content)
            record = {"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": arn, "Sns": content}
            return Letter(subscribers.get(arn), {"Records": [record]})
        id_ = {"DataType": "String", "StringValue": content["message_id"]}
        attributes = {"message_id": id_}
        topic = content["topic"].split(":")[-1]
        publication = {"TopicArn": content["topic"], "Message": content["message"], "MessageAttributes": attributes}
        return Letter(f"{TOPIC}{topic}" if topic in topics else None, publication)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return Letter(None)  # somebody else put it there


def _subscription(notification: dict[str, Any]) -> str:
    """SNS names the subscription nowhere but in the link that ends it."""
    link = notification.get("UnsubscribeURL") or notification.get("UnsubscribeUrl") or ""
    return parse_qs(urlsplit(link).query).get("SubscriptionArn", [""])[0]


def _receive(stack: Stack) -> dict[str, Any]:
    answer: dict[str, Any] = stack.aws.client("sqs").receive_message(
        QueueUrl=stack.queue.url,
        MaxNumberOfMessages=BATCH,
        VisibilityTimeout=HIDDEN,
        WaitTimeSeconds=1,
        AttributeNames=["SentTimestamp"],
    )
    return answer


def _sent(message: dict[str, Any]) -> float:
    """When a message came into the queue, in seconds."""
    return int(message["Attributes"]["SentTimestamp"]) / 1000


def _date(answer: dict[str, Any]) -> float:
    """When SQS gave an answer, by its own clock, in seconds; it tells whole seconds."""
    return parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"]).timestamp() + 1


def _hand_over(stack: Stack, subscribers: Mapping[str, str], message: dict[str, Any]) -> str | None:
    """Hand one message over and take it out of the queue; to whom, or None if it was left there.

    Killed between the two, it is handed over again the next time; the consumers know it by its id for ten minutes.
    """
    found = letter(message["Body"], stack.config.functions, stack.topics, subscribers)
    if found.to and found.to.startswith(TOPIC):
        stack.aws.client("sns").publish(**found.content)
    elif found.to:
        payload = json.dumps(found.content).encode()
        stack.aws.client("lambda").invoke(FunctionName=found.to, InvocationType="Event", Payload=payload)
    else:
        return None
    stack.aws.client("sqs").delete_message(QueueUrl=stack.queue.url, ReceiptHandle=message["ReceiptHandle"])
    return found.to
