"""A `meet` of the proxy that deletes a queue as slowly as SQS does."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from advent_cli.local.lifecycle import Engine
from tests.support import stacks
from tests.support.proxy import Handler, pass_on, refuse

LOOKS = ("sqs:GetQueueAttributes", "sqs:CreateQueue")
GONE = ("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")
RECENTLY = (
    "AWS.SimpleQueueService.QueueDeletedRecently",
    "You must wait 60 seconds after deleting a queue before you can create another with the same name.",
)


@dataclass
class DyingQueue:
    """After DeleteQueue three of four looks, or all but those that `misses`, see the queue; after `looks` it is gone.

    "The deletion process takes up to 60 seconds. Requests you send involving that queue during the 60 seconds might
    succeed [...] you must wait at least 60 seconds before creating a queue with the same name": DeleteQueue in
    botocore's model of SQS. Answers alternate: Terraform's provider waits for 15 absences in a row (waitQueueDeleted).
    """

    looks: int
    misses: Callable[[int], bool] = lambda number: number % 4 == 0
    seen: int = 0
    names: set[str] = field(default_factory=set)

    def meet(self, name: str, handler: Handler, body: bytes) -> None:
        """Pass a call on, unless it is about a queue that is being deleted."""
        if name == "sqs:DeleteQueue":
            self.names.add(_queue(body))
            return handler.answer(200, {"Content-Type": "application/x-amz-json-1.0"}, b"{}")
        if not self.names or name not in LOOKS:
            return pass_on(handler, body)
        self.seen += 1
        if self.seen > self.looks:
            self.end(handler.server.proxy.engine)
            return pass_on(handler, body)
        if name == "sqs:CreateQueue":
            return refuse(handler, 400, *RECENTLY)
        return refuse(handler, 400, *GONE) if self.misses(self.seen) else pass_on(handler, body)

    def end(self, engine: Engine) -> None:
        """The time is over: delete the queues in the engine too."""
        client = stacks.tutorial(engine).aws.client("sqs")
        while self.names:
            client.delete_queue(QueueUrl=client.get_queue_url(QueueName=self.names.pop())["QueueUrl"])


def _queue(body: bytes) -> str:
    return str(json.loads(body)["QueueUrl"].rsplit("/", 1)[1])
