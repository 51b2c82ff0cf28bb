"""The SNS topic, the broker between function 1 and its consumers."""

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from advent_cli.aws import Aws, together
from advent_cli.aws_errors import found
from advent_cli.calls import Call, Line
from advent_cli.errors import ForeignError
from advent_cli.patience import Patience, Race
from advent_cli.resource import Resource, Settings

TAGS_LAG = (
    Race("StaleTag", "", "SNS still remembers the tags of the old topic"),
    Race("StaleTagException", "", "SNS still remembers the tags of the old topic"),
    Race("ConcurrentAccess", "", "SNS is busy with the topic's tags"),
    Race("ConcurrentAccessException", "", "SNS is busy with the topic's tags"),
)
LONGEST_DISPLAY_NAME = 100  # characters


@dataclass(frozen=True)
class Topic(Resource):
    """A standard topic with SNS's own default policy: only this account publishes and subscribes."""

    kind: ClassVar[str] = "topic"
    rights: ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("sns:GetTopicAttributes",),
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
    rights_anywhere: ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("sns:ListTagsForResource",),
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
        """The topic's ARN, known before the topic is made."""
        return self.aws.arn("sns", self.name)

    def scope(self) -> list[str]:
        return [self.arn]

    def want(self) -> Settings:
        return {"display_name": self.name[:LONGEST_DISPLAY_NAME]}

    def read(self) -> Settings | None:
        answer, tags = self.aws.once(("topic", self.name), self._described)
        if answer is None or tags is None:
            return None
        if not self.aws.owns(tags["Tags"]):
            raise ForeignError(self.key, self.title, self.arn)
        return {"display_name": answer["Attributes"].get("DisplayName", "")}

    def adopt(self) -> None:
        self.aws.client("sns").tag_resource(ResourceArn=self.arn, Tags=self.aws.owner_tags)

    def create(self, wait: Patience) -> None:
        wait.retry(self._creation().on(self.aws), *TAGS_LAG)

    def update(self, now: Settings, wait: Patience) -> None:
        self._change().on(self.aws)()

    def delete(self, wait: Patience) -> None:
        *unsubscriptions, deletion = self._deletions()
        together(*[partial(self._send, call, wait) for call in unsubscriptions])
        self._send(deletion, wait)

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
        # Deleting a topic leaves its subscriptions behind, to be found for hours under its name.
        ours = [s for s in subscriptions(self.aws, self.arn) if s["Protocol"] == "lambda"]
        arns = [s["SubscriptionArn"] for s in ours if s["SubscriptionArn"].startswith("arn:")]
        first = [Call("sns", "unsubscribe", {"SubscriptionArn": arn}) for arn in arns]
        return [*first, Call("sns", "delete_topic", {"TopicArn": self.arn})]

    def _send(self, call: Call, wait: Patience) -> None:
        wait.retry(partial(found, call.on(self.aws), "NotFound", "NotFoundException"), *TAGS_LAG)

    def _described(self) -> list[dict[str, Any] | None]:
        """The attributes and the tags, None where there are none."""
        sns = self.aws.client("sns")
        missing = ("NotFound", "NotFoundException", "ResourceNotFound", "ResourceNotFoundException")
        return together(
            lambda: found(sns.get_topic_attributes, *missing, TopicArn=self.arn),
            lambda: found(sns.list_tags_for_resource, *missing, ResourceArn=self.arn),
        )


def subscriptions(aws: Aws, topic_arn: str) -> list[dict[str, Any]]:
    """All subscriptions of a topic, as ListSubscriptionsByTopic describes them; none if the topic is gone."""
    pages = aws.client("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic_arn)
    listed = aws.once(("subscriptions", topic_arn), lambda: found(lambda: list(pages), "NotFound", "NotFoundException"))
    return [item for page in listed or [] for item in page["Subscriptions"]]
