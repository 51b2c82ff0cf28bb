"""Nothing is lost: what a consumer cannot take ends in the queue, and `advent replay` brings it to its end, once."""

import json
import time
from typing import Any

import pytest

from advent_cli import counts, replay
from advent_cli.local import Engine
from advent_cli.patience import Patience
from advent_cli.replay import TOPIC, Letter, letter
from advent_cli.stack import Stack
from tests.conftest import Run
from tests.support import stacks

TOPICS = {"awsadvent"}
NAMES = {"sns_multiplier", "sns_logger"}
SUBSCRIBED = "arn:aws:sns:us-east-1:000000000000:awsadvent:1"
EVENT = {"Records": [{"Sns": {"Message": "lost words", "MessageId": "id-1"}}]}


def of_lambda(name: str) -> dict[str, Any]:
    """The record of a destination, as the Lambda developer guide shows it."""
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name}:$LATEST"
    context = {"requestId": "e4b46cbf", "functionArn": arn, "condition": "RetriesExhausted"}
    return {"version": "1.0", "requestContext": context, "requestPayload": EVENT, "responsePayload": {"errorType": "X"}}


def of_sns(arn: str) -> dict[str, Any]:
    """A notification, as the SNS developer guide shows it."""
    link = f"https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={arn}"
    return {"Type": "Notification", "MessageId": "id-2", "Message": "lost words", "UnsubscribeURL": link}


ANNOUNCEMENT = {
    "topic": "arn:aws:sns:us-east-1:000000000000:awsadvent",
    "message": "unheard",
    "message_id": "request-1/0",
}
LETTERS: list[tuple[Any, str | None]] = [
    (of_lambda("sns_logger"), "sns_logger"),
    (of_lambda("gone"), None),
    (of_sns(SUBSCRIBED), "sns_multiplier"),
    (of_sns("arn:of:another"), None),
    (ANNOUNCEMENT, f"{TOPIC}awsadvent"),
    ({**ANNOUNCEMENT, "topic": "arn:aws:sns:us-east-1:000000000000:other"}, None),
    ({}, None),
    ([], None),
    ("text", None),
    (None, None),
    ({"requestPayload": {}}, None),
    ({"message": "x"}, None),
]


@pytest.mark.parametrize(("body", "to"), LETTERS)
def test_it_is_known_for_whom_a_letter_is(body: Any, to: str | None) -> None:
    assert letter(json.dumps(body), NAMES, TOPICS, {SUBSCRIBED: "sns_multiplier"}).to == to


def test_a_letter_that_is_not_json_is_for_nobody() -> None:
    assert letter("{", NAMES, TOPICS, {}) == Letter(None)


def test_a_notification_becomes_the_event_that_lambda_would_have_got() -> None:
    (record,) = letter(json.dumps(of_sns(SUBSCRIBED)), NAMES, TOPICS, {SUBSCRIBED: "sns_multiplier"}).content["Records"]
    assert record["Sns"]["MessageId"] == "id-2"
    assert record["EventSubscriptionArn"] == SUBSCRIBED


def configure(stack: Stack, multiplier: str) -> None:
    """Set the MULTIPLIER of the function; no number breaks it."""
    client = stack.aws.client("lambda")
    there = client.get_function_configuration(FunctionName="sns_multiplier")["Environment"]["Variables"]
    client.update_function_configuration(
        FunctionName="sns_multiplier", Environment={"Variables": {**there, "MULTIPLIER": multiplier}}
    )
    stack.resources["function/sns_multiplier"].read()


def invoke(stack: Stack, name: str, event: dict[str, Any]) -> None:
    stack.aws.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(event).encode())


def until_depth(stack: Stack, number: int) -> None:
    Patience().until(lambda: stack.queue.depth() == number, f"waiting for {number} dead letters", within=60)


def test_a_message_that_nobody_took_is_kept_and_replayed_exactly(engine: Engine, advent: Run) -> None:
    advent("up")
    stack = stacks.tutorial(engine)
    assert "no dead letters in awsadvent-dlq" in advent("status").stdout
    assert "no dead letters" in advent("replay").stderr

    configure(stack, "none")
    for number in range(3):  # the engine retries asynchronous calls, but not deliveries of SNS
        message = {"Message": f"lost word{number}", "MessageId": f"id-{number}"}
        invoke(stack, "sns_multiplier", {"Records": [{"Sns": message}]})
    until_depth(stack, 3)
    assert "3 dead letters in awsadvent-dlq: `advent replay`" in advent("status").stdout

    assert "3 to sns_multiplier" in advent("replay").stdout  # in vain: they come back
    until_depth(stack, 3)
    words = ["lost", "word0", "word1", "word2"]
    assert set(counts.of(stack.table, words).values()) == {0}

    assert "update" in advent("plan").stdout
    advent("up")
    assert advent("replay").stdout == "3 to sns_multiplier\n"
    exact = {"lost": 30, "word0": 10, "word1": 10, "word2": 10}
    Patience().until(lambda: counts.of(stack.table, words) == exact, "all is counted", within=60)
    assert stack.queue.depth() == 0


def test_what_was_not_announced_goes_to_the_topic_and_what_is_for_nobody_stays(engine: Engine, advent: Run) -> None:
    stack = stacks.tutorial(engine)
    stacks.up(stack)
    sqs = stack.aws.client("sqs")
    for body in (json.dumps(ANNOUNCEMENT), "from somebody else"):
        sqs.send_message(QueueUrl=stack.queue.url, MessageBody=body)
    done = advent("replay", code=1)
    assert done.stdout == "1 to the topic awsadvent\n"
    assert "1 dead letter is for nobody in config.yaml" in done.stderr
    assert stack.queue.depth() == 1
    Patience().until(lambda: counts.of(stack.table, ["unheard"]) == {"unheard": 10}, "counted", within=60)
    sqs.send_message(QueueUrl=stack.queue.url, MessageBody=json.dumps(ANNOUNCEMENT))  # as one killed half way would
    assert "1 to the topic" in advent("replay").stdout
    time.sleep(2)
    assert counts.of(stack.table, ["unheard"]) == {"unheard": 10}  # it is known again by its id
    assert "1 were taken out a moment ago" in advent("replay").stderr
    group = "/aws/lambda/sns_logger"

    def logged() -> bool:
        events = stack.aws.client("logs").filter_log_events(logGroupName=group)["events"]
        return any("unheard" in event["message"] for event in events)

    Patience().until(logged, "logged", within=60)
    assert ", and in it 1 dead letter\n" in advent("down", "--yes").stderr


def test_what_cannot_be_handed_over_stays_in_the_queue(engine: Engine) -> None:
    stack = stacks.tutorial(engine)
    stacks.up(stack)
    sqs = stack.aws.client("sqs")
    for number in range(25):
        body = {**ANNOUNCEMENT, "message": "x", "message_id": str(number)}
        sqs.send_message(QueueUrl=stack.queue.url, MessageBody=json.dumps(body))
    stack.aws.client("sns").delete_topic(TopicArn=stack.topics["awsadvent"].arn)
    with pytest.raises(stack.aws.client("sns").exceptions.NotFoundException):
        replay.replay(stack)
    assert stack.queue.depth() == 25  # nothing is taken out that was not handed over
