"""`advent audit`: each message is delivered, on its way or lost to each subscriber, and the lost ones are named."""

import json
import math
import os
import re
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from advent_cli.aws.retry import Waiter
from advent_cli.config import config_file
from advent_cli.config.config_file import Config
from advent_cli.local.lifecycle import Engine
from advent_cli.messages import delivery_audit
from advent_cli.messages.deliveries import Delivery, Fate, Readings, announcements, deliveries
from advent_cli.messages.invocations import Invocation, invocations
from advent_cli.resources.destination import LONGEST_WAIT
from advent_cli.stack.build import Stack, build
from tests.conftest import Run
from tests.messages.test_log_reader import write
from tests.messages.test_redeliver import invoke, of_sns
from tests.messages.test_trace import log_of, logged
from tests.support import forked, stacks
from tests.support.schemas import checked
from tests.support.stacks import ROOT, TUTORIAL

NOW = 100_000.0
OLD = NOW - LONGEST_WAIT - 100  # older than all that Lambda may still try
ERROR = "[ERROR] KeyError: 'boom'"
LETTER = {"sns_logger": {"A/0"}}
FILTERED = replace(TUTORIAL.functions["sns_logger"], filter={"body": {"kind": ["loud"]}})
TWO_TOPICS = replace(TUTORIAL.functions["aws_advent"], publishes=["awsadvent", "other"])


def run(request: str, *lines: str, at: float) -> list[Invocation]:
    return invocations(log_of(request, *lines, at=at))


def announced(at: float, message_id: str = "A", *others: str, published: tuple[str, ...] = ("S",)) -> list[Invocation]:
    """A run of function 1 that published a message; `others` are further lines."""
    return run(f"1{message_id}", *others, logged(message_id, f"1{message_id}", published=published), at=at)


def fates(front: list[Invocation], logger: list[Invocation], config: Config = TUTORIAL, **more: Any) -> list[str]:
    """What became of the messages of function 1 at sns_logger, oldest first, on AWS."""
    runs = {"aws_advent": front, "sns_logger": logger}
    read = Readings(0, NOW, runs, **{"begins": {}, "dead": {}, **more})
    found = deliveries(config, announcements(config, read), read)
    return [f"{each.message.id} {each.fate.name}" for each in found if each.subscriber == "sns_logger"]


def with_function(name: str, function: Any) -> Config:
    return replace(TUTORIAL, functions={**TUTORIAL.functions, name: function})


@pytest.mark.parametrize(
    ("at", "logger", "more", "fate"),
    [
        (OLD, run("2", logged("A/0", "2"), at=OLD), {}, Fate.DELIVERED),
        (OLD, run("2", logged("S", "2"), at=OLD), {}, Fate.DELIVERED),  # an app that logs the id of SNS
        (OLD, run("2", logged("B/0", "2"), at=OLD), {}, Fate.LOST),
        (NOW - LONGEST_WAIT, [], {}, Fate.UNDER_WAY),
        (OLD, [], {"dead": LETTER}, Fate.DEAD_LETTER),
        (OLD, [], {"dead": {"sns_multiplier": {"A/0"}}}, Fate.LOST),
        (OLD, [], {"hidden": 1}, Fate.UNSEEN),  # the letter may be one that somebody else is receiving
        (OLD, [], {"begins": {"sns_logger": OLD + 1}}, Fate.UNSEEN),  # it had no log yet, or the lines are deleted
        (OLD, [], {"begins": {"sns_logger": math.inf}}, Fate.UNSEEN),
        (OLD, [], {"config": with_function("sns_logger", FILTERED)}, Fate.FILTERED),
        (OLD, [], {"config": with_function("aws_advent", TWO_TOPICS)}, Fate.UNSEEN),
        (OLD, run("2", "no id", at=OLD), {}, Fate.UNSEEN),
        (OLD, run("2", "no id", at=OLD - 5), {}, Fate.LOST),  # that run was before the message
        (OLD, run("2", ERROR, at=OLD), {}, Fate.LOST),
        (OLD, run("2", logged("A/0", "2"), ERROR, at=OLD), {}, Fate.LOST),
        (OLD, run("2", logged("A/0", "2"), ERROR, at=NOW - 60), {}, Fate.UNDER_WAY),  # redelivered, and tried again
        (OLD, run("2", ERROR, at=NOW - 60), {}, Fate.UNDER_WAY),
    ],
)
def test_a_message_is_lost_only_if_nothing_else_explains_that_it_is_missing(
    at: float, logger: list[Invocation], more: dict[str, Any], fate: Fate
) -> None:
    assert fates(announced(at), logger, **more) == [f"A {fate.name}"]


def test_a_run_without_an_id_explains_one_missing_message_the_last_before_it() -> None:
    front = [*announced(OLD, "A"), *announced(OLD + 10, "B"), *announced(OLD + 20, "C")]
    assert fates(front, run("2", "no id", at=OLD + 12)) == ["A LOST", "B UNSEEN", "C LOST"]
    young = [*announced(OLD, "A"), *announced(NOW - 60, "B")]
    assert fates(young, run("2", ERROR, at=NOW - 50)) == ["A LOST", "B UNDER_WAY"]


def test_parts_count_for_themselves_and_one_that_was_not_published_is_redelivered_to_the_topic() -> None:
    error = logged("A/1", "1A", level="ERROR")
    front = announced(OLD, "A", error, published=("S", "T"))
    logger = run("2", logged("A/0", "2"), at=OLD)
    assert fates(front, logger) == ["A/0 DELIVERED", "A/2 LOST", "A/1 LOST"]
    assert fates(front, logger, dead={"the topic awsadvent": {"A/1"}})[2] == "A/1 DEAD_LETTER"
    assert fates(front, [*logger, *run("3", logged("A/1", "3"), at=OLD)])[2] == "A/1 DELIVERED"


def test_a_published_line_counts_only_with_the_id_of_its_own_run() -> None:
    assert fates(run("1", logged("A", "another", published=["S"]), at=OLD), []) == []


def test_a_run_that_has_not_ended_has_no_message_yet() -> None:
    """It may still fail. A message that was redelivered and runs now is neither in the queue nor in the log."""

    def begun(*lines: str, at: float) -> list[Invocation]:
        return invocations(log_of("2", *lines, at=at)[:-2])

    assert fates(announced(NOW - 60), begun(logged("A/0", "2"), at=NOW - 50)) == ["A UNDER_WAY"]
    assert fates(announced(OLD), begun(at=NOW - 50)) == ["A UNDER_WAY"]
    assert fates(announced(OLD), begun(logged("A/0", "2"), at=OLD)) == ["A DELIVERED"]  # the end is not in the log


def test_a_message_that_is_published_on_is_another_one_also_to_who_gets_both() -> None:
    runs = {
        "aws_advent": [*announced(OLD, "A"), *announced(OLD, "A")],
        "sns_multiplier": run("2", logged("S", "2", published=["T"]), at=OLD + 1),
        "sns_logger": run("3", logged("S", "3"), at=OLD + 1),
    }
    config = with_function("sns_multiplier", replace(TUTORIAL.functions["sns_multiplier"], publishes=["next"]))
    both = replace(config.functions["sns_logger"], subscribes=["awsadvent", "next"])
    config = replace(config, functions={**config.functions, "sns_logger": both})

    def judged() -> list[tuple[str, Fate, int]]:
        read = Readings(0, NOW, runs, {}, {})
        found = deliveries(config, announcements(config, read), read)
        return [(each.message.id, each.fate, len(each.times)) for each in found if each.subscriber == "sns_logger"]

    assert judged() == [("A", Fate.DELIVERED, 1), ("T", Fate.LOST, 0)]
    runs["sns_logger"] += run("4", logged("T", "4"), at=OLD + 2)
    assert judged() == [("A", Fate.DELIVERED, 1), ("T", Fate.DELIVERED, 1)]


def log(stack: Stack, function: str, message_id: str, at: float, **fields: Any) -> None:
    """Have a function's log say that it handled a message."""
    request = f"{function}-{message_id}"
    lines = log_of(request, logged(message_id, request, **fields), at=at)
    write(stack, function, *((line.time, line.text) for line in lines))


def test_what_seems_lost_is_read_again_and_a_new_log_proves_nothing(deployed: Stack) -> None:
    """Just after `advent replay` a message is in neither the queue nor a log."""
    now = time.time()
    log(deployed, "aws_advent", "A", now, published=["S"])
    log(deployed, "sns_multiplier", "A/0", now)
    slept: list[float] = []

    def audit(*, is_late: bool = False) -> list[Delivery]:
        def sleep(seconds: float) -> None:
            slept.append(seconds)
            if is_late:
                log(deployed, "sns_logger", "A/0", now + 500)

        found = delivery_audit.audit(deployed, now - 1, sleep, lambda: now + 1000)
        return [each for each in found.deliveries if each.message.id == "A" and each.subscriber == "sns_logger"]

    assert [each.fate for each in audit()] == [Fate.LOST]
    assert [round(at - now) for each in audit(is_late=True) for at in each.times] == [500]
    assert slept == [delivery_audit.LOCAL_SECOND_LOOK] * 2
    group = deployed.resources["log-group//aws/lambda/sns_logger"]
    group.delete(Waiter())
    group.create(Waiter())
    assert [each.fate for each in audit()] == [Fate.UNSEEN]
    assert len(slept) == 2


def test_a_function_without_a_log_is_not_one_that_published_nothing(deployed: Stack, advent: Run) -> None:
    group = deployed.resources["log-group//aws/lambda/aws_advent"]
    group.delete(Waiter())
    try:
        done = advent("--region", "us-east-1", "audit", "--since", "1s")
    finally:
        group.create(Waiter())
    assert done.stdout.startswith("no messages were published in this time")
    why = "aws_advent has no log group, so its messages are not audited"
    assert done.stderr == f"note: {why}: `advent --region us-east-1 up` creates it\n"


class App:
    """The tutorial, whose consumers have so little time that a message is soon known to be lost; up."""

    LIMITS = "    timeout: 5\n"

    def __init__(self, engine: Engine, advent: Run, folder: Path) -> None:
        text = (ROOT / "config.yaml").read_text().replace("    timeout: 30\n", self.LIMITS)
        text = text.replace("    table: count\n", '    table: count\n    environment: {LOG_TEXT: "yes"}\n')
        (folder / "config.yaml").write_text(text + self.LIMITS)
        shutil.copytree(ROOT / "handlers", folder / "handlers")
        self.advent, self.folder = advent, folder
        advent("up")
        self.stack: Stack = build(config_file.load(folder / "config.yaml"), stacks.account(engine.endpoint))

    def say(self, *texts: str) -> None:
        self.advent("say", "--no-wait", "-", stdin="".join(f"awsadvent {text}\n" for text in texts))

    def settle(self) -> None:
        """Wait until each message is delivered or lost."""
        Waiter().until(lambda: not self.audit("under_way"), "waiting for the consumers", within=120)

    def audit(self, state: str) -> dict[str, str]:
        """The texts of the messages that sns_logger has in this state, by id; the exit code says if one is lost."""
        done = forked.run(["audit", "--json"], cwd=self.folder, env=os.environ)
        found = checked(json.loads(done.stdout))
        assert done.returncode == (1 if found["summary"]["lost"] else 0), done.stderr
        return {
            message["id"]: message["text"].removeprefix("awsadvent ")
            for message in found["messages"]
            for each in message["subscribers"]
            if (each["function"], each["state"]) == ("sns_logger", state)
        }


@pytest.mark.long
def test_of_500_messages_exactly_the_lost_ones_are_named_and_redelivered_ones_are_delivered(
    engine: Engine, advent: Run, tmp_path: Path
) -> None:
    app = App(engine, advent, tmp_path)
    texts = [f"word{number}" for number in range(500)]
    app.say(*texts[:200])
    app.settle()
    done = advent("audit")
    good = "200 messages, 2 subscribers: 400 of 400 delivered, 0 lost\n"
    assert (done.stdout, done.stderr) == (good, "")

    subscription = app.stack.resources["subscription/awsadvent to sns_logger"]
    subscription.delete(Waiter())
    app.say(*texts[200:240])
    subscription.create(Waiter())
    app.say(*texts[240:])
    app.settle()
    lost = app.audit("lost")
    assert sorted(lost.values()) == sorted(texts[200:240])
    shown = advent("audit", code=1)
    first, *rows = shown.stdout.splitlines()
    assert first == "500 messages, 2 subscribers: 960 of 1000 delivered, 40 lost"
    pattern = r'  lost  [-0-9]{10} [:0-9]{8}  (\S+)  sns_logger  "awsadvent (word\d+)"'
    assert {match[1]: match[2] for row in rows if (match := re.fullmatch(pattern, row))} == lost
    assert "error: sns_logger did not get all messages" in shown.stderr
    assert "`advent logs --since 1h --errors sns_logger`" in shown.stderr

    check_dead_letters(app, advent, lost)
    check_twice(app, advent, next(iter(lost)))


def check_dead_letters(app: App, advent: Run, lost: dict[str, str]) -> None:
    """The letters that SNS on AWS would have sent are found, stay in the queue for others, and are redelivered."""
    sqs, url = app.stack.aws.client("sqs"), app.stack.queue.url
    (arn,) = [
        each["SubscriptionArn"]
        for each in app.stack.aws.client("sns").list_subscriptions()["Subscriptions"]
        if each["Endpoint"].endswith(":sns_logger")
    ]
    for message_id, text in lost.items():
        attributes = {"message_id": {"Type": "String", "Value": f"{message_id}/0"}}
        letter = {**of_sns(arn), "Message": text, "MessageAttributes": attributes}
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(letter))
    dead = advent("audit")
    assert dead.stdout.startswith(
        "500 messages, 2 subscribers: 960 of 1000 delivered, 40 in the dead-letter queue, 0 lost\n"
    )
    assert "`advent replay`" in dead.stderr
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert [counts["ApproximateNumberOfMessages"], counts["ApproximateNumberOfMessagesNotVisible"]] == ["40", "0"]

    held = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=60)["Messages"]
    taken = advent("audit")
    assert f"{len(held)} not seen in the log, 0 lost" in taken.stdout
    assert f"{len(held)} dead letters are in flight" in taken.stderr
    for each in held:
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"], VisibilityTimeout=0)

    assert advent("replay").stdout == "40 to sns_logger\n"
    Waiter().until(lambda: not app.audit("lost"), "waiting for the redelivered messages", within=60)
    assert advent("audit").stdout == "500 messages, 2 subscribers: 1000 of 1000 delivered, 0 lost\n"


def check_twice(app: App, advent: Run, message_id: str) -> None:
    attributes = {"message_id": {"Type": "String", "Value": f"{message_id}/0"}}
    message = {"Message": "word", "MessageId": "id", "MessageAttributes": attributes}
    invoke(app.stack, "sns_logger", {"Records": [{"Sns": message}]})
    totals = "500 messages, 2 subscribers: 1000 of 1000 delivered, 1 twice, 0 lost"
    Waiter().until(lambda: advent("audit").stdout == f"{totals}\n", "waiting for the second run", within=60)
    first, row = advent("-v", "audit").stdout.splitlines()
    assert (first, row.split()[:2], message_id in row) == (totals, ["2", "times"], True)
