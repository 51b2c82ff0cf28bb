"""The whole app on one page: config.yaml in, the resources and what each needs first out."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from advent_cli import bundle, settings
from advent_cli.aws import Aws
from advent_cli.config import Config
from advent_cli.resource import Resource
from advent_cli.resources.api import Api
from advent_cli.resources.function import Function
from advent_cli.resources.log_group import LogGroup
from advent_cli.resources.permission import Permission, statement_id
from advent_cli.resources.policy import Policy
from advent_cli.resources.role import Role
from advent_cli.resources.route import Route
from advent_cli.resources.subscription import Subscription
from advent_cli.resources.table import Table
from advent_cli.resources.topic import Topic
from advent_cli.resources.variable import Variable


@dataclass
class Stack:
    """The resources by key, in the order of the article, and for each the keys of those it needs first.

    `uses` are those that it would touch when it works, and so must be ours, though it can be made before them.
    """

    aws: Aws
    config: Config
    table: Table
    topic: Topic
    api: Api
    resources: dict[str, Resource] = field(default_factory=dict)
    needs: dict[str, set[str]] = field(default_factory=dict)
    uses: dict[str, set[str]] = field(default_factory=dict)

    def add(self, resource: Resource, *needs: Resource, uses: Iterable[Resource] = ()) -> None:
        """Put a resource into the stack."""
        self.resources[resource.key] = resource
        self.needs[resource.key] = {need.key for need in needs}
        self.uses[resource.key] = {use.key for use in uses}

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
    for name, want in config.functions.items():
        role, function = _add_function(stack, name, want)
        if config.api.function == name:
            _add_route(stack, function)
        if want.publishes:
            _add_publisher(stack, role, function)
        if want.subscribes:
            _add_consumer(stack, function)
    stack.add(stack.topic)
    return stack


def _add_function(stack: Stack, name: str, want: settings.Function) -> tuple[Role, Function]:
    """A function with its log group and its role, which may write its log and, if it says so, the table."""
    aws, table = stack.aws, stack.table
    attached = {"SNS_TOPIC_ARN": stack.topic.arn} if want.publishes else {}
    environment = {"DYNAMO_TABLE": table.name, "DYNAMO_KEY": table.key_name} if want.table == "write" else {}
    logs = LogGroup(aws, f"/aws/lambda/{name}", stack.config.log_retention_days)
    microservice, snspublish = f"{want.role}_microservice", f"{want.role}_snspublish"
    role = Role(aws, want.role, (microservice, snspublish) if want.publishes else (microservice,))
    # No logs:CreateLogGroup: a function that writes its last lines late cannot bring a deleted group back.
    may = [_allow(["logs:CreateLogStream", "logs:PutLogEvents"], f"{logs.arn}:*")]
    may += [_allow(["dynamodb:UpdateItem"], table.arn)] if want.table == "write" else []
    callers = {"apigateway": stack.config.api.function == name, "sns": want.subscribes is not None}
    function = Function(
        aws,
        name,
        bundle=bundle.of(stack.config.sources[name]),
        handler=want.handler,
        role=role,
        runtime=stack.config.runtime,
        architecture=stack.config.architecture,
        memory=want.memory,
        timeout=want.timeout,
        environment={**environment, **want.environment},
        attached=attached,
        statements=tuple(statement_id(service) for service, calls in callers.items() if calls),
    )
    stack.add(logs)
    stack.add(role)
    tables = [table] if want.table == "write" else []
    topics = [stack.topic] if want.publishes else []
    stack.add(Policy(aws, microservice, role.name, tuple(may), host=role.key), role, uses=tables)
    stack.add(function, role, logs, uses=[*tables, *topics])
    return role, function


def _add_route(stack: Stack, function: Function) -> None:
    """The API, its one route, and its right to call the function for that route."""
    aws, api = stack.aws, stack.api
    route = Route(aws, f"POST /{api.name}", api, function.arn, host=api.key)

    def source_arn() -> str | None:
        api_id = api.api_id()
        return aws.arn("execute-api", f"{api_id}/*/POST/{api.name}") if api_id else None

    name, source = f"apigateway to {function.name}", f"{route.name} of {api.title}"
    permission = Permission(aws, name, function.name, "apigateway", source, source_arn, host=function.key)
    stack.add(api)
    stack.add(permission, function, api)
    stack.add(route, function, api)


def _add_publisher(stack: Stack, role: Role, function: Function) -> None:
    """The topic, the right to publish to it, and the variable that tells the function its ARN."""
    aws, topic = stack.aws, stack.topic
    may = _allow(["sns:Publish"], topic.arn)
    stack.add(topic)
    stack.add(Policy(aws, f"{role.name}_snspublish", role.name, (may,), host=role.key), role, uses=[topic])
    for variable, value in function.attached.items():
        name = f"{variable} on {function.name}"
        stack.add(Variable(aws, name, function.name, variable, value, host=function.key), function, topic)


def _add_consumer(stack: Stack, function: Function) -> None:
    """The right of the topic to call the function, and the subscription."""
    aws, topic_arn = stack.aws, stack.topic.arn
    name = f"sns to {function.name}"
    permission = Permission(aws, name, function.name, "sns", topic_arn, lambda: topic_arn, host=function.key)
    stack.add(permission, function, uses=[stack.topic])
    subscription = Subscription(aws, function.name, topic_arn, function.arn, host=stack.topic.key)
    stack.add(subscription, permission, stack.topic)


def _allow(actions: list[str], resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource}
