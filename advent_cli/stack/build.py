"""The whole app on one page: turns config.yaml into resources, each with those that it needs first."""

from advent_cli.aws.account import Aws
from advent_cli.config import schema
from advent_cli.config.config_file import Config
from advent_cli.packaging.bundle import Bundle
from advent_cli.resources.api import API_ID, Api
from advent_cli.resources.base import Resource
from advent_cli.resources.destination import Destination
from advent_cli.resources.environment_variable import Variable
from advent_cli.resources.function import Function
from advent_cli.resources.log_group import LogGroup
from advent_cli.resources.parameter import Parameter
from advent_cli.resources.permission import Permission, statement_id
from advent_cli.resources.queue import Queue
from advent_cli.resources.role import Role
from advent_cli.resources.role_policy import RolePolicy
from advent_cli.resources.route import Route
from advent_cli.resources.subscription import Subscription
from advent_cli.resources.table import Table
from advent_cli.resources.topic import Topic
from advent_cli.stack import grants
from advent_cli.stack.model import Stack as Stack


def build(config: Config, aws: Aws) -> Stack:
    """The app's resources as config.yaml wants them; makes no call to AWS.

    It does not check that the account fits, which `offline` does not know; `build_for` does.
    """
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


def build_for(config: Config, aws: Aws) -> Stack:
    """The same for the account that `aws` is connected to; raises ConfigError if `execution_role` is of another one."""
    stack = build(config, aws)
    if stack.execution_role:
        stack.execution_role.check_account(aws)
    return stack


def _add_function(stack: Stack, name: str) -> None:
    """Add a function with its log group, its role if that is its own, its variables, and what invokes it."""
    aws, config, want = stack.aws, stack.config, stack.config.functions[name]
    topics = [stack.topics[topic] for topic in want.publishes]
    touches = [*([stack.table] if want.table != "none" else []), *topics]
    logs = LogGroup(aws, f"/aws/lambda/{name}", config.log_retention_days)
    role = stack.execution_role or _own_role(stack, want)
    code = Bundle(config.sources[name], config.runtime, "" if aws.endpoint else config.architecture)
    attached = grants.topic_variables(stack, want)
    function = Function(
        aws, name, role=role, bundle=code, handler=code.source.handler,
        runtime=config.runtime, architecture=config.architecture, memory=want.memory, timeout=want.timeout,
        concurrency=want.concurrency, environment=grants.environment(stack, want), attached=attached,
        statements=tuple(statement_id(caller) for caller in (*want.routes, *want.subscribes)),
    )  # fmt: skip
    stack.add(logs, outlives=function, group=function)  # because the function may write its last lines late
    own: list[Resource] = []
    if isinstance(role, Role):  # a given role is no resource of the stack
        policy = RolePolicy(
            aws, role.policies[0], role.name, grants.base_statements(stack, want, logs.arn), parent=role.key
        )
        stack.add(role, group=function)
        stack.add(policy, role, uses=[*touches, stack.queue], group=function)
        own = [role, policy]
    stack.add(function, *own[:1], uses=[*touches, stack.queue])
    for route in want.routes:
        _add_route(stack, function, logs, route)
    for topic in topics:
        stack.add(topic)
    if topics and isinstance(role, Role):
        publish = RolePolicy(aws, role.policies[1], role.name, grants.publish_statements(stack, want), parent=role.key)
        stack.add(publish, role, uses=topics)
    _add_variables(stack, function)
    for topic_name in want.subscribes:
        _add_subscription(stack, function, logs, stack.topics[topic_name], own[1:])


def _own_role(stack: Stack, want: schema.Function) -> Role:
    policies = [f"{want.role}_microservice", *([f"{want.role}_snspublish"] if want.publishes else [])]
    return Role(stack.aws, want.role, tuple(policies), stack.boundary)


def _add_variables(stack: Stack, function: Function) -> None:
    """Add the variables with the ARNs of its topics, one after the other: an update replaces all of a function's."""
    before: list[Variable] = []
    for variable, arn in function.attached.items():
        name = f"{variable} on {function.name}"
        resource = Variable(stack.aws, name, function.name, variable, arn, parent=function.key)
        stack.add(resource, function, stack.topics[arn.split(":")[-1]], *before)
        before = [resource]


def _add_route(stack: Stack, function: Function, logs: LogGroup, key: str) -> None:
    """Add the API, a route, and the API's permission to invoke the function for that route."""
    api, before = stack.api, [other for other in stack.resources.values() if isinstance(other, Route)]
    shares = any(other.function_arn == function.arn for other in before)
    route = Route(stack.aws, key, api, function.arn, tuple(stack.config.routes), parent=api.key, shares=shares)
    permission = Permission(
        stack.aws, f"{key} to {function.name}", function.name, key, "apigateway",
        f"{key} of {api.title}", lambda: api.source_arn(key), parent=function.key,
        source_in_shell=api.source_arn_of(API_ID, key),
    )  # fmt: skip
    stack.add(api)
    stack.add(permission, api, existing=function, group=api)
    stack.add(route, function, logs, api, *before, group=api)  # API Gateway takes one change at a time


def _add_subscription(stack: Stack, function: Function, logs: LogGroup, topic: Topic, policies: list[Resource]) -> None:
    """Add the topic's permission to invoke the function, the subscription, and the on-failure destination."""
    aws, queue, name = stack.aws, stack.queue, f"{topic.name} to {function.name}"
    permission = Permission(
        aws, name, function.name, topic.name, "sns", topic.arn, lambda: topic.arn, parent=function.key
    )
    filters = stack.config.functions[function.name].filter
    subscription = Subscription(aws, name, topic.arn, function.arn, queue.arn, filters, parent=topic.key)
    stack.add(permission, existing=function, uses=[topic], group=function)
    destination = Destination(aws, function.name, queue.arn, parent=function.key, given_role=stack.execution_role)
    # After the policies, because Lambda checks that the role may send to the queue.
    stack.add(destination, function, queue, *policies, group=function)
    stack.add(subscription, permission, logs, topic, queue, existing=function, group=function)
