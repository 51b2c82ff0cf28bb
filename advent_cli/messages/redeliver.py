"""Hands out the dead letters again, each to the one who did not take it, and takes them out of the queue.

A consumer's message goes to that consumer alone, with the very event that failed: the others had theirs, and would
count it twice. Only what was never announced goes to the topic.
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

from advent_cli.aws.account import in_parallel
from advent_cli.errors import AdventError
from advent_cli.resources.topic import subscriptions
from advent_cli.stack.build import Stack

BATCH = 10  # the most messages that SQS hands out at once
HIDDEN = 30  # seconds for which nobody else gets what we have taken out
TOPIC = "the topic "
ARN = re.compile(r"arn:[A-Za-z0-9_:/.$-]{1,300}")


@dataclass(frozen=True)
class Letter:
    """A dead letter: whom it is for (a function, a topic, or None if that cannot be told), and what to hand over.

    For a function that is the event of SNS, for a topic (its name after TOPIC) the arguments of Publish. `names` is the
    ARN that a letter for nobody names, if it does.
    """

    to: str | None
    content: dict[str, Any] = field(default_factory=dict)
    names: str = ""


@dataclass(frozen=True)
class Replayed:
    """How many letters each one got, how many are for nobody, and how many are in the queue now, about.

    `others` are the ARNs that those for nobody name.
    """

    handed: dict[str, int]
    for_nobody: int
    left: int
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Addresses:
    """Whom a letter may be for, each by its ARN: the functions and topics of the stack, by their names.

    `subscribers` are the functions by the ARNs of their subscriptions.
    """

    functions: Mapping[str, str]
    topics: Mapping[str, str]
    subscribers: Mapping[str, str]


def replay(stack: Stack) -> Replayed:
    """Hand out what is in the queue now. What fails again comes back, and waits for the next time.

    A letter that was counted though nobody could tell is known again by its id only for ten minutes.
    """
    if stack.queue.read() is None:
        raise AdventError(f"the {stack.queue.title} is missing", hint="`advent up` makes it")
    addresses = _addresses(stack)
    handed, others, seen, began = Counter[str](), [], set[str](), math.inf
    while messages := (answer := _receive(stack)).get("Messages"):
        began = min(began, _date(answer))
        fresh = [each for each in messages if each["MessageId"] not in seen and _sent(each) <= began]
        if not fresh:
            break  # the rest came back meanwhile, or was left before
        seen |= {each["MessageId"] for each in fresh}
        letters = in_parallel(*[partial(_hand_over, stack, addresses, each) for each in fresh])
        handed.update(letter.to for letter in letters if letter.to)
        others += [letter.names for letter in letters if not letter.to]
    return Replayed(dict(handed), len(others), stack.queue.depth(), tuple(sorted({*filter(None, others)})))


def _addresses(stack: Stack) -> Addresses:
    """Only what is in config.yaml, whoever else has subscribed to a topic of ours."""
    functions = {stack.aws.arn("lambda", f"function:{name}"): name for name in stack.config.functions}
    listed = in_parallel(*[partial(subscriptions, stack.aws, topic.arn) for topic in stack.topics.values()])
    ends = {each["SubscriptionArn"]: each["Endpoint"] for items in listed for each in items}
    subscribers = {arn: functions[endpoint] for arn, endpoint in ends.items() if endpoint in functions}
    return Addresses(functions, {topic.arn: name for name, topic in stack.topics.items()}, subscribers)


def letter(body: str, addresses: Addresses) -> Letter:
    """What a message in the queue is: of Lambda's destination, of SNS's redrive policy, or of function 1.

    Anybody who may write to the queue can have made it up, so it goes nowhere but to one of the `addresses`. The shapes
    are described in the Lambda developer guide ("Capturing records of Lambda asynchronous invocations") and the SNS one
    ("Amazon SNS dead-letter queues").
    """
    try:
        content = json.loads(body)
        if "requestPayload" in content:
            arn = ":".join(content["requestContext"]["functionArn"].split(":")[:7])  # without the version
            return _addressed(addresses.functions.get(arn), content["requestPayload"], arn)
        if "Message" in content:
            arn = content.get("EventSubscriptionArn") or _subscription(content)
            record = {"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": arn, "Sns": content}
            return _addressed(addresses.subscribers.get(arn), {"Records": [record]}, arn)
        attributes = {"message_id": {"DataType": "String", "StringValue": _text(content["message_id"])}}
        arn, text = content["topic"], _text(content["message"])
        topic = f"{TOPIC}{addresses.topics[arn]}" if arn in addresses.topics else None
        return _addressed(topic, {"TopicArn": arn, "Message": text, "MessageAttributes": attributes}, arn)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return Letter(None)  # somebody else put it there


def _addressed(to: str | None, content: dict[str, Any], arn: str) -> Letter:
    return Letter(to, content) if to else Letter(None, names=arn if ARN.fullmatch(arn) else "")


def _text(value: Any) -> str:
    """The value, if it is a text that SNS takes; else ValueError."""
    if not isinstance(value, str) or not value.encode():
        raise ValueError(value)
    return value


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


def _hand_over(stack: Stack, addresses: Addresses, message: dict[str, Any]) -> Letter:
    """Hand one message over and take it out of the queue, or leave it there if it is for nobody.

    Killed between the two, it is handed over again the next time; the consumers know it by its id for ten minutes.
    """
    found = letter(message["Body"], addresses)
    if found.to and found.to.startswith(TOPIC):
        stack.aws.client("sns").publish(**found.content)
    elif found.to:
        payload = json.dumps(found.content).encode()
        stack.aws.client("lambda").invoke(FunctionName=found.to, InvocationType="Event", Payload=payload)
    else:
        return found
    stack.aws.client("sqs").delete_message(QueueUrl=stack.queue.url, ReceiptHandle=message["ReceiptHandle"])
    return found
