"""The subscription of a function to the topic: what makes it a consumer."""

import json
from dataclasses import dataclass
from typing import ClassVar

from advent_cli.aws import Aws
from advent_cli.aws_errors import found
from advent_cli.patience import Patience
from advent_cli.resource import Resource, Settings
from advent_cli.resources.topic import subscriptions

MISSING = ("NotFound", "NotFoundException")


@dataclass(frozen=True)
class Subscription(Resource):
    """The delivery of every message on the topic to one function; the name is the function's."""

    kind: ClassVar[str] = "subscription"
    rights: ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("sns:ListSubscriptionsByTopic",),
        "create": ("sns:Subscribe",),
    }
    rights_anywhere: ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("sns:GetSubscriptionAttributes",),
        "update": ("sns:SetSubscriptionAttributes",),
        "delete": ("sns:Unsubscribe",),
    }
    aws: Aws
    name: str
    topic_arn: str
    function_arn: str
    queue_arn: str = ""
    host: str | None = None

    def scope(self) -> list[str]:
        return [self.topic_arn]

    def want(self) -> Settings:
        return {
            "topic": self.topic_arn,
            "endpoint": self.function_arn,
            "filter": None,
            "raw": "false",
            "dead_letters": self.queue_arn,
        }

    def read(self) -> Settings | None:
        arn = self._find()
        call = self.aws.client("sns").get_subscription_attributes
        answer = found(call, *MISSING, SubscriptionArn=arn) if arn else None
        if answer is None:
            return None
        attributes = answer["Attributes"]
        return {
            "topic": attributes["TopicArn"],
            "endpoint": attributes["Endpoint"],
            "filter": json.loads(attributes.get("FilterPolicy", "{}")) or None,  # SNS says {} where one was taken off
            "raw": attributes.get("RawMessageDelivery", "false"),
            "dead_letters": json.loads(attributes.get("RedrivePolicy") or "{}").get("deadLetterTargetArn"),
        }

    def create(self, wait: Patience) -> None:
        # If there is one already with other attributes, SNS says so (InvalidParameter), and `update` is next.
        self.aws.client("sns").subscribe(
            TopicArn=self.topic_arn,
            Protocol="lambda",
            Endpoint=self.function_arn,
            Attributes={"RedrivePolicy": self._redrive()},
            ReturnSubscriptionArn=True,
        )

    def update(self, now: Settings, wait: Patience) -> None:
        call, arn = self.aws.client("sns").set_subscription_attributes, self._find()
        if now["filter"] is not None:
            call(SubscriptionArn=arn, AttributeName="FilterPolicy", AttributeValue="{}")
        if now["raw"] != "false":
            call(SubscriptionArn=arn, AttributeName="RawMessageDelivery", AttributeValue="false")
        if now["dead_letters"] != self.queue_arn:
            call(SubscriptionArn=arn, AttributeName="RedrivePolicy", AttributeValue=self._redrive())

    def delete(self, wait: Patience) -> None:
        arn = self._find()
        if arn:
            self.aws.client("sns").unsubscribe(SubscriptionArn=arn)  # no error if it is gone

    def _redrive(self) -> str:
        return json.dumps({"deadLetterTargetArn": self.queue_arn})

    def _find(self) -> str | None:
        for item in subscriptions(self.aws, self.topic_arn):
            # An unconfirmed or deleted one has a word where others have their ARN.
            if item["Endpoint"] == self.function_arn and item["SubscriptionArn"].startswith("arn:"):
                return str(item["SubscriptionArn"])
        return None
