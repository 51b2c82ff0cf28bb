"""What is ours in AWS but no longer in config.yaml, found without a state file: by tag, path and subscription."""

from collections.abc import Iterator
from contextlib import suppress
from functools import partial

from advent_cli.aws.account import in_parallel
from advent_cli.aws.aws_errors import explain
from advent_cli.errors import ForeignError
from advent_cli.resources.api import Api
from advent_cli.resources.api_gateway import all_apis
from advent_cli.resources.base import Resource
from advent_cli.resources.destination import Destination
from advent_cli.resources.function import STATEMENTS, Function
from advent_cli.resources.lambda_answers import described, statements, tags
from advent_cli.resources.log_group import LogGroup
from advent_cli.resources.parameter import Parameter, names
from advent_cli.resources.permission import Permission
from advent_cli.resources.queue import Queue
from advent_cli.resources.role import Role
from advent_cli.resources.subscription import Subscription
from advent_cli.resources.table import Table
from advent_cli.resources.topic import Topic, subscriptions
from advent_cli.stack.build import Stack

ORDER = (  # in which they are removed
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


def by_name(stack: Stack) -> dict[str, Resource]:
    """The resources, by key, that may be left over and whose names are known: to be read without looking for them."""
    consumers = stack.config.functions.items()
    stopped = [Destination(stack.aws, name, host=f"function/{name}") for name, f in consumers if not f.subscribes]
    return {resource.key: resource for resource in (*stopped, *stack.secrets.values())}


def listed(stack: Stack) -> dict[str, Resource]:
    """The resources, by key, that lists name and config.yaml does not. Lists lag, and name what is gone."""
    found = [
        resource
        for resources in in_parallel(
            lambda: list(_tagged(stack)),
            lambda: list(_roles(stack)),
            lambda: list(_apis(stack)),
            lambda: list(_subscriptions(stack)),
            lambda: list(_secrets(stack)),
            lambda: list(_permissions(stack)),
        )
        for resource in resources
    ]
    groups = [LogGroup(stack.aws, f"/aws/lambda/{r.name}") for r in found if isinstance(r, Function)]
    return {r.key: r for r in [*found, *groups] if r.key not in stack.resources}


def needs(orphans: dict[str, Resource], stack: Stack) -> dict[str, set[str]]:
    """The order of removal: kind after kind, and a function, or the right to call it, after the new ways are there."""
    graph = {}
    ways = {key for key, resource in stack.resources.items() if resource.kind in ("route", "permission")}
    for key, resource in orphans.items():
        earlier = ORDER[: ORDER.index(resource.kind)]
        before = {other for other, r in orphans.items() if r.kind in earlier}
        graph[key] = before | (ways if resource.kind in ("function", "permission") else set())
    return graph


def _tagged(stack: Stack) -> Iterator[Resource]:
    """By the Resource Groups Tagging API, which knows no roles; and of other kinds we make no thing."""
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
    """Functions on our topics that should not be; but not those of other people."""
    prefix = stack.aws.arn("lambda", "function:")
    for topic in stack.topics.values():
        for item in subscriptions(stack.aws, topic.arn):
            function = Function(stack.aws, item["Endpoint"].removeprefix(prefix))
            found = Subscription(
                stack.aws, f"{topic.name} to {function.name}", topic.arn, item["Endpoint"], host=topic.key
            )
            if item["Endpoint"].startswith(prefix) and found.key not in stack.resources:
                with suppress(ForeignError):
                    function.read()
                    yield found


def _secrets(stack: Stack) -> Iterator[Resource]:
    for name in names(stack.aws):
        yield Parameter(stack.aws, name)


def _permissions(stack: Stack) -> Iterator[Resource]:
    """Statements of ours in the policies of functions, for a route or a topic that no longer calls them."""
    functions = [each for each in stack.resources.values() if isinstance(each, Function)]
    for function, ids in zip(functions, in_parallel(*[partial(_ids, stack, f) for f in functions]), strict=True):
        for known_id in ids:
            if known_id.startswith(STATEMENTS) and known_id not in function.statements:
                nowhere = ("", "", "", lambda: None)
                name = f"{known_id} of {function.name}"
                yield Permission(stack.aws, name, function.name, *nowhere, host=function.key, known_id=known_id)


def _ids(stack: Stack, function: Function) -> list[str]:
    """The ids of the statements in the policy of a function of ours."""
    try:
        answer = described(stack.aws, function.name)
        return list(statements(stack.aws, function.name)) if answer and stack.aws.owns(tags(answer)) else []
    except Exception as error:
        if explain(error) is None:
            raise
        return []  # it is told beside the function itself
