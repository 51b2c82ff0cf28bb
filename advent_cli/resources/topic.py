"""An SNS topic: the broker between function 1 and its consumers."""

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from advent_cli.aws.account import Aws, in_parallel
from advent_cli.aws.aws_errors import get_or_none
from advent_cli.aws.calls import Call, Line
from advent_cli.aws.retry import Transient, Waiter
from advent_cli.resources.base import Resource, Settings

TRANSIENTS = (
    Transient("StaleTag", "", "SNS still remembers the tags of the old topic"),
    Transient("StaleTagException", "", "SNS still remembers the tags of the old topic"),
    Transient("ConcurrentAccess", "", "SNS is busy with the topic's tags"),
    Transient("ConcurrentAccessException", "", "SNS is busy with the topic's tags"),
)
LONGEST_DISPLAY_NAME = 100  # characters


@dataclass(frozen=True)
class Topic(Resource):
    """A standard topic with the default policy of SNS: only this account may publish and subscribe."""

    kind: ClassVar[str] = "topic"
    actions: ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("sns:GetTopicAttributes", "sns:ListTagsForResource"),
        "create": (
            "sns:CreateTopic",
            "sns:TagResource",
        ),
        "update": ("sns:SetTopicAttributes",),
        "delete": (
            "sns:DeleteTopic",
            "sns:ListSubscriptionsByTopic",
        ),
    }
    unscoped_actions: ClassVar[dict[str, tuple[str, ...]]] = {
        "delete": ("sns:Unsubscribe",),
    }
    console: ClassVar[dict[str, str]] = {
        "create": "SNS > Topics > Create topic",
        "update": "SNS > Topics > {it.name} > Edit",
        "delete": "SNS > Topics > {it.name} > Delete",
    }
    aws: Aws
    name: str

    @property
    def arn(self) -> str:
        """The topic's ARN, known before the topic exists."""
        return self.aws.arn("sns", self.name)

    def scope(self) -> list[str]:
        return [self.arn]

    def want(self) -> Settings:
        return {"display_name": self.name[:LONGEST_DISPLAY_NAME]}

    def read(self) -> Settings | None:
        answer, tags = self.aws.cached(("topic", self.name), self._describe)
        if answer is None or tags is None:
            return None
        self.require_owned(tags["Tags"], self.arn)
        return {"display_name": answer["Attributes"].get("DisplayName", "")}

    def adopt(self) -> None:
        self.aws.client("sns").tag_resource(ResourceArn=self.arn, Tags=self.aws.owner_tags)

    def create(self, waiter: Waiter) -> None:
        waiter.retry(self._creation().on(self.aws), *TRANSIENTS)

    def update(self, now: Settings, waiter: Waiter) -> None:
        self._change().on(self.aws)()

    def delete(self, waiter: Waiter) -> None:
        *unsubscriptions, deletion = self._deletions()
        in_parallel(*[partial(self._send, call, waiter) for call in unsubscriptions])
        self._send(deletion, waiter)

    def to_create(self) -> list[Line]:
        return [self._creation()]

    def to_update(self, now: Settings) -> list[Line]:
        return [self._change()]

    def to_delete(self) -> list[Line]:
        return [*self._deletions()]

    def _creation(self) -> Call:
        attributes = {"DisplayName": self.want()["display_name"]}
        return Call("sns", "create_topic", {"Name": self.name, "Attributes": attributes, "Tags": self.aws.owner_tags})

    def _change(self) -> Call:
        name = self.want()["display_name"]
        params = {"TopicArn": self.arn, "AttributeName": "DisplayName", "AttributeValue": name}
        return Call("sns", "set_topic_attributes", params)

    def _deletions(self) -> list[Call]:
        # The subscriptions of a deleted topic stay listed under its ARN for hours, so delete them first.
        functions = [s for s in subscriptions(self.aws, self.arn) if s["Protocol"] == "lambda"]
        arns = [s["SubscriptionArn"] for s in functions if s["SubscriptionArn"].startswith("arn:")]
        first = [Call("sns", "unsubscribe", {"SubscriptionArn": arn}) for arn in arns]
        return [*first, Call("sns", "delete_topic", {"TopicArn": self.arn})]

    def _send(self, call: Call, waiter: Waiter) -> None:
        waiter.retry(partial(get_or_none, call.on(self.aws), "NotFound", "NotFoundException"), *TRANSIENTS)

    def _describe(self) -> list[dict[str, Any] | None]:
        """The answers with the attributes and the tags; None for each that does not exist."""
        sns = self.aws.client("sns")
        missing = ("NotFound", "NotFoundException", "ResourceNotFound", "ResourceNotFoundException")
        return in_parallel(
            lambda: get_or_none(sns.get_topic_attributes, *missing, TopicArn=self.arn),
            lambda: get_or_none(sns.list_tags_for_resource, *missing, ResourceArn=self.arn),
        )


def subscriptions(aws: Aws, topic_arn: str) -> list[dict[str, Any]]:
    """All subscriptions of a topic, as ListSubscriptionsByTopic describes them; none if the topic is gone."""
    pages = aws.client("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic_arn)
    listed = aws.cached(
        ("subscriptions", topic_arn), lambda: get_or_none(lambda: list(pages), "NotFound", "NotFoundException")
    )
    return [item for page in listed or [] for item in page["Subscriptions"]]
