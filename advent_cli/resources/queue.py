"""The SQS dead-letter queue, which keeps undeliverable messages until `advent replay`."""

import json
from dataclasses import dataclass
from typing import Any, ClassVar

from advent_cli.aws.account import Aws
from advent_cli.aws.aws_errors import get_or_none
from advent_cli.aws.calls import Call, Line
from advent_cli.aws.partitions import domain
from advent_cli.aws.retry import Transient, Waiter
from advent_cli.resources.base import Lingering, Resource, Settings

MISSING = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
JUST_DELETED = "SQS creates a queue only a minute after one of the same name was deleted"
TRANSIENTS = (
    Transient("AWS.SimpleQueueService.QueueDeletedRecently", "", JUST_DELETED),
    Transient("QueueDeletedRecently", "", JUST_DELETED),
)
TWO_WEEKS = 14 * 24 * 3600  # seconds, the longest that SQS keeps a message


@dataclass(frozen=True)
class Queue(Resource):
    """A standard queue with the longest retention that SQS allows; `topic_arns` are the topics that may send to it."""

    kind: ClassVar[str] = "queue"
    actions: ClassVar[dict[str, tuple[str, ...]]] = {
        "read": (
            "sqs:GetQueueAttributes",
            "sqs:ListQueueTags",
        ),
        "create": (
            "sqs:CreateQueue",
            "sqs:TagQueue",
        ),
        "update": ("sqs:SetQueueAttributes",),
        "delete": ("sqs:DeleteQueue",),
    }
    console: ClassVar[dict[str, str]] = {
        "create": "SQS > Queues > Create queue",
        "update": "SQS > Queues > {it.name} > Edit",
        "delete": "SQS > Queues > {it.name} > Delete",
    }
    # "The deletion process takes up to 60 seconds. Requests [...] during the 60 seconds might succeed": DeleteQueue in
    # botocore's model of SQS. Answers alternate: Terraform's provider asks for 15 absences in a row (waitQueueDeleted).
    lingers: ClassVar[Lingering] = Lingering(60, "SQS may still be deleting this queue")
    aws: Aws
    name: str
    topic_arns: tuple[str, ...] = ()

    @property
    def arn(self) -> str:
        """The queue's ARN, known before the queue exists."""
        return self.aws.arn("sqs", self.name)

    @property
    def url(self) -> str:
        """The queue's URL, which SQS builds from region, account and name."""
        partition, account = self.arn.split(":")[1], self.arn.split(":")[4]
        return f"https://sqs.{self.aws.region}.{domain(partition)}/{account}/{self.name}"

    def scope(self) -> list[str]:
        return [self.arn]

    def want(self) -> Settings:
        arns: Any = self.topic_arns[0] if len(self.topic_arns) == 1 else sorted(self.topic_arns)
        from_topics = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": self.arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": arns}},
        }
        policy = {"Version": "2012-10-17", "Statement": [from_topics]} if self.topic_arns else None
        return {"keeps_seconds": TWO_WEEKS, "policy": policy}

    def read(self) -> Settings | None:
        attributes = self._attributes()
        if attributes is None:
            return None
        tags = get_or_none(self.aws.client("sqs").list_queue_tags, *MISSING, QueueUrl=self.url)
        if tags is None:  # gone between the two calls
            return None
        self.require_owned(tags.get("Tags"), self.arn)
        return {
            "keeps_seconds": int(attributes["MessageRetentionPeriod"]),
            "policy": _with_sorted_topics(json.loads(attributes.get("Policy") or "null")),
        }

    def depth(self) -> int:
        """The approximate number of messages in the queue, including those that are being received right now."""
        attributes = self._attributes() or {}
        names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        return sum(int(attributes.get(name, 0)) for name in names)

    def adopt(self) -> None:
        self.aws.client("sqs").tag_queue(QueueUrl=self.url, Tags=self.aws.owner_tag)

    def create(self, waiter: Waiter) -> None:
        waiter.retry(self._creation().on(self.aws), *TRANSIENTS, within=90)

    def update(self, now: Settings, waiter: Waiter) -> None:
        self._change().on(self.aws)()

    def delete(self, waiter: Waiter) -> None:
        get_or_none(self._deletion().on(self.aws), *MISSING)

    def to_create(self) -> list[Line]:
        return [self._creation()]

    def to_update(self, now: Settings) -> list[Line]:
        return [self._change()]

    def to_delete(self) -> list[Line]:
        return [self._deletion()]

    def _creation(self) -> Call:
        attributes = {name: value for name, value in self._settings().items() if value}
        params = {"QueueName": self.name, "Attributes": attributes, "tags": self.aws.owner_tag}
        return Call("sqs", "create_queue", params)

    def _change(self) -> Call:
        return Call("sqs", "set_queue_attributes", {"QueueUrl": self.url, "Attributes": self._settings()})

    def _deletion(self) -> Call:
        return Call("sqs", "delete_queue", {"QueueUrl": self.url})

    def _settings(self) -> dict[str, str]:
        want = self.want()
        policy = json.dumps(want["policy"]) if want["policy"] else ""  # an empty policy removes the current one
        return {"MessageRetentionPeriod": str(want["keeps_seconds"]), "Policy": policy}

    def _attributes(self) -> dict[str, Any] | None:
        answer: dict[str, Any] | None = self.aws.cached(("queue", self.name), self._fetch)
        return answer

    def _fetch(self) -> dict[str, Any] | None:
        call = self.aws.client("sqs").get_queue_attributes
        answer = get_or_none(call, *MISSING, QueueUrl=self.url, AttributeNames=["All"])
        return answer["Attributes"] if answer else None


def _with_sorted_topics(policy: Any) -> Any:
    """The policy with its topics sorted, because SQS may return them in another order."""
    for statement in policy["Statement"] if isinstance(policy, dict) else ():
        test = statement.get("Condition", {}).get("ArnEquals", {})
        if isinstance(arns := test.get("aws:SourceArn"), list):
            test["aws:SourceArn"] = sorted(arns) if len(arns) > 1 else arns[0]
    return policy
