"""Stacks to test with: the tutorial's, on the engine of the test run."""

import urllib.request
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from botocore.awsrequest import AWSRequest

from advent_cli.aws.account import Aws
from advent_cli.aws.connect import connect, offline
from advent_cli.aws.endpoint import Endpoint
from advent_cli.config import config_file
from advent_cli.deploy import apply
from advent_cli.deploy.events import Event, Outcome
from advent_cli.deploy.executor import Interrupt
from advent_cli.deploy.inspection import inspect
from advent_cli.errors import ForeignError
from advent_cli.local.lifecycle import Engine
from advent_cli.stack.build import Stack, build
from tests.support.proxy import signature

ROOT = Path(__file__).parents[2]
TUTORIAL = config_file.load(ROOT / "config.yaml")


def reset(engine: Engine) -> None:
    """Make the engine forget everything."""
    with urllib.request.urlopen(signed(engine, "POST", "/_ministack/reset")) as answer:
        assert answer.status == 200


def signed(engine: Engine, method: str, path: str) -> urllib.request.Request:
    """A request of the engine's root user, signed as AWS wants it."""
    headers = signature(engine, "execute-api", AWSRequest(method, f"{engine.url}{path}", data=b""))
    return urllib.request.Request(f"{engine.url}{path}", b"", headers, method=method)


def tutorial(engine: Engine, calls: list[str] | None = None) -> Stack:
    """The tutorial's stack as a new run sees it.

    With `calls`, which gets each answered call as in `sns:CreateTopic 200 3 ms`, its session and clients are its own.
    """
    if calls is not None:
        return build(TUTORIAL, connect(TUTORIAL.stack, endpoint=engine.endpoint, trace=calls.append))
    return build(TUTORIAL, account(engine.endpoint))


def account(endpoint: Endpoint, stack: str = TUTORIAL.stack, *, is_aws: bool = False) -> Aws:
    """An account of which nothing is known yet; only its clients, which take long to create, are used again.

    With `is_aws` it is as --target aws sees the engine behind AWS_ENDPOINT_URL.
    """
    known = _connected(endpoint)
    aws = Aws(known.session, stack, None if is_aws else endpoint)
    aws._clients = known._clients
    return aws


@cache
def _connected(endpoint: Endpoint) -> Aws:
    return connect(TUTORIAL.stack, endpoint=endpoint)


def without_calls() -> Stack:
    """The tutorial's stack in an account that nobody is asked about, to know its keys before an engine runs."""
    return build(TUTORIAL, offline(TUTORIAL.stack))


def left(client: Callable[[str], Any]) -> list[str]:
    """The names of everything there is in the engine, of the kinds that we make."""
    return [
        *client("dynamodb").list_tables()["TableNames"],
        *(topic["TopicArn"] for topic in client("sns").list_topics()["Topics"]),
        *(item["SubscriptionArn"] for item in client("sns").list_subscriptions()["Subscriptions"]),
        *(role["Arn"] for role in client("iam").list_roles(PathPrefix="/advent/")["Roles"]),
        *(function["FunctionName"] for function in client("lambda").list_functions()["Functions"]),
        *(api["Name"] for api in client("apigatewayv2").get_apis()["Items"]),
        *(url.rsplit("/", 1)[1] for url in client("sqs").list_queues().get("QueueUrls", [])),
        *(parameter["Name"] for parameter in client("ssm").describe_parameters()["Parameters"]),
        *(group["logGroupName"] for group in client("logs").describe_log_groups()["logGroups"]),
    ]


def tutorial_again(stack: Stack) -> Stack:
    """The same stack as another run of the program would see it, which has learnt nothing yet."""
    assert stack.aws.endpoint
    return build(TUTORIAL, account(stack.aws.endpoint))


def ignore(event: Event) -> None:
    """Listen to nothing."""


def up(stack: Stack) -> dict[str, Outcome]:
    """Bring the stack up; the outcome of each step. An error fails the test.

    A function of the test before may have written its last line after the reset, into a log group without a tag.
    """
    inspection = inspect(stack)
    foreign = [key for key, seen in inspection.seen.items() if isinstance(seen, ForeignError)]
    late = [key for key in foreign if key.startswith("log-group/")]
    for key in late:
        stack.aws.client("logs").delete_log_group(logGroupName=stack.resources[key].name)
    inspection = inspect(stack) if late else inspection
    result = apply.up(inspection, inspection.steps_up(), ignore, Interrupt())
    return _outcomes(result)


def down(stack: Stack) -> dict[str, Outcome]:
    """Take the stack down; the outcome of each step. An error fails the test."""
    inspection = inspect(stack)
    result = apply.down(inspection, inspection.steps_down(), ignore, Interrupt())
    return _outcomes(result)


def _outcomes(result: apply.Result) -> dict[str, Outcome]:
    for event in result.finished.values():
        if event.error:
            raise event.error
    return {key: event.outcome for key, event in result.finished.items()}
