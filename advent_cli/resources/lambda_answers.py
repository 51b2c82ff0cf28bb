"""What Lambda answers about a function, understood: what it is set to, who may call it, and whether it is ready."""

import json
from functools import partial
from typing import Any

from advent_cli.aws.account import Aws
from advent_cli.aws.aws_errors import get_or_none
from advent_cli.aws.calls import Call, Line, Until
from advent_cli.aws.retry import Transient, Waiter
from advent_cli.errors import AdventError

READY, BUSY, FAILED, UPDATE_FAILED = "ready", "busy", "failed", "last update failed"
ROLE_IS_NEW = "IAM has not told Lambda about the role yet"
RACES = (
    Transient("InvalidParameterValueException", "cannot be assumed by Lambda", ROLE_IS_NEW),
    Transient("InvalidParameterValueException", "execution role does not have permissions", ROLE_IS_NEW),
    Transient("InvalidParameterValueException", "destination ARN", "Lambda does not know the queue yet"),
    Transient("InvalidParameterValueException", "KMS key is invalid for CreateGrant", ROLE_IS_NEW),
    Transient("ResourceConflictException", "update is in progress", "Lambda is still busy with the function"),
    Transient("ResourceConflictException", "following state: Pending", "Lambda is still making the function"),
    Transient("ResourceConflictException", "concurrent update operation", "Lambda is still busy with the function"),
)


def described(aws: Aws, name: str) -> dict[str, Any] | None:
    """What GetFunction answers about a function, or None."""
    call = partial(aws.client("lambda").get_function, FunctionName=name)
    answer: dict[str, Any] | None = aws.cached(
        ("function", name), lambda: get_or_none(call, "ResourceNotFoundException")
    )
    return answer


def statements(aws: Aws, name: str) -> dict[str, dict[str, Any]]:
    """The statements of a function's resource policy by their ids; none if there is no policy or no function."""
    call = partial(aws.client("lambda").get_policy, FunctionName=name)
    answer = aws.cached(("policy", name), lambda: get_or_none(call, "ResourceNotFoundException"))
    policy = json.loads(answer["Policy"]) if answer else {"Statement": []}
    return {statement.get("Sid", ""): statement for statement in policy["Statement"]}


def variables(configuration: dict[str, Any]) -> dict[str, str]:
    """The environment variables in an answer of Lambda; raises AdventError where we may not see them."""
    environment = configuration.get("Environment", {})  # the key is missing where there are none
    if "Error" in environment:
        raise AdventError(
            f"AWS does not show us the variables of {configuration['FunctionName']}",
            why=environment["Error"].get("Message", ""),
        )
    return dict(environment.get("Variables", {}))


def state(configuration: dict[str, Any]) -> str:
    """Whether the function can be called; see "Lambda function states" in the Lambda developer guide."""
    now, last = configuration.get("State", "Active"), configuration.get("LastUpdateStatus", "Successful")
    if now == "Failed":
        return FAILED
    if last == "Failed":
        return UPDATE_FAILED
    # Inactive: not called for weeks; the next call wakes it.
    return READY if now in ("Active", "Inactive") and last == "Successful" else BUSY


def wait_until_ready(aws: Aws, name: str, answer: dict[str, Any], waiter: Waiter) -> None:
    """Return when Lambda has made, or changed, the function; raises AdventError if Lambda gave up on it.

    `answer` is what Lambda said to the call that made or changed it, which may already say that it is done.
    """
    now: dict[str, Any] = {}

    def settled() -> bool:
        said = "State" in answer and not now
        now.update(answer if said else aws.client("lambda").get_function_configuration(FunctionName=name))
        return state(now) != BUSY

    waiter.until(settled, "Lambda is setting up the function")
    if state(now) != READY:
        why = now.get("StateReason") or now.get("LastUpdateStatusReason") or ""
        raise AdventError(f"Lambda could not set up {name}", why=why, hint="see the cause, and run `advent up` again")


def carry_out(aws: Aws, name: str, lines: list[Line], waiter: Waiter) -> None:
    """Send the calls about a function one after the other, and wait where it says so; the rest is for people."""
    answer: dict[str, Any] = {}
    for line in lines:
        if isinstance(line, Call):
            answer = waiter.retry(line.on(aws), *RACES)
        elif isinstance(line, Until):
            wait_until_ready(aws, name, answer, waiter)


def tags(answer: dict[str, Any]) -> dict[str, str]:
    """The tags in an answer of GetFunction, which succeeds even if we may not see them."""
    if "TagsError" in answer:
        raise AdventError(
            f"AWS does not show us the tags of {answer['Configuration']['FunctionName']}",
            why=answer["TagsError"].get("Message", ""),
            hint="ask for the permission lambda:ListTags",
        )
    return dict(answer.get("Tags", {}))
