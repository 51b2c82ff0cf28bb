"""Where a message goes when its consumer has failed on every try: Lambda > Add destination > On failure."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from advent_cli.aws.account import Aws
from advent_cli.aws.aws_errors import get_or_none
from advent_cli.aws.calls import Call, Line
from advent_cli.aws.retry import Waiter
from advent_cli.resources.aws_lambda import TRANSIENTS, retry
from advent_cli.resources.base import Resource, Settings
from advent_cli.resources.given_role import GivenRole

RETRIES = 2  # after the first try; Lambda allows no more
LONGEST_WAIT = 480  # seconds; less than the ten minutes for which the handlers recognize a retry by its token


@dataclass(frozen=True)
class Destination(Resource):
    """What Lambda does with failed asynchronous invocations of the function `name`."""

    kind: ClassVar[str] = "destination"
    actions: ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("lambda:GetFunctionEventInvokeConfig",),
        "create": ("lambda:PutFunctionEventInvokeConfig",),
        "update": ("lambda:PutFunctionEventInvokeConfig",),
        "delete": ("lambda:DeleteFunctionEventInvokeConfig",),
    }
    console: ClassVar[dict[str, str]] = {
        "create": "Lambda > Functions > {it.name} > Add destination > On failure",
        "update": "Lambda > Functions > {it.name} > Configuration > Asynchronous invocation > Edit",
        "delete": "Lambda > Functions > {it.name} > Configuration > Destinations > Remove",
    }
    deleted_with_parent: ClassVar[bool] = True
    aws: Aws
    name: str
    queue_arn: str = ""
    parent: str | None = None
    given_role: GivenRole | None = None

    def scope(self) -> list[str]:
        return [self.aws.arn("lambda", f"function:{self.name}")]

    def want(self) -> Settings:
        return {"on_failure": self.queue_arn, "retries": RETRIES, "longest_wait": LONGEST_WAIT}

    def read(self) -> Settings | None:
        call = self.aws.client("lambda").get_function_event_invoke_config
        answer = get_or_none(call, "ResourceNotFoundException", FunctionName=self.name)
        if answer is None:
            return None
        return {
            "on_failure": answer.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination"),
            "retries": answer.get("MaximumRetryAttempts", 2),
            "longest_wait": answer.get("MaximumEventAgeInSeconds", 21600),
        }

    def create(self, waiter: Waiter) -> None:
        retry(self._creation().on(self.aws), waiter, self.given_role)

    def update(self, now: Settings, waiter: Waiter) -> None:
        self.create(waiter)

    def delete(self, waiter: Waiter) -> None:
        waiter.retry(partial(get_or_none, self._deletion().on(self.aws), "ResourceNotFoundException"), *TRANSIENTS)

    def to_create(self) -> list[Line]:
        return [self._creation()]

    def to_update(self, now: Settings) -> list[Line]:
        return self.to_create()

    def to_delete(self) -> list[Line]:
        return [self._deletion()]

    def _creation(self) -> Call:
        settings = {
            "FunctionName": self.name,
            "MaximumRetryAttempts": RETRIES,
            "MaximumEventAgeInSeconds": LONGEST_WAIT,
            "DestinationConfig": {"OnFailure": {"Destination": self.queue_arn}},
        }
        retry = not self.aws.endpoint  # right after CreateQueue and PutRolePolicy Lambda refuses it: amplify-js #9869
        return Call("lambda", "put_function_event_invoke_config", settings, retry=retry)

    def _deletion(self) -> Call:
        return Call("lambda", "delete_function_event_invoke_config", {"FunctionName": self.name})
