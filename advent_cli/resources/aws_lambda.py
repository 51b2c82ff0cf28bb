"""What the parts of a Lambda function share: reading Lambda's answers, retrying, and waiting for its states."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from advent_cli.aws.account import Aws
from advent_cli.aws.aws_errors import error_code, explain, get_or_none
from advent_cli.aws.calls import Call, Line, Until
from advent_cli.aws.retry import Transient, Waiter
from advent_cli.errors import AdventError
from advent_cli.resources.given_role import GivenRole

READY, BUSY, FAILED, UPDATE_FAILED = "ready", "busy", "failed", "last update failed"
ACTIVE = "function_active_v2"  # the waiter for a new function
PAUSE = 0.2  # seconds at most between two questions whether a new role or a function is ready: other steps wait for it
DELETING, DEACTIVATED, NOT_INVOCABLE = "being deleted", "deactivated", "not invocable"
BEYOND_REPAIR = {FAILED, DELETING, DEACTIVATED, NOT_INVOCABLE}
"""The states that no update ends: the function is deleted, if it is not gone by then, and created again."""
STATES = {  # Lambda's State -> what it means here; any other passes by itself, such as Pending and Deactivating
    "Active": READY,
    "Inactive": READY,  # idle for weeks; the next invocation activates it
    "Failed": FAILED,
    "Deleting": DELETING,
    "Deactivated": DEACTIVATED,
    "ActiveNonInvocable": NOT_INVOCABLE,
}
ACCEPTED = 202  # the status of a DeleteFunction that goes on in the background; with any other the function is gone
ROLE_IS_NEW = "IAM has not made the role known to Lambda yet"
CHECK_ROLE = (
    "check execution_role in config.yaml: the role must exist, its trust policy must allow lambda.amazonaws.com to "
    "assume it, and its permissions must include sqs:SendMessage on the dead-letter queue"
)
NEW_ROLE = (
    Transient("InvalidParameterValueException", "cannot be assumed by Lambda", ROLE_IS_NEW),
    Transient("InvalidParameterValueException", "execution role does not have permissions", ROLE_IS_NEW),
    Transient("InvalidParameterValueException", "does not refer to a valid principal", ROLE_IS_NEW),
)
ABOUT_ROLE = (*NEW_ROLE, Transient("InvalidParameterValueException", "cannot be found", ROLE_IS_NEW))
SETTLED_ROLE = (
    Transient("InvalidParameterValueException", "destination ARN", "Lambda does not know the queue yet"),
    Transient("ResourceConflictException", "update is in progress", "Lambda is still updating the function"),
    Transient("ResourceConflictException", "following state: Pending", "Lambda is still creating the function"),
    Transient("ResourceConflictException", "concurrent update operation", "Lambda is still updating the function"),
)
TRANSIENTS = (*NEW_ROLE, *SETTLED_ROLE)


def get_function(aws: Aws, name: str) -> dict[str, Any] | None:
    """The answer of GetFunction, or None if there is no such function."""

    def ask() -> dict[str, Any] | None:
        answer: dict[str, Any] | None = get_or_none(
            aws.client("lambda").get_function, "ResourceNotFoundException", FunctionName=name
        )
        return answer

    return aws.cached(("function", name), ask)


def policy_statements(aws: Aws, name: str) -> dict[str, dict[str, Any]]:
    """The statements of a function's resource policy by id; empty if there is no policy or no function."""
    call = partial(aws.client("lambda").get_policy, FunctionName=name)
    answer = aws.cached(("policy", name), lambda: get_or_none(call, "ResourceNotFoundException"))
    policy = json.loads(answer["Policy"]) if answer else {"Statement": []}
    return {statement.get("Sid", ""): statement for statement in policy["Statement"]}


def settings_of(answer: dict[str, Any]) -> dict[str, Any]:
    """The settings in an answer of GetFunction that need no interpretation, as config.yaml names them."""
    now = answer["Configuration"]
    return {
        "code": now["CodeSha256"],
        "handler": now.get("Handler"),
        "runtime": now.get("Runtime"),
        "architecture": ", ".join(now.get("Architectures", ["x86_64"])),
        "memory": now["MemorySize"],
        "timeout": now["Timeout"],
        "concurrency": answer.get("Concurrency", {}).get("ReservedConcurrentExecutions"),
    }


def tags_of(answer: dict[str, Any]) -> dict[str, str]:
    """The tags in an answer of GetFunction; raises AdventError if it hides them, as it may in a successful answer."""
    if "TagsError" in answer:
        raise AdventError(
            f"access denied: the tags of function {answer['Configuration']['FunctionName']}",
            why=answer["TagsError"].get("Message", ""),
            hint="ask an administrator for the permission lambda:ListTags",
        )
    return dict(answer.get("Tags", {}))


def variables_of(configuration: dict[str, Any]) -> dict[str, str]:
    """The environment variables in a function's configuration; raises AdventError if Lambda hides them."""
    environment = configuration.get("Environment", {})  # a function without variables has no such key
    if "Error" in environment:
        raise AdventError(
            f"access denied: the environment variables of function {configuration['FunctionName']}",
            why=environment["Error"].get("Message", ""),
        )
    return dict(environment.get("Variables", {}))


def state(configuration: dict[str, Any]) -> str:
    """Whether a function can be invoked; see "Lambda function states" in the Lambda developer guide.

    That guide says nothing of Deleting, Deactivating, Deactivated and ActiveNonInvocable; the State enum in botocore's
    model of Lambda has them.
    """
    now, last = STATES.get(configuration.get("State", "Active"), BUSY), configuration.get("LastUpdateStatus")
    if now in BEYOND_REPAIR:
        return now
    if last == "Failed":
        return UPDATE_FAILED
    return now if last in (None, "Successful") else BUSY


def wait_while_busy(aws: Aws, name: str, waiter: Waiter) -> None:
    """Return when Lambda has finished what it is doing to the function, with or without success, or has deleted it."""

    def is_idle() -> bool:
        return state((get_function(aws, name) or {}).get("Configuration", {})) not in (BUSY, DELETING)

    waiter.until(is_idle, "Lambda is still updating or deleting the function")


def wait_until_ready(aws: Aws, name: str, answer: dict[str, Any], waiter: Waiter) -> None:
    """Return when the function is created or updated; raises AdventError if that failed.

    `answer` is Lambda's answer to the call that created or updated it, which may already say that it is ready. Polls
    GetFunction, which has a quota of 100 calls a second; GetFunctionConfiguration shares 15 with the calls that change
    something ("Lambda quotas" in its developer guide).
    """
    now: dict[str, Any] = {}

    def settled() -> bool:
        use_answer = "State" in answer and not now
        now.update(answer if use_answer else aws.client("lambda").get_function(FunctionName=name)["Configuration"])
        return state(now) != BUSY

    waiter.until(settled, "Lambda is setting up the function", longest=PAUSE)
    if state(now) != READY:
        why = now.get("StateReason") or now.get("LastUpdateStatusReason") or ""
        raise AdventError(f"Lambda could not set up {name}", why=why, hint="fix the cause, then run `advent up` again")


def retry(call: Callable[[], Any], waiter: Waiter, role: object) -> Any:
    """The result of a call about a function, retried while Lambda is busy or does not know the function's new role.

    A given role is not new, so what Lambda has against it does not pass: raises AdventError at once.
    """
    if not isinstance(role, GivenRole):
        return waiter.retry(call, *TRANSIENTS, longest=PAUSE)
    try:
        return waiter.retry(call, *SETTLED_ROLE)
    except Exception as error:
        if not any(about_role.matches(error) for about_role in ABOUT_ROLE) or (explained := explain(error)) is None:
            raise
        explained.hint = CHECK_ROLE
        raise explained from error


def send_all(aws: Aws, name: str, lines: list[Line], waiter: Waiter, role: object) -> None:
    """Send the calls about a function in order and wait at each Until; other lines are for people only.

    A new function is Pending for some seconds. Until it is Active, Lambda accepts AddPermission and
    PutFunctionConcurrency, and SNS accepts Subscribe (validated snapshots of LocalStack's test_lambda_api). Lambda
    refuses Invoke, PublishVersion, DeleteFunction and updates ("Lambda function states" in the developer guide).
    """
    answer: dict[str, Any] = {}
    for line in lines:
        if isinstance(line, Call):
            answer = retry(line.on(aws), waiter, role)
        elif isinstance(line, Until):
            if line.waiter == ACTIVE:
                waiter.exists()
            wait_until_ready(aws, name, answer, waiter)


def send_deletion(aws: Aws, name: str, deletion: Call, waiter: Waiter) -> None:
    """Send DeleteFunction and return when the function is gone."""
    read = partial(aws.client("lambda").get_function, FunctionName=name)

    def send() -> dict[str, Any]:
        try:
            return get_or_none(deletion.on(aws), "ResourceNotFoundException") or {}
        except Exception as error:
            if error_code(error) != "ResourceConflictException":
                raise
            now = get_or_none(read, "ResourceNotFoundException")
            if now and state(now["Configuration"]) != DELETING:
                raise
            return {"StatusCode": ACCEPTED}  # another run, or an earlier one, has sent the same

    if waiter.retry(send, *TRANSIENTS).get("StatusCode") == ACCEPTED:
        waiter.until(lambda: get_or_none(read, "ResourceNotFoundException") is None, "Lambda is deleting the function")
