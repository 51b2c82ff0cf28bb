"""Audits the deliveries of messages: reads the functions' logs and the dead letters, and judges what became of each."""

import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from advent_cli.aws.account import in_parallel
from advent_cli.messages import log_reader, redeliver
from advent_cli.messages.deliveries import SKEW, Announcement, Delivery, Fate, Readings, announcements, deliveries
from advent_cli.messages.invocations import invocations
from advent_cli.messages.redeliver import BATCH, HIDDEN
from advent_cli.resources.log_group import LogGroup
from advent_cli.stack.build import Stack

SECOND_LOOK, LOCAL_SECOND_LOOK = log_reader.LAG, 2.0  # seconds


@dataclass(frozen=True)
class Audit:
    """The messages from `since` to `until` (seconds since 1970), their deliveries, and what the logs lack."""

    since: float
    until: float
    messages: list[Announcement]
    deliveries: list[Delivery]
    notes: list[str]

    @property
    def lost(self) -> list[Delivery]:
        """The deliveries that are lost."""
        return [each for each in self.deliveries if each.fate is Fate.LOST]

    @property
    def summary(self) -> dict[str, int]:
        """The number of messages, subscribers and deliveries, of those that came more than once, and of each fate."""
        fates = Counter(each.fate for each in self.deliveries)
        return {
            "messages": len(self.messages),
            "subscribers": len({each.subscriber for each in self.deliveries}),
            "deliveries": len(self.deliveries),
            "twice": sum(len(each.times) > 1 for each in self.deliveries),
            **{fate.name.lower(): fates[fate] for fate in Fate},
        }


def audit(
    stack: Stack, since: float, sleep: Callable[[float], None] = time.sleep, clock: Callable[[], float] = time.time
) -> Audit:
    """The audit of the messages published from `since` on.

    What seems lost is looked at twice: just after `advent replay` a message is in neither the queue nor a log.
    """
    if (found := _audit(stack, since, clock())).lost:
        sleep(LOCAL_SECOND_LOOK if stack.aws.endpoint else SECOND_LOOK)
        found = _audit(stack, since, clock())
    return found


def _audit(stack: Stack, since: float, now: float) -> Audit:
    functions = stack.config.functions
    names = [name for name, function in functions.items() if function.publishes or function.subscribes]
    groups = [each for each in stack.resources.values() if isinstance(each, LogGroup)]
    groups = [each for each in groups if each.function in names]
    reads = [lambda name=name: invocations(log_reader.read(stack.aws, name, since - SKEW)) for name in names]
    (dead, hidden), begins, runs = in_parallel(
        lambda: peek(stack),
        lambda: in_parallel(*[partial(each.begins, now) for each in groups]),
        lambda: in_parallel(*reads, at_once=log_reader.at_once(stack.aws)),
    )
    runs = dict(zip(names, runs, strict=True))
    begins = {each.function: at for each, at in zip(groups, begins, strict=True)}
    read = Readings(since, now, runs, begins, dead, hidden, is_local=stack.aws.endpoint is not None)
    sent = announcements(stack.config, read)
    return Audit(since, now, sent, deliveries(stack.config, sent, read), [*_notes(stack, read)])


def _notes(stack: Stack, read: Readings) -> Iterator[str]:
    for name, function in stack.config.functions.items():
        if read.begins.get(name) == math.inf:
            yield f"{name} has no log group, so its messages are not audited: `advent up` creates it"
        runs = [run for run in read.runs.get(name, []) if not run.error]
        if function.publishes and runs and all(run.published is None for run in runs):
            yield f"{name} logs no ids of messages that it published (`published`), so these are not audited"
        if function.subscribes and runs and not any(run.message_ids for run in runs):
            yield f"{name} logs no ids of messages (`message_id`), so what it has is not known"
    if read.hidden:
        yield f"{read.hidden} dead letters are in flight and reappear within {HIDDEN} s: audit again then"


def peek(stack: Stack) -> tuple[dict[str, set[str]], int]:
    """The ids of the messages in the dead letters, by target, and about how many letters somebody else is receiving.

    The letters stay in the queue, and are visible to others again as soon as all are read.
    """
    targets, depth, held = redeliver.find_targets(stack), stack.queue.depth(), dict[str, dict[str, Any]]()
    try:
        while messages := redeliver.receive(stack).get("Messages"):
            before = len(held)
            held |= {each["MessageId"]: each for each in messages}
            if len(held) == before:
                break  # the first ones are visible again
    finally:
        _release(stack, [each["ReceiptHandle"] for each in held.values()])
    found: dict[str, set[str]] = defaultdict(set)
    for letter in (redeliver.parse(each["Body"], targets) for each in held.values()):
        found[letter.target or ""] |= {*_ids(letter.payload)}
    return found, max(0, depth - len(held))


def _release(stack: Stack, handles: list[str]) -> None:
    call = partial(stack.aws.client("sqs").change_message_visibility_batch, QueueUrl=stack.queue.url)
    entries = [{"Id": str(n), "ReceiptHandle": handle, "VisibilityTimeout": 0} for n, handle in enumerate(handles)]
    in_parallel(*[partial(call, Entries=entries[n : n + BATCH]) for n in range(0, len(entries), BATCH)])


def _ids(payload: dict[str, Any]) -> Iterator[str]:
    """The ids of the message; anyone may have written the letter, so its payload may have any shape."""
    with suppress(KeyError, TypeError):
        yield str(payload["MessageAttributes"]["message_id"]["StringValue"])
    with suppress(KeyError, TypeError):
        for record in payload["Records"]:
            yield str(record["Sns"]["MessageId"])
            yield str(record["Sns"]["MessageAttributes"]["message_id"]["Value"])
