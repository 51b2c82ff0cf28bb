"""Pure: what a function may do, and what it is told, from what config.yaml says that it uses."""

from typing import Any

from advent_cli.config.defaults import variable
from advent_cli.config.schema import Function
from advent_cli.stack.model import Stack

Statement = dict[str, Any]

TABLE = {  # the actions behind a function's `table:`
    "read": ("dynamodb:BatchGetItem", "dynamodb:GetItem"),
    "write": ("dynamodb:UpdateItem",),
    "read-write": ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:UpdateItem"),
    "count": ("dynamodb:BatchGetItem", "dynamodb:UpdateItem"),  # what handlers/counting.py calls
}


def rights(stack: Stack, want: Function, log_group_arn: str) -> tuple[Statement, ...]:
    """What the function may do, publishing aside: write its log, and what it uses of the stack."""
    # No logs:CreateLogGroup: a function that writes its last lines late cannot bring a deleted group back.
    may = [allow(["logs:CreateLogStream", "logs:PutLogEvents"], f"{log_group_arn}:*")]
    if want.table != "none":
        may.append(allow(TABLE[want.table], stack.table.arn))
    if want.reads_secrets:
        may.append(allow(["ssm:GetParameter"], *(stack.secrets[name].arn for name in want.reads_secrets)))
    if want.publishes or want.subscribes:
        may.append(allow(["sqs:SendMessage"], stack.queue.arn))
    return tuple(may)


def may_publish(stack: Stack, want: Function) -> tuple[Statement, ...]:
    """The right to publish to its topics."""
    return (allow(["sns:Publish"], *(stack.topics[name].arn for name in want.publishes)),)


def environment(stack: Stack, want: Function) -> dict[str, str]:
    """The variables that the function gets, its own included; those of its topics are steps of their own."""
    told = {f"{variable(name)}_PARAMETER": stack.secrets[name].name for name in want.reads_secrets}
    if want.table != "none":
        told |= {"DYNAMO_TABLE": stack.table.name, "DYNAMO_KEY": stack.table.key_name}
    if want.publishes:
        told |= {"DEAD_LETTER_QUEUE_URL": stack.queue.url}
    return {**told, **want.environment}


def topics(stack: Stack, want: Function) -> dict[str, str]:
    """The variables with the ARNs of the topics it publishes to: SNS_TOPIC_ARN, or one with a name for each of many."""
    if len(want.publishes) == 1:
        return {"SNS_TOPIC_ARN": stack.topics[want.publishes[0]].arn}
    unprefixed = {name: name.removeprefix(stack.config.prefix) for name in want.publishes}
    return {f"SNS_TOPIC_ARN_{variable(short)}": stack.topics[name].arn for name, short in unprefixed.items()}


def allow(actions: list[str] | tuple[str, ...], *resources: str) -> Statement:
    """A statement of a policy; one resource stands alone, as IAM returns it."""
    resource: Any = resources[0] if len(resources) == 1 else list(resources)
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}
