"""Posts from many clients at once, delivers every tenth message twice, and checks that the counts are exact.

Run with `python -m benchmarks.load [MESSAGES]`. The engine never delivers twice, so a queue also collects the messages,
and the consumer is invoked again with some of them, as SNS would.
"""

import json
import random
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from advent_cli.aws.retry import Waiter
from advent_cli.deploy import apply
from advent_cli.deploy.executor import Interrupt
from advent_cli.deploy.inspection import inspect
from advent_cli.messages import post, slack_post
from advent_cli.stack.build import Stack
from advent_cli.words import counts
from benchmarks import engine

CLIENTS = 16
WORDS = [f"word{n}" for n in range(50)]


def main() -> None:
    """Send the messages, wait until all are counted, and compare."""
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    rng = random.Random(1)  # noqa: S311 (reproducible messages)
    texts = [f"awsadvent {' '.join(rng.choices(WORDS, k=rng.randint(1, 5)))}" for _ in range(messages)]
    expected = {word: 11 * times for word, times in Counter(" ".join(texts).split()).items()}
    with engine.running() as local:
        stack = engine.tutorial(local)
        inspection = inspect(stack)
        apply.up(inspection, inspection.steps_up(), lambda _: None, Interrupt())
        collected = collect(stack)
        url = stack.url or ""
        began = time.perf_counter()
        with ThreadPoolExecutor(CLIENTS) as pool:
            replies = list(pool.map(lambda text: send(url, stack, text), texts))
        posted = time.perf_counter() - began
        twice = deliver_again(stack, collected, every=10)
        print(f"{messages} messages from {CLIENTS} clients: {messages / posted:.1f} a second, {twice} delivered twice")
        Waiter().until(lambda: dict(counts.scan(stack.table)) == expected, "all messages are counted", within=120)
        Waiter().until(lambda: stack.queue.depth() == 0, "no dead letters", within=5)
        time.sleep(5)  # surplus counts might arrive late
        bad = sum(" = " not in reply or "not" in reply for reply in replies)
        exact = dict(counts.scan(stack.table)) == expected
        print(f"{sum(expected.values())} counted in {len(expected)} words, exact: {exact}; failed replies: {bad}")
        sys.exit(0 if exact and not bad else 1)


def send(url: str, stack: Stack, text: str) -> str:
    """Post one message."""
    return post.post(url, slack_post.build_request(text, stack.config.slack, None), Waiter()).text


def collect(stack: Stack) -> str:
    """Create a queue that gets every message of the topic; returns its URL."""
    sqs = stack.aws.client("sqs")
    url: str = sqs.create_queue(QueueName="collected")["QueueUrl"]
    arn = stack.aws.arn("sqs", "collected")
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    stack.aws.client("sns").subscribe(TopicArn=stack.topics["awsadvent"].arn, Protocol="sqs", Endpoint=arn)
    return url


def deliver_again(stack: Stack, queue: str, every: int) -> int:
    """Deliver each `every`th message again to the counting consumer; returns how many."""
    sqs, functions = stack.aws.client("sqs"), stack.aws.client("lambda")
    seen = twice = 0
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
        for message in messages:
            seen += 1
            if seen % every == 0:
                twice += 1
                event: dict[str, Any] = {"Records": [{"EventSource": "aws:sns", "Sns": json.loads(message["Body"])}]}
                payload = json.dumps(event).encode()
                functions.invoke(FunctionName="sns_multiplier", InvocationType="Event", Payload=payload)
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return twice


if __name__ == "__main__":
    main()
