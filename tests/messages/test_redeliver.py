"""No message is lost: failed ones go to the dead-letter queue, and `advent replay` redelivers each of them once."""

import io
import json
import time
import zipfile
from typing import Any

import pytest

from advent_cli.aws.retry import Waiter
from advent_cli.local.lifecycle import Engine
from advent_cli.messages import redeliver
from advent_cli.messages.redeliver import TOPIC, DeadLetter, Targets, parse
from advent_cli.stack.build import Stack
from advent_cli.words import counts
from tests.conftest import Run
from tests.support import stacks

HERE = "us-east-1:000000000000"
SUBSCRIBED = "arn:aws:sns:us-east-1:000000000000:awsadvent:1"
TARGETS = Targets(
    {f"arn:aws:lambda:{HERE}:function:{name}": name for name in ("sns_multiplier", "sns_logger")},
    {f"arn:aws:sns:{HERE}:awsadvent": "awsadvent"},
    {SUBSCRIBED: "sns_multiplier"},
)
EVENT = {"Records": [{"Sns": {"Message": "lost words", "MessageId": "id-1"}}]}


def of_lambda(name: str, where: str = HERE) -> dict[str, Any]:
    """The record of a failed event, as in the Lambda developer guide."""
    arn = f"arn:aws:lambda:{where}:function:{name}:$LATEST"
    context = {"requestId": "e4b46cbf", "functionArn": arn, "condition": "RetriesExhausted"}
    return {"version": "1.0", "requestContext": context, "requestPayload": EVENT, "responsePayload": {"errorType": "X"}}


def of_sns(arn: str) -> dict[str, Any]:
    """A notification, as in the SNS developer guide."""
    link = f"https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={arn}"
    return {"Type": "Notification", "MessageId": "id-2", "Message": "lost words", "UnsubscribeURL": link}


ANNOUNCEMENT = {
    "topic": "arn:aws:sns:us-east-1:000000000000:awsadvent",
    "message": "unheard",
    "message_id": "request-1/0",
}
FOREIGN = "arn:aws:sns:us-east-1:111111111111:awsadvent"  # the same name in another account
DEAD_LETTERS: list[tuple[Any, str | None]] = [
    (of_lambda("sns_logger"), "sns_logger"),
    (of_lambda("gone"), None),
    (of_sns(SUBSCRIBED), "sns_multiplier"),
    (of_sns("arn:of:another"), None),
    (ANNOUNCEMENT, f"{TOPIC}awsadvent"),
    ({**ANNOUNCEMENT, "topic": "arn:aws:sns:us-east-1:000000000000:other"}, None),
    (of_lambda("sns_logger", "us-east-1:111111111111"), None),
    (of_lambda("sns_logger", "eu-west-1:000000000000"), None),
    ({**ANNOUNCEMENT, "topic": FOREIGN}, None),
    ({**ANNOUNCEMENT, "topic": "arn:aws:sns:eu-west-1:000000000000:awsadvent"}, None),
    ({**ANNOUNCEMENT, "topic": "awsadvent"}, None),
    ({**ANNOUNCEMENT, "topic": ["awsadvent"]}, None),
    ({**ANNOUNCEMENT, "message": 5}, None),
    ({**ANNOUNCEMENT, "message": ""}, None),
    ({**ANNOUNCEMENT, "message": "\ud800"}, None),
    ({**ANNOUNCEMENT, "message_id": None}, None),
    ({}, None),
    ([], None),
    ("text", None),
    (None, None),
    ({"requestPayload": {}}, None),
    ({"message": "x"}, None),
]


@pytest.mark.parametrize(("body", "target"), DEAD_LETTERS)
def test_each_dead_letter_has_the_right_target(body: Any, target: str | None) -> None:
    assert parse(json.dumps(body), TARGETS).target == target


def test_a_dead_letter_that_is_not_json_has_no_target() -> None:
    assert parse("{", TARGETS) == DeadLetter(None)
    assert parse("[" * 100_000, TARGETS) == DeadLetter(None)


def test_a_dead_letter_without_a_target_has_the_arn_it_names_if_that_is_valid() -> None:
    assert parse(json.dumps({**ANNOUNCEMENT, "topic": FOREIGN}), TARGETS).names == FOREIGN
    assert parse(json.dumps({**ANNOUNCEMENT, "topic": "arn:\x1b[2J"}), TARGETS).names == ""


def test_a_notification_becomes_the_event_that_sns_sends_to_lambda() -> None:
    (record,) = parse(json.dumps(of_sns(SUBSCRIBED)), TARGETS).payload["Records"]
    assert record["Sns"]["MessageId"] == "id-2"
    assert record["EventSubscriptionArn"] == SUBSCRIBED


def configure(stack: Stack, multiplier: str) -> None:
    """Set the MULTIPLIER of the function; a text that is not a number makes it fail."""
    client = stack.aws.client("lambda")
    current = client.get_function_configuration(FunctionName="sns_multiplier")["Environment"]["Variables"]
    client.update_function_configuration(
        FunctionName="sns_multiplier", Environment={"Variables": {**current, "MULTIPLIER": multiplier}}
    )
    stack.resources["function/sns_multiplier"].read()


def invoke(stack: Stack, name: str, event: dict[str, Any]) -> None:
    stack.aws.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(event).encode())


def until_depth(stack: Stack, number: int) -> None:
    Waiter().until(lambda: stack.queue.depth() == number, f"waiting for {number} dead letters", within=60)


def test_failed_messages_stay_in_the_queue_and_replay_counts_them_once(engine: Engine, advent: Run) -> None:
    advent("up")
    stack = stacks.tutorial(engine)
    assert "  Dead letters  none in awsadvent-dlq\n" in advent("status").stdout
    assert "no dead letters" in advent("replay").stderr

    configure(stack, "none")
    for number in range(3):  # the engine retries asynchronous invocations, but not deliveries by SNS
        message = {"Message": f"lost word{number}", "MessageId": f"id-{number}"}
        invoke(stack, "sns_multiplier", {"Records": [{"Sns": message}]})
    until_depth(stack, 3)
    assert "3 in awsadvent-dlq; `advent replay`" in advent("status").stdout

    assert "3 to sns_multiplier" in advent("replay").stdout  # they fail again and return to the queue
    until_depth(stack, 3)
    words = ["lost", "word0", "word1", "word2"]
    assert set(counts.of(stack.table, words).values()) == {0}

    assert "update" in advent("plan").stdout
    advent("up")
    assert advent("replay").stdout == "3 to sns_multiplier\n"
    exact = {"lost": 30, "word0": 10, "word1": 10, "word2": 10}
    Waiter().until(lambda: counts.of(stack.table, words) == exact, "waiting for the counts", within=60)
    assert stack.queue.depth() == 0


def test_unpublished_messages_go_to_the_topic_and_unknown_ones_stay_in_the_queue(engine: Engine, advent: Run) -> None:
    stack = stacks.tutorial(engine)
    stacks.up(stack)
    sqs = stack.aws.client("sqs")
    for body in (json.dumps(ANNOUNCEMENT), "from another sender"):
        sqs.send_message(QueueUrl=stack.queue.url, MessageBody=body)
    done = advent("replay", code=1)
    assert done.stdout == "1 to the topic awsadvent\n"
    assert "1 dead letter has no recipient in config.yaml" in done.stderr
    assert stack.queue.depth() == 1
    Waiter().until(lambda: counts.of(stack.table, ["unheard"]) == {"unheard": 10}, "waiting for the count", within=60)
    sqs.send_message(QueueUrl=stack.queue.url, MessageBody=json.dumps(ANNOUNCEMENT))  # as if not deleted
    assert "1 to the topic" in advent("replay").stdout
    time.sleep(2)
    assert counts.of(stack.table, ["unheard"]) == {"unheard": 10}  # recognized by its id
    assert "1 are in flight" in advent("replay").stderr
    group = "/aws/lambda/sns_logger"

    def logged() -> bool:
        events = stack.aws.client("logs").filter_log_events(logGroupName=group)["events"]
        return any("unheard" in event["message"] for event in events)

    Waiter().until(logged, "waiting for the log", within=60)
    assert ", with 1 dead letter\n" in advent("down", "--yes").stderr


def test_replay_sends_nothing_to_other_targets(engine: Engine, advent: Run) -> None:
    """Neither to a topic of the same name elsewhere, nor to another function that subscribes to the stack's topic."""
    stack = stacks.tutorial(engine)
    stacks.up(stack)
    sqs, sns, functions = (stack.aws.client(service) for service in ("sqs", "sns", "lambda"))
    code = functions.get_function(FunctionName="sns_logger")["Configuration"]
    archive = io.BytesIO()
    zipfile.ZipFile(archive, "w").close()
    settings = {
        "Runtime": code["Runtime"],
        "Role": code["Role"],
        "Handler": "x.x",
        "Code": {"ZipFile": archive.getvalue()},
    }
    theirs = functions.create_function(FunctionName="theirs", **settings)["FunctionArn"]
    subscribed = sns.subscribe(
        TopicArn=stack.topics["awsadvent"].arn, Protocol="lambda", Endpoint=theirs, ReturnSubscriptionArn=True
    )["SubscriptionArn"]
    foreign = [
        {**ANNOUNCEMENT, "topic": FOREIGN},
        of_sns(subscribed),
        of_lambda("theirs"),
        of_lambda("sns_logger", "us-east-1:1"),
    ]
    for body in (foreign[0], ANNOUNCEMENT, *foreign[1:]):
        sqs.send_message(QueueUrl=stack.queue.url, MessageBody=json.dumps(body))
    done = advent("-v", "replay", code=1)
    assert done.stdout == "1 to the topic awsadvent\n"
    assert (
        "4 dead letters have no recipient in config.yaml: only this stack's topics and functions receive" in done.stderr
    )
    for arn in (FOREIGN, subscribed, theirs, "arn:aws:lambda:us-east-1:1:function:sns_logger"):
        assert arn in done.stderr
    assert done.stderr.count("sns:Publish ") == 1
    assert "lambda:Invoke " not in done.stderr
    assert stack.queue.depth() == 4


def test_messages_that_cannot_be_redelivered_stay_in_the_queue(engine: Engine) -> None:
    stack = stacks.tutorial(engine)
    stacks.up(stack)
    sqs = stack.aws.client("sqs")
    for number in range(25):
        body = {**ANNOUNCEMENT, "message": "x", "message_id": str(number)}
        sqs.send_message(QueueUrl=stack.queue.url, MessageBody=json.dumps(body))
    stack.aws.client("sns").delete_topic(TopicArn=stack.topics["awsadvent"].arn)
    with pytest.raises(stack.aws.client("sns").exceptions.NotFoundException):
        redeliver.replay(stack)
    assert stack.queue.depth() == 25  # only redelivered messages are deleted
