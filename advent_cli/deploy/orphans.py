"""Orphans: what the stack owns in AWS but config.yaml no longer has. Found without a state file, by tag and path."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from advent_cli.aws.account import in_parallel
from advent_cli.aws.aws_errors import REFUSALS, error_code, explain
from advent_cli.errors import AdventError, ForeignError
from advent_cli.resources.api import Api
from advent_cli.resources.api_gateway import all_apis
from advent_cli.resources.aws_lambda import get_function, policy_statements, tags_of
from advent_cli.resources.base import Resource
from advent_cli.resources.destination import Destination
from advent_cli.resources.function import Function
from advent_cli.resources.log_group import LogGroup
from advent_cli.resources.parameter import Parameter
from advent_cli.resources.permission import STATEMENT_PREFIX, Permission
from advent_cli.resources.queue import Queue
from advent_cli.resources.role import Role
from advent_cli.resources.subscription import Subscription
from advent_cli.resources.table import Table
from advent_cli.resources.topic import Topic, subscriptions
from advent_cli.stack.build import Stack

ORDER = (  # in which kinds are deleted
    "subscription",
    "permission",
    "destination",
    "api",
    "function",
    "role",
    "log-group",
    "topic",
    "queue",
    "parameter",
    "table",
)


@dataclass(frozen=True)
class Listing:
    """The resources by key that AWS lists and config.yaml does not have; lists lag and may name deleted ones.

    `refusal` says that roles are not among them, because AWS does not let the user list roles.
    """

    resources: dict[str, Resource]
    refusal: AdventError | None = None


def by_name(stack: Stack) -> dict[str, Resource]:
    """The possible orphans by key whose names are known, so that they can be read without listing."""
    unsubscribed = [name for name, function in stack.config.functions.items() if not function.subscribes]
    destinations = [Destination(stack.aws, name, parent=f"function/{name}") for name in unsubscribed]
    return {resource.key: resource for resource in (*destinations, *stack.secrets.values())}


def listed(stack: Stack) -> Listing:
    """What AWS lists; raises if it denies that, except for roles if the stack makes none."""
    roles, *others = in_parallel(
        lambda: _roles_or_refusal(stack),
        lambda: list(_tagged(stack)),
        lambda: list(_apis(stack)),
        lambda: list(_subscriptions(stack)),
        lambda: list(_permissions(stack)),
    )
    refusal = roles if isinstance(roles, AdventError) else None
    resources = [resource for kind in (*others, [] if refusal else roles) for resource in kind]
    groups = [LogGroup(stack.aws, f"/aws/lambda/{r.name}") for r in resources if isinstance(r, Function)]
    return Listing({r.key: r for r in [*resources, *groups] if r.key not in stack.resources}, refusal)


def needs(orphans: dict[str, Resource], stack: Stack) -> dict[str, set[str]]:
    """For each orphan the keys that come before its deletion: earlier kinds, and what may still use it.

    Functions and permissions wait for the routes and permissions of the stack, so that every route always works. Roles
    wait for the functions of the stack, which may have them until they are updated.
    """
    graph = {}
    callers = {key for key, resource in stack.resources.items() if resource.kind in ("route", "permission")}
    functions = {key for key, resource in stack.resources.items() if resource.kind == Function.kind}
    users = {"function": callers, "permission": callers, "role": functions}
    for key, resource in orphans.items():
        earlier = ORDER[: ORDER.index(resource.kind)]
        before = {other for other, r in orphans.items() if r.kind in earlier}
        graph[key] = before | users.get(resource.kind, set())
    return graph


def _tagged(stack: Stack) -> Iterator[Resource]:
    """By the Resource Groups Tagging API, which does not list roles; ignores kinds that advent does not create."""
    aws = stack.aws
    key, value = next(iter(aws.owner_tag.items()))
    paginator = aws.client("resourcegroupstaggingapi").get_paginator("get_resources")
    for page in paginator.paginate(TagFilters=[{"Key": key, "Values": [value]}]):
        for entry in page["ResourceTagMappingList"]:
            _, _, service, _, _, resource = entry["ResourceARN"].split(":", 5)
            if service == "dynamodb" and resource.count("/") == 1:
                yield Table(aws, resource.removeprefix("table/"))
            elif service == "sns" and ":" not in resource:
                yield Topic(aws, resource)
            elif service == "sqs":
                yield Queue(aws, resource)
            elif service == "lambda" and resource.startswith("function:"):
                yield Function(aws, resource.removeprefix("function:"))
            elif service == "logs" and resource.startswith("log-group:"):
                yield LogGroup(aws, resource.removeprefix("log-group:").removesuffix(":*"))
            elif service == "ssm" and resource.startswith("parameter/"):
                yield Parameter(aws, resource.removeprefix("parameter"))


def _roles_or_refusal(stack: Stack) -> list[Resource] | AdventError:
    """The roles; or the refusal to list them if the stack makes none, for then the user may have no right to roles."""
    try:
        return list(_roles(stack))
    except Exception as error:
        role, explained = stack.execution_role, explain(error)
        if role is None or explained is None or error_code(error) not in REFUSALS:
            raise
        what = "roles from before execution_role was set are not looked for, because you may not list roles"
        return AdventError(what, why=explained.why, hint=explained.hint)


def _roles(stack: Stack) -> Iterator[Resource]:
    path = f"/advent/{stack.aws.stack}/"
    for page in stack.aws.client("iam").get_paginator("list_roles").paginate(PathPrefix=path):
        for role in page["Roles"]:
            yield Role(stack.aws, role["RoleName"])


def _apis(stack: Stack) -> Iterator[Resource]:
    for api in all_apis(stack.aws):
        if stack.aws.owns(api.get("Tags")):
            yield Api(stack.aws, api["Name"])


def _subscriptions(stack: Stack) -> Iterator[Resource]:
    """Subscriptions of the stack's own functions to its topics that config.yaml does not have."""
    prefix = stack.aws.arn("lambda", "function:")
    for topic in stack.topics.values():
        for item in subscriptions(stack.aws, topic.arn):
            function = Function(stack.aws, item["Endpoint"].removeprefix(prefix))
            subscription = Subscription(
                stack.aws, f"{topic.name} to {function.name}", topic.arn, item["Endpoint"], parent=topic.key
            )
            if item["Endpoint"].startswith(prefix) and subscription.key not in stack.resources:
                with suppress(ForeignError):
                    function.read()
                    yield subscription


def _permissions(stack: Stack) -> Iterator[Resource]:
    """Statements of the stack in its functions' resource policies for routes and topics that no longer invoke them."""
    functions = [r for r in stack.resources.values() if isinstance(r, Function)]
    for function, ids in zip(functions, in_parallel(*[partial(_ids, stack, f) for f in functions]), strict=True):
        for sid in ids:
            if sid.startswith(STATEMENT_PREFIX) and sid not in function.statements:
                no_source = ("", "", "", lambda: None)
                name = f"{sid} of {function.name}"
                yield Permission(stack.aws, name, function.name, *no_source, parent=function.key, existing_id=sid)


def _ids(stack: Stack, function: Function) -> list[str]:
    """The ids of the statements in a function's resource policy, if the stack manages the function."""
    try:
        answer = get_function(stack.aws, function.name)
        return list(policy_statements(stack.aws, function.name)) if answer and stack.aws.owns(tags_of(answer)) else []
    except Exception as error:
        if explain(error) is None:
            raise
        return []  # the error is reported with the function itself
