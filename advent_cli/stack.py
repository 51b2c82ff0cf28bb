"""The whole app on one page: config.yaml in, the resources and what each needs first out."""

from dataclasses import dataclass, field
from typing import Any

from advent_cli import bundle, config
from advent_cli.aws import Aws
from advent_cli.config import Config
from advent_cli.resource import Resource
from advent_cli.resources.api import Api
from advent_cli.resources.function import Function
from advent_cli.resources.log_group import LogGroup
from advent_cli.resources.permission import Permission
from advent_cli.resources.policy import Policy
from advent_cli.resources.role import Role
from advent_cli.resources.route import Route
from advent_cli.resources.subscription import Subscription
from advent_cli.resources.table import Table
from advent_cli.resources.topic import Topic
from advent_cli.resources.variable import Variable


@dataclass
class Stack:
    """The resources by key, in the order of the article, and for each the keys of those it needs first."""

    aws: Aws
    config: Config
    table: Table
    topic: Topic
    api: Api
    resources: dict[str, Resource] = field(default_factory=dict)
    needs: dict[str, set[str]] = field(default_factory=dict)

    def add(self, resource: Resource, *needs: Resource) -> None:
        """Put a resource into the stack."""
        self.resources[resource.key] = resource
        self.needs[resource.key] = {need.key for need in needs}

    @property
    def url(self) -> str | None:
        """Where Slack posts to, or None if there is no API yet; asks AWS for the API's id."""
        endpoint = self.api.endpoint()
        return f"{endpoint}/{self.api.name}" if endpoint else None


def build(config: Config, aws: Aws) -> Stack:
    """All of the app's resources as config.yaml wants them; makes no call to AWS."""
    table = Table(aws, config.table.name, config.table.key)
    stack = Stack(aws, config, table, Topic(aws, config.topic.name), Api(aws, config.api.name))
    stack.add(table)
    stack.add(stack.topic)
    stack.add(stack.api)
    for name in config.functions:
        _add_function(stack, name)
    return stack


def _add_function(stack: Stack, name: str) -> None:
    aws, want = stack.aws, stack.config.functions[name]
    logs = LogGroup(aws, f"/aws/lambda/{name}", stack.config.log_retention_days)
    policies = _policies(stack, want, logs)
    role = Role(aws, want.role, tuple(policies))
    attached = {"SNS_TOPIC_ARN": stack.topic.arn} if want.publishes else {}
    function = Function(
        aws,
        name,
        bundle.of(stack.config.sources[name]),
        want.handler,
        role.arn,
        stack.config.runtime,
        stack.config.architecture,
        want.memory,
        want.timeout,
        _environment(stack, want),
        attached,
    )
    stack.add(logs)
    stack.add(role)
    for policy, statements in policies.items():
        stack.add(Policy(aws, policy, role.name, tuple(statements), host=role.key), role)
    stack.add(function, role, logs)
    for variable, value in attached.items():
        stack.add(
            Variable(aws, f"{variable} on {name}", name, variable, value, host=function.key), function, stack.topic
        )
    if stack.config.api.function == name:
        _add_route(stack, function)
    if want.subscribes:
        topic_arn = stack.topic.arn
        permission = Permission(aws, f"sns to {name}", name, "sns", topic_arn, lambda: topic_arn, host=function.key)
        stack.add(permission, function)
        stack.add(Subscription(aws, name, topic_arn, function.arn, host=stack.topic.key), permission, stack.topic)


def _add_route(stack: Stack, function: Function) -> None:
    aws, api = stack.aws, stack.api
    route = Route(aws, f"POST /{api.name}", api, function.arn, host=api.key)

    def source_arn() -> str | None:
        found = api.find()
        return aws.arn("execute-api", f"{found['ApiId']}/*/POST/{api.name}") if found else None

    source = f"{route.name} of {api.title}"
    name = f"apigateway to {function.name}"
    permission = Permission(aws, name, function.name, "apigateway", source, source_arn, host=function.key)
    stack.add(permission, function, api)
    stack.add(route, function, api)


def _environment(stack: Stack, want: config.Function) -> dict[str, str]:
    if want.table == "none":
        return want.environment
    return {"DYNAMO_TABLE": stack.table.name, "DYNAMO_KEY": stack.table.key_name, **want.environment}


def _policies(stack: Stack, want: config.Function, logs: LogGroup) -> dict[str, list[dict[str, Any]]]:
    """Each inline policy of the function's role by name, with its statements: what it is declared to use, no more."""
    # No logs:CreateLogGroup: a function that writes its last lines late cannot bring a deleted group back.
    microservice = [_allow(["logs:CreateLogStream", "logs:PutLogEvents"], f"{logs.arn}:*")]
    if want.table == "write":
        microservice.append(_allow(["dynamodb:UpdateItem"], stack.table.arn))
    policies = {f"{want.role}_microservice": microservice}
    if want.publishes:
        policies[f"{want.role}_snspublish"] = [_allow(["sns:Publish"], stack.topic.arn)]
    return policies


def _allow(actions: list[str], resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource}
