"""The subscription of a function to a topic, which makes it a consumer."""

import json
from dataclasses import dataclass, field
from typing import Any, ClassVar

from advent_cli.aws.account import Aws
from advent_cli.aws.aws_errors import get_or_none
from advent_cli.aws.calls import Call, Line
from advent_cli.aws.retry import Waiter
from advent_cli.resources.base import Resource, Settings
from advent_cli.resources.topic import subscriptions

SCOPES = {"attributes": "MessageAttributes", "body": "MessageBody"}  # what a filter applies to: config.yaml -> SNS
MISSING = ("NotFound", "NotFoundException")


@dataclass(frozen=True)
class Subscription(Resource):
    """The delivery of a topic's messages to one function, as in `awsadvent to sns_logger`.

    `filters` are in the form of config.yaml; without any, every message is delivered.
    """

    kind: ClassVar[str] = "subscription"
    actions: ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("sns:ListSubscriptionsByTopic",),
        "create": ("sns:Subscribe",),
    }
    unscoped_actions: ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("sns:GetSubscriptionAttributes",),
        "update": ("sns:SetSubscriptionAttributes",),
        "delete": ("sns:Unsubscribe",),
    }
    console: ClassVar[dict[str, str]] = {
        "create": "SNS > Subscriptions > Create subscription",
        "update": "SNS > Subscriptions > {it.function_arn} > Edit",
        "delete": "SNS > Subscriptions > {it.function_arn} > Delete",
    }
    aws: Aws
    name: str
    topic_arn: str
    function_arn: str
    queue_arn: str = ""
    filters: dict[str, Any] = field(default_factory=dict)
    parent: str | None = None

    def scope(self) -> list[str]:
        return [self.topic_arn]

    def want(self) -> Settings:
        return {
            "topic": self.topic_arn,
            "endpoint": self.function_arn,
            "filter": self.filters or None,
            "raw": "false",
            "dead_letters": self.queue_arn,
        }

    def read(self) -> Settings | None:
        arn = self._find()
        call = self.aws.client("sns").get_subscription_attributes
        answer = get_or_none(call, *MISSING, SubscriptionArn=arn) if arn else None
        if answer is None:
            return None
        attributes = answer["Attributes"]
        return {
            "topic": attributes["TopicArn"],
            "endpoint": attributes["Endpoint"],
            "filter": _filters(attributes),
            "raw": attributes.get("RawMessageDelivery", "false"),
            "dead_letters": json.loads(attributes.get("RedrivePolicy") or "{}").get("deadLetterTargetArn"),
        }

    def create(self, waiter: Waiter) -> None:
        # For a subscription that exists with other attributes SNS answers InvalidParameter, and `update` is next.
        self._creation().on(self.aws)()

    def update(self, now: Settings, waiter: Waiter) -> None:
        for call in self._changes(now):
            call.on(self.aws)()

    def delete(self, waiter: Waiter) -> None:
        for call in self._deletions():
            call.on(self.aws)()  # no error if it is gone already

    def to_create(self) -> list[Line]:
        return [self._creation()]

    def to_update(self, now: Settings) -> list[Line]:
        return [*self._changes(now)]

    def to_delete(self) -> list[Line]:
        return [*self._deletions()]

    def _creation(self) -> Call:
        settings = {
            "TopicArn": self.topic_arn,
            "Protocol": "lambda",
            "Endpoint": self.function_arn,
            "Attributes": {"RedrivePolicy": self._redrive(), **self._policy()},
            "ReturnSubscriptionArn": True,
        }
        return Call("sns", "subscribe", settings)

    def _changes(self, now: Settings) -> list[Call]:
        """The calls that set attributes, in order, because SNS takes one attribute per call."""
        new: list[tuple[str, str]] = []
        if now["filter"] != (self.filters or None):
            if now["filter"] and now["filter"].keys() != self.filters.keys():
                # With a new scope, SNS validates the old policy in that scope; so clear the policy first.
                new.append(("FilterPolicy", "{}"))
            new += self._policy().items()
        if now["raw"] != "false":
            new.append(("RawMessageDelivery", "false"))
        if now["dead_letters"] != self.queue_arn:
            new.append(("RedrivePolicy", self._redrive()))
        which = {"SubscriptionArn": self._find()}
        attributes = [{"AttributeName": name, "AttributeValue": value} for name, value in new]
        return [Call("sns", "set_subscription_attributes", which | attribute) for attribute in attributes]

    def _deletions(self) -> list[Call]:
        arn = self._find()
        return [Call("sns", "unsubscribe", {"SubscriptionArn": arn})] if arn else []

    def _policy(self) -> dict[str, str]:
        """The attributes of the filter, in the order in which SNS accepts them."""
        for scope, policy in self.filters.items():
            return {"FilterPolicyScope": SCOPES[scope], "FilterPolicy": json.dumps(policy)}
        return {}

    def _redrive(self) -> str:
        return json.dumps({"deadLetterTargetArn": self.queue_arn})

    def _find(self) -> str | None:
        for item in subscriptions(self.aws, self.topic_arn):
            # An unconfirmed or deleted one has a word in place of the ARN.
            if item["Endpoint"] == self.function_arn and item["SubscriptionArn"].startswith("arn:"):
                return str(item["SubscriptionArn"])
        return None


def _filters(attributes: dict[str, str]) -> dict[str, Any] | None:
    """The filter of a subscription in the form of config.yaml; for a removed filter SNS returns {}."""
    policy = json.loads(attributes.get("FilterPolicy") or "{}")
    scope = attributes.get("FilterPolicyScope", SCOPES["attributes"])
    return {next((name for name, value in SCOPES.items() if value == scope), scope): policy} if policy else None
