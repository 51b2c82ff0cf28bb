"""The whole app on one page: config.yaml in, the resources and what each needs first out."""

from advent_cli.aws.account import Aws
from advent_cli.config.config_file import Config
from advent_cli.packaging.bundle import Bundle
from advent_cli.resources.api import API_ID, Api
from advent_cli.resources.destination import Destination
from advent_cli.resources.function import Function
from advent_cli.resources.log_group import LogGroup
from advent_cli.resources.parameter import Parameter
from advent_cli.resources.permission import Permission, statement_id
from advent_cli.resources.queue import Queue
from advent_cli.resources.role import Role
from advent_cli.resources.role_policy import Policy
from advent_cli.resources.route import Route
from advent_cli.resources.subscription import Subscription
from advent_cli.resources.table import Table
from advent_cli.resources.topic import Topic
from advent_cli.resources.variable import Variable
from advent_cli.stack import grants
from advent_cli.stack.model import Stack as Stack


def build(config: Config, aws: Aws) -> Stack:
    """All of the app's resources as config.yaml wants them; makes no call to AWS."""
    topics = {name: Topic(aws, name) for name in config.topics}
    queue = Queue(aws, config.dead_letters, tuple(topic.arn for topic in topics.values()))
    table = Table(aws, config.table.name, config.table.key)
    api = Api(aws, config.api.name, config.api.rate, config.api.burst)
    secrets = {name: Parameter(aws, f"/advent/{config.stack}/{name}") for name in config.secrets}
    stack = Stack(aws, config, table, topics, queue, api, secrets)
    stack.add(table)
    for name in config.functions:
        _add_function(stack, name)
    for resource in (*topics.values(), queue):
        stack.add(resource)
    return stack


def _add_function(stack: Stack, name: str) -> None:
    """A function with its log group and its role, what it is told, and what calls it."""
    aws, config, want = stack.aws, stack.config, stack.config.functions[name]
    topics = [stack.topics[topic] for topic in want.publishes]
    touches = [*([stack.table] if want.table != "none" else []), *topics]
    names = [f"{want.role}_microservice", *([f"{want.role}_snspublish"] if topics else [])]
    logs = LogGroup(aws, f"/aws/lambda/{name}", config.log_retention_days)
    role = Role(aws, want.role, tuple(names), stack.boundary)
    code = Bundle(config.sources[name], config.runtime, "" if aws.endpoint else config.architecture)
    function = Function(
        aws, name, role=role, bundle=code, handler=code.source.handler,
        runtime=config.runtime, architecture=config.architecture, memory=want.memory, timeout=want.timeout,
        concurrency=want.concurrency, environment=grants.environment(stack, want), attached=grants.topics(stack, want),
        statements=tuple(statement_id(caller) for caller in (*want.routes, *want.subscribes)),
    )  # fmt: skip
    may = Policy(aws, names[0], role.name, grants.rights(stack, want, logs.arn), host=role.key)
    stack.add(logs, outlives=function)  # which may write its last lines late
    stack.add(role)
    stack.add(may, role, uses=[*touches, stack.queue])
    stack.add(function, role, uses=[*touches, stack.queue])
    for route in want.routes:
        _add_route(stack, function, logs, route)
    if topics:
        for topic in topics:
            stack.add(topic)
        publish = Policy(aws, names[1], role.name, grants.may_publish(stack, want), host=role.key)
        stack.add(publish, role, uses=topics)
        before: list[Variable] = []  # each changes all of the function's variables, so one goes after the other
        for variable, arn in function.attached.items():
            told = Variable(aws, f"{variable} on {name}", name, variable, arn, host=function.key)
            stack.add(told, function, stack.topics[arn.split(":")[-1]], *before)
            before = [told]
    for heard in want.subscribes:
        _add_subscription(stack, function, logs, stack.topics[heard], may)


def _add_route(stack: Stack, function: Function, logs: LogGroup, key: str) -> None:
    """The API, a route of it, and its right to call the function for that route."""
    api, before = stack.api, [other for other in stack.resources.values() if isinstance(other, Route)]
    shares = any(other.function_arn == function.arn for other in before)
    route = Route(stack.aws, key, api, function.arn, tuple(stack.config.routes), host=api.key, shares=shares)
    permission = Permission(
        stack.aws, f"{key} to {function.name}", function.name, key, "apigateway",
        f"{key} of {api.title}", lambda: api.calls_as(key), host=function.key,
        source_in_shell=api.called_by(API_ID, key),
    )  # fmt: skip
    stack.add(api)
    stack.add(permission, function, api)
    stack.add(route, function, logs, api, *before)  # API Gateway wants one change after the other


def _add_subscription(stack: Stack, function: Function, logs: LogGroup, topic: Topic, may: Policy) -> None:
    """The right of a topic to call the function, the subscription, and where messages go that it cannot take."""
    aws, queue, name = stack.aws, stack.queue, f"{topic.name} to {function.name}"
    permission = Permission(
        aws, name, function.name, topic.name, "sns", topic.arn, lambda: topic.arn, host=function.key
    )
    filters = stack.config.functions[function.name].filter
    subscription = Subscription(aws, name, topic.arn, function.arn, queue.arn, filters, host=topic.key)
    stack.add(queue)
    stack.add(permission, function, uses=[topic])
    destination = Destination(aws, function.name, queue.arn, host=function.key)
    stack.add(destination, function, queue, may)  # Lambda asks whether the role may write to the queue
    stack.add(subscription, permission, logs, topic, queue)
