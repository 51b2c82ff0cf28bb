"""The whole app on one page: config.yaml in, the resources and what each needs first out."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from advent_cli import bundle, settings
from advent_cli.aws import Aws
from advent_cli.config import Config
from advent_cli.resource import Resource
from advent_cli.resources.api import Api
from advent_cli.resources.destination import Destination
from advent_cli.resources.function import Function
from advent_cli.resources.log_group import LogGroup
from advent_cli.resources.parameter import Parameter
from advent_cli.resources.permission import Permission, statement_id
from advent_cli.resources.policy import Policy
from advent_cli.resources.queue import Queue
from advent_cli.resources.role import Role
from advent_cli.resources.route import Route
from advent_cli.resources.subscription import Subscription
from advent_cli.resources.table import Table
from advent_cli.resources.topic import Topic
from advent_cli.resources.variable import Variable

MAY = {  # the actions behind what config.yaml says a function does with the table
    "read": ["dynamodb:BatchGetItem", "dynamodb:GetItem"],
    "write": ["dynamodb:UpdateItem"],
    "read-write": ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:UpdateItem"],
}


@dataclass
class Stack:
    """The resources by key, in the order of the article, and for each the keys of those it needs first.

    `uses` are those that it would touch when it works, and so must be ours, though it can be made before them.
    `secret` is none of them: `advent slack secret` makes it, `up` leaves it as it is, and `down` deletes it.
    """

    aws: Aws
    config: Config
    table: Table
    topic: Topic
    queue: Queue
    api: Api
    secret: Parameter
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
    topic = Topic(aws, config.topic.name)
    stack = Stack(
        aws,
        config,
        Table(aws, config.table.name, config.table.key),
        topic,
        Queue(aws, config.dead_letters.name, topic.arn),
        Api(aws, config.api.name, config.api.rate, config.api.burst),
        Parameter(aws, f"/advent/{config.stack}/slack-secret"),
    )
    stack.add(stack.table)
    for name, want in config.functions.items():
        role, function = _add_function(stack, name, want)
        if config.api.function == name:
            _add_route(stack, function)
        if want.publishes:
            _add_publisher(stack, role, function)
        if want.subscribes:
            _add_consumer(stack, role, function)
    stack.add(topic)
    stack.add(stack.queue)
    return stack


def _add_function(stack: Stack, name: str, want: settings.Function) -> tuple[Role, Function]:
    """A function with its log group and its role, which may write its log and do what config.yaml says."""
    aws, config, is_behind_api = stack.aws, stack.config, stack.config.api.function == name
    logs = LogGroup(aws, f"/aws/lambda/{name}", config.log_retention_days)
    # No logs:CreateLogGroup: a function that writes its last lines late cannot bring a deleted group back.
    may = [_allow(["logs:CreateLogStream", "logs:PutLogEvents"], f"{logs.arn}:*")]
    environment: dict[str, str] = {}
    if want.table != "none":
        may.append(_allow(MAY[want.table], stack.table.arn))
        environment |= {"DYNAMO_TABLE": stack.table.name, "DYNAMO_KEY": stack.table.key_name}
    if is_behind_api:
        may.append(_allow(["ssm:GetParameter"], stack.secret.arn))
        environment |= {"SLACK_SECRET_PARAMETER": stack.secret.name}
    if want.publishes or want.subscribes:
        may.append(_allow(["sqs:SendMessage"], stack.queue.arn))
    if want.publishes:
        environment |= {"DEAD_LETTER_QUEUE_URL": stack.queue.url}
    microservice, snspublish = f"{want.role}_microservice", f"{want.role}_snspublish"
    role = Role(aws, want.role, (microservice, snspublish) if want.publishes else (microservice,))
    callers = {"apigateway": is_behind_api, "sns": want.subscribes is not None}
    function = Function(
        aws,
        name,
        bundle=bundle.of(config.sources[name]),
        handler=want.handler,
        role=role,
        runtime=config.runtime,
        architecture=config.architecture,
        memory=want.memory,
        timeout=want.timeout,
        environment={**environment, **want.environment},
        attached={"SNS_TOPIC_ARN": stack.topic.arn} if want.publishes else {},
        statements=tuple(statement_id(service) for service, calls in callers.items() if calls),
    )
    tables = [stack.table] if want.table != "none" else []
    topics = [stack.topic] if want.publishes else []
    queues = [stack.queue] if want.publishes or want.subscribes else []
    stack.add(logs)
    stack.add(role)
    stack.add(Policy(aws, microservice, role.name, tuple(may), host=role.key), role, uses=[*tables, *queues])
    stack.add(function, role, logs, uses=[*tables, *topics, *queues])
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


def _add_consumer(stack: Stack, role: Role, function: Function) -> None:
    """The right of the topic to call the function, the subscription, and where messages go that it cannot take."""
    aws, topic, queue = stack.aws, stack.topic, stack.queue
    name = f"sns to {function.name}"
    permission = Permission(aws, name, function.name, "sns", topic.arn, lambda: topic.arn, host=function.key)
    stack.add(permission, function, uses=[topic])
    stack.add(queue)
    # Lambda asks whether the role may write to the queue.
    may_write = stack.resources[f"policy/{role.name}_microservice"]
    stack.add(Destination(aws, function.name, queue.arn, host=function.key), function, queue, may_write)
    subscription = Subscription(aws, function.name, topic.arn, function.arn, queue.arn, host=topic.key)
    stack.add(subscription, permission, topic, queue)


def _allow(actions: list[str], resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource}
