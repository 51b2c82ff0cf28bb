"""Pure: the permissions and the environment variables that a function gets for what config.yaml says it uses."""

from typing import Any

from advent_cli.config.defaults import variable
from advent_cli.config.schema import Function
from advent_cli.stack.model import Stack

Statement = dict[str, Any]

TABLE_ACTIONS = {  # the actions behind a function's `table:`
    "read": ("dynamodb:BatchGetItem", "dynamodb:GetItem"),
    "write": ("dynamodb:UpdateItem",),
    "read-write": ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:UpdateItem"),
    "count": ("dynamodb:BatchGetItem", "dynamodb:UpdateItem"),  # what handlers/counting.py calls
}


def base_statements(stack: Stack, want: Function, log_group_arn: str) -> tuple[Statement, ...]:
    """The statements for everything but publishing: writing the log, and using the table, secrets and queue."""
    # No logs:CreateLogGroup, so that a function that writes its last lines late cannot recreate a deleted group.
    statements = [allow(["logs:CreateLogStream", "logs:PutLogEvents"], f"{log_group_arn}:*")]
    if want.table != "none":
        statements.append(allow(TABLE_ACTIONS[want.table], stack.table.arn))
    if want.reads_secrets:
        statements.append(allow(["ssm:GetParameter"], *(stack.secrets[name].arn for name in want.reads_secrets)))
    if want.publishes or want.subscribes:
        statements.append(allow(["sqs:SendMessage"], stack.queue.arn))
    return tuple(statements)


def publish_statements(stack: Stack, want: Function) -> tuple[Statement, ...]:
    """The statement for publishing to its topics."""
    return (allow(["sns:Publish"], *(stack.topics[name].arn for name in want.publishes)),)


def environment(stack: Stack, want: Function) -> dict[str, str]:
    """The environment variables of a function, except those of `topic_variables`; its own settings come last."""
    variables = {f"{variable(name)}_PARAMETER": stack.secrets[name].name for name in want.reads_secrets}
    if want.table != "none":
        variables |= {"DYNAMO_TABLE": stack.table.name, "DYNAMO_KEY": stack.table.key_name}
    if want.publishes:
        variables |= {"DEAD_LETTER_QUEUE_URL": stack.queue.url}
    return {**variables, **want.environment}


def topic_variables(stack: Stack, want: Function) -> dict[str, str]:
    """The variables with the ARNs of its topics, attached by steps of their own: SNS_TOPIC_ARN, or one per topic."""
    if len(want.publishes) == 1:
        return {"SNS_TOPIC_ARN": stack.topics[want.publishes[0]].arn}
    unprefixed = {name: name.removeprefix(stack.config.prefix) for name in want.publishes}
    return {f"SNS_TOPIC_ARN_{variable(short)}": stack.topics[name].arn for name, short in unprefixed.items()}


def allow(actions: list[str] | tuple[str, ...], *resources: str) -> Statement:
    """A policy statement; a single resource is not in a list, because IAM returns it so."""
    resource: Any = resources[0] if len(resources) == 1 else list(resources)
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}
