"""Redelivers dead-letter messages, each to the function or topic that did not get it, and deletes them from the queue.

A message that one consumer could not process goes to that consumer alone, with the same event: the others have
processed theirs and would count it twice. Only a message that was never published goes to the topic.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

from advent_cli.aws import json_text
from advent_cli.aws.account import in_parallel
from advent_cli.errors import AdventError
from advent_cli.resources.topic import subscriptions
from advent_cli.stack.build import Stack

BATCH = 10  # messages; the most that SQS returns at once
HIDDEN = 30  # seconds for which SQS hides a received message from other receivers
TOPIC = "the topic "
ARN = re.compile(r"arn:[A-Za-z0-9_:/.$-]{1,300}")


@dataclass(frozen=True)
class DeadLetter:
    """A dead-letter message: its target (a function, TOPIC and the topic's name, or None), and what to send there.

    The payload is an SNS event for a function, and the arguments of Publish for a topic. `names` is the ARN that a
    message without a target names, if it names one.
    """

    target: str | None
    payload: dict[str, Any] = field(default_factory=dict)
    names: str = ""


@dataclass(frozen=True)
class Redelivery:
    """How many messages each target got, how many have no target, and about how many are in the queue now.

    `unknown_arns` are the ARNs that messages without a target name.
    """

    delivered: dict[str, int]
    without_target: int
    remaining: int
    unknown_arns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Targets:
    """The names of the stack's functions and topics by ARN, and of the functions by the ARNs of their subscriptions."""

    functions: Mapping[str, str]
    topics: Mapping[str, str]
    subscribers: Mapping[str, str]


def replay(stack: Stack) -> Redelivery:
    """Redeliver the messages that are in the queue now; one that fails again returns to it, for the next replay.

    Consumers recognize a message that they have counted by its id, but only for ten minutes.
    """
    targets = find_targets(stack)
    delivered, unknown, seen, began = Counter[str](), [], set[str](), math.inf
    while messages := (response := receive(stack)).get("Messages"):
        began = min(began, _date(response))
        fresh = [each for each in messages if each["MessageId"] not in seen and _sent(each) <= began]
        if not fresh:
            break  # the others returned to the queue meanwhile, or have no target
        seen |= {each["MessageId"] for each in fresh}
        dead_letters = in_parallel(*[partial(_redeliver, stack, targets, each) for each in fresh])
        delivered.update(dead_letter.target for dead_letter in dead_letters if dead_letter.target)
        unknown += [dead_letter.names for dead_letter in dead_letters if not dead_letter.target]
    arns = tuple(sorted({*filter(None, unknown)}))
    return Redelivery(dict(delivered), len(unknown), stack.queue.depth(), arns)


def find_targets(stack: Stack) -> Targets:
    """The functions and topics of config.yaml alone, even if other functions subscribe to the topics.

    Raises AdventError if the queue is missing or is not managed by this stack.
    """
    if stack.queue.read() is None:
        raise AdventError(f"the {stack.queue.title} is missing", hint="`advent up` creates it")
    functions = {stack.aws.arn("lambda", f"function:{name}"): name for name in stack.config.functions}
    listed = in_parallel(*[partial(subscriptions, stack.aws, topic.arn) for topic in stack.topics.values()])
    endpoints = {each["SubscriptionArn"]: each["Endpoint"] for items in listed for each in items}
    subscribers = {arn: functions[endpoint] for arn, endpoint in endpoints.items() if endpoint in functions}
    return Targets(functions, {topic.arn: name for name, topic in stack.topics.items()}, subscribers)


def parse(body: str, targets: Targets) -> DeadLetter:
    """The dead letter in a message's body, sent by Lambda's destination, SNS's redrive policy or function 1.

    Anyone who may write to the queue can forge one, so it can go only to one of `targets`. The shapes are in the Lambda
    developer guide ("Capturing records of Lambda asynchronous invocations") and the SNS developer guide ("Amazon SNS
    dead-letter queues").
    """
    try:
        content = json_text.parse(body)
        if "requestPayload" in content:
            arn = ":".join(content["requestContext"]["functionArn"].split(":")[:7])  # without the version
            return _addressed(targets.functions.get(arn), content["requestPayload"], arn)
        if "Message" in content:
            arn = content.get("EventSubscriptionArn") or _subscription(content)
            record = {"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": arn, "Sns": content}
            return _addressed(targets.subscribers.get(arn), {"Records": [record]}, arn)
        attributes = {"message_id": {"DataType": "String", "StringValue": _text(content["message_id"])}}
        arn, text = content["topic"], _text(content["message"])
        topic = f"{TOPIC}{targets.topics[arn]}" if arn in targets.topics else None
        return _addressed(topic, {"TopicArn": arn, "Message": text, "MessageAttributes": attributes}, arn)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return DeadLetter(None)  # from another sender


def _addressed(target: str | None, payload: dict[str, Any], arn: str) -> DeadLetter:
    return DeadLetter(target, payload) if target else DeadLetter(None, names=arn if ARN.fullmatch(arn) else "")


def _text(value: Any) -> str:
    """The value, if it is a text that SNS accepts; else raises ValueError."""
    if not isinstance(value, str) or not value.encode():
        raise ValueError(value)
    return value


def _subscription(notification: dict[str, Any]) -> str:
    """The subscription's ARN, which SNS puts only into the unsubscribe link."""
    link = notification.get("UnsubscribeURL") or notification.get("UnsubscribeUrl") or ""
    return parse_qs(urlsplit(link).query).get("SubscriptionArn", [""])[0]


def receive(stack: Stack) -> dict[str, Any]:
    """The response of SQS with up to BATCH messages, which others do not receive for HIDDEN seconds."""
    response: dict[str, Any] = stack.aws.client("sqs").receive_message(
        QueueUrl=stack.queue.url,
        MaxNumberOfMessages=BATCH,
        VisibilityTimeout=HIDDEN,
        WaitTimeSeconds=1,
        AttributeNames=["SentTimestamp"],
    )
    return response


def _sent(message: dict[str, Any]) -> float:
    """When a message was sent to the queue, in seconds since 1970."""
    return int(message["Attributes"]["SentTimestamp"]) / 1000


def _date(response: dict[str, Any]) -> float:
    """When SQS responded, by its own clock, in seconds since 1970, rounded up because the header has whole seconds."""
    return parsedate_to_datetime(response["ResponseMetadata"]["HTTPHeaders"]["date"]).timestamp() + 1


def _redeliver(stack: Stack, targets: Targets, message: dict[str, Any]) -> DeadLetter:
    """Redeliver one message and delete it from the queue; keep it there if it has no target.

    If the process is killed in between, the next replay redelivers it; consumers know its id for ten minutes.
    """
    dead_letter = parse(message["Body"], targets)
    if dead_letter.target and dead_letter.target.startswith(TOPIC):
        stack.aws.client("sns").publish(**dead_letter.payload)
    elif dead_letter.target:
        payload = json.dumps(dead_letter.payload).encode()
        stack.aws.client("lambda").invoke(FunctionName=dead_letter.target, InvocationType="Event", Payload=payload)
    else:
        return dead_letter
    stack.aws.client("sqs").delete_message(QueueUrl=stack.queue.url, ReceiptHandle=message["ReceiptHandle"])
    return dead_letter
