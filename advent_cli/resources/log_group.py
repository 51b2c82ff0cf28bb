"""The CloudWatch log group of a function, created by advent rather than Lambda, with a retention and a tag."""

import math
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from advent_cli.aws.account import Aws
from advent_cli.aws.aws_errors import get_or_none
from advent_cli.aws.calls import Call, Line
from advent_cli.aws.retry import Transient, Waiter
from advent_cli.resources.base import Resource, Settings

GROUP_IS_BUSY = Transient("OperationAbortedException", "", "CloudWatch Logs is busy with the group")


@dataclass(frozen=True)
class LogGroup(Resource):
    """The log group that Lambda writes a function's output to: /aws/lambda/FUNCTION."""

    kind: ClassVar[str] = "log-group"
    actions: ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("logs:ListTagsForResource",),
        "create": (
            "logs:CreateLogGroup",
            "logs:TagResource",
            "logs:PutRetentionPolicy",
        ),
        "update": ("logs:PutRetentionPolicy",),
        "delete": ("logs:DeleteLogGroup",),
    }
    unscoped_actions: ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("logs:DescribeLogGroups",),
    }
    console: ClassVar[dict[str, str]] = {
        "create": "CloudWatch > Logs > Log groups > Create log group",
        "update": "CloudWatch > Logs > Log groups > {it.name} > Actions > Edit retention setting(s)",
        "delete": "CloudWatch > Logs > Log groups > {it.name} > Actions > Delete log group(s)",
    }
    aws: Aws
    name: str
    days: int = 0

    @property
    def function(self) -> str:
        """The name of the function whose output it has."""
        return self.name.rpartition("/")[2]

    @property
    def arn(self) -> str:
        """The group's ARN without the trailing `:*`, as the tag calls expect it."""
        return self.aws.arn("logs", f"log-group:{self.name}")

    def scope(self) -> list[str]:
        return [self.arn, *self.events_scope()]

    def read_scope(self) -> list[str]:
        return [self.arn]

    def events_scope(self) -> list[str]:
        """The ARNs on which reading the events in the group is judged."""
        return [f"{self.arn}:*"]

    def want(self) -> Settings:
        return {"retention_days": self.days}

    def read(self) -> Settings | None:
        group, logs = self._find(), self.aws.client("logs")
        if group is None:
            return None
        answer = get_or_none(logs.list_tags_for_resource, "ResourceNotFoundException", resourceArn=self.arn)
        if answer is None:  # gone between the two calls
            return None
        self.require_owned(answer["tags"], self.arn, f"created {datetime.fromtimestamp(group['creationTime'] / 1000)}")
        return {"retention_days": group.get("retentionInDays", "for ever")}

    def begins(self, now: float) -> float:
        """The time before which the group has no events, in seconds since 1970; infinite if there is no group.

        It is when the group was created, or as long ago as it keeps events.
        """
        group = self._find()
        if group is None:
            return math.inf
        created, days = float(group["creationTime"]) / 1000, float(group.get("retentionInDays", math.inf))
        return max(created, now - days * 86400)

    def adopt(self) -> None:
        self.aws.client("logs").tag_resource(resourceArn=self.arn, tags=self.aws.owner_tag)

    def create(self, waiter: Waiter) -> None:
        for call in (self._creation(), self._change()):
            waiter.retry(call.on(self.aws), GROUP_IS_BUSY)

    def update(self, now: Settings, waiter: Waiter) -> None:
        waiter.retry(self._change().on(self.aws), GROUP_IS_BUSY)

    def delete(self, waiter: Waiter) -> None:
        waiter.retry(partial(get_or_none, self._deletion().on(self.aws), "ResourceNotFoundException"), GROUP_IS_BUSY)

    def to_create(self) -> list[Line]:
        return [self._creation(), self._change()]

    def to_update(self, now: Settings) -> list[Line]:
        return [self._change()]

    def to_delete(self) -> list[Line]:
        return [self._deletion()]

    def _find(self) -> dict[str, Any] | None:
        pages = self.aws.client("logs").get_paginator("describe_log_groups").paginate(logGroupNamePrefix=self.name)
        groups = (group for page in pages for group in page["logGroups"])
        return next((group for group in groups if group["logGroupName"] == self.name), None)

    def _creation(self) -> Call:
        return Call("logs", "create_log_group", {"logGroupName": self.name, "tags": self.aws.owner_tag})

    def _change(self) -> Call:
        return Call("logs", "put_retention_policy", {"logGroupName": self.name, "retentionInDays": self.days})

    def _deletion(self) -> Call:
        return Call("logs", "delete_log_group", {"logGroupName": self.name})
