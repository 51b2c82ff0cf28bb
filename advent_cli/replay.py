"""Hands out the dead letters again, each to the one who did not take it, and takes them out of the queue.

A consumer's message goes to that consumer alone, with the very event that failed: the others had theirs, and would
count it twice. Only what was never announced goes to the topic.
"""

import json
from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
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
    """How many letters each one got, and how many were left in the queue because nobody is there to take them."""

    handed: dict[str, int]
    left: int


def replay(stack: Stack) -> Replayed:
    """Hand out what is in the queue now. What fails again comes back, and waits for the next time."""
    if stack.queue.read() is None:
        raise AdventError(f"the {stack.queue.title} is missing", hint="`advent up` makes it")
    depth, *listed = together(
        stack.queue.depth, *[partial(subscriptions, stack.aws, topic.arn) for topic in stack.topics.values()]
    )
    subscribers = {each["SubscriptionArn"]: each["Endpoint"].split(":")[-1] for items in listed for each in items}
    handed = Counter[str | None]()
    # As many as there were and no more: what fails at once comes back at once, and would go round for ever.
    while (missing := depth - handed.total()) > 0 and (messages := _receive(stack, min(missing, BATCH))):
        handed.update(together(*[partial(_hand_over, stack, subscribers, message) for message in messages]))
    left = handed.pop(None, 0)
    return Replayed({to: number for to, number in handed.items() if to}, left)


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


def _receive(stack: Stack, number: int) -> list[dict[str, Any]]:
    answer = stack.aws.client("sqs").receive_message(
        QueueUrl=stack.queue.url, MaxNumberOfMessages=number, VisibilityTimeout=HIDDEN, WaitTimeSeconds=1
    )
    return list(answer.get("Messages", []))


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
