"""The policy that `advent policy` prints is enough for each command, and none of its statements is superfluous."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from advent_cli.cli import policy as policies
from advent_cli.local.lifecycle import Engine
from advent_cli.stack import deployer_policy, policy_conditions
from advent_cli.stack.build import Stack
from tests.conftest import Run
from tests.messages.test_redeliver import ANNOUNCEMENT, of_lambda
from tests.support import forked, stacks
from tests.support import proxy as proxies
from tests.support.conditions import Judge
from tests.support.proxy import Proxy

COMMANDS = {
    "up": ["up", "--yes"],
    "plan": ["plan"],
    "status": ["status"],
    "diagram": ["diagram"],
    "say": ["say", "--trace", "awsadvent"],
    "replay": ["replay"],
    "slack": ["slack", "secret"],
    "slack-check": ["slack", "check"],
    "doctor": ["doctor"],
    "list": ["list"],
    "logs": ["logs"],
    "down": ["down", "--yes"],
}
ENDS_WITH = {"slack-check": 1, "doctor": 1}  # Slack has never posted, and doctor reports what other commands lack
STATEMENTS = {command: deployer_policy.policy(stacks.without_calls(), command)["Statement"] for command in COMMANDS}
NOTHING = {"Effect": "Allow", "Action": ["sts:GetCallerIdentity"], "Resource": ["*"]}  # a policy needs a statement
UNENFORCED = [policy_conditions.TO_LAMBDA]  # the engine does not check it; AWS does


def as_the_engine_sees_it(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The statements for the engine, which omits the path of a role's ARN, and for two calls the whole ARN."""
    document = json.loads(json.dumps(statements).replace(":role/advent/awsadvent/", ":role/"))
    for statement in document:
        if {"dynamodb:ListTagsOfResource", "lambda:CreateFunction"} & {*statement["Action"]}:
            statement["Resource"].append("*")
    return list(document)


class Person:
    """An IAM user of the engine with an inline policy who runs advent; conditions are evaluated as on AWS."""

    def __init__(self, proxy: Proxy, folder: Path) -> None:
        self.engine, self.folder = proxy.engine, folder
        aws = stacks.tutorial(proxy.engine).aws
        iam = aws.client("iam")
        self.judge, self.url = Judge(aws.client), proxy.endpoint.url
        proxy.meet = self.judge.meet
        iam.create_user(UserName="person")
        self.keys = iam.create_access_key(UserName="person")["AccessKey"]
        self.iam = iam

    def allow(self, statements: list[dict[str, Any]]) -> None:
        """Replace the person's policy with these statements."""
        self.judge.statements = statements
        document = json.dumps({"Version": "2012-10-17", "Statement": as_the_engine_sees_it(statements or [NOTHING])})
        self.iam.put_user_policy(UserName="person", PolicyName="all", PolicyDocument=document)

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run advent with the person's keys."""
        keys = {"AWS_ACCESS_KEY_ID": self.keys["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": self.keys["SecretAccessKey"]}
        environment = {**os.environ, **self.engine.environment(None), "AWS_ENDPOINT_URL": self.url, **keys}
        return forked.run(["--target", "aws", *words], cwd=self.folder, env=environment, stdin="a-secret\n")


@pytest.fixture
def person(engine: Engine, tmp_path: Path) -> Iterator[Person]:
    with proxies.running(engine) as proxy:
        yield Person(proxy, tmp_path)


def prepare(person: Person, command: str) -> None:
    """Put the stack into the state before the command."""
    stack = stacks.tutorial(person.engine)
    (stacks.down if command == "up" else stacks.up)(stack)
    if command == "replay":
        for body in (of_lambda("sns_logger"), ANNOUNCEMENT):
            stack.aws.client("sqs").send_message(QueueUrl=stack.queue.url, MessageBody=json.dumps(body))
        stop_consumers(stack)


def stop_consumers(stack: Stack) -> None:
    """Capture the consumers from running, because they would write into the next test."""
    for name in ("sns_logger", "sns_multiplier"):
        stack.aws.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_policy_is_enough(person: Person, command: str) -> None:
    prepare(person, command)
    person.allow(STATEMENTS[command])
    done = person.run(*COMMANDS[command])
    assert done.returncode == ENDS_WITH.get(command, 0), done.stderr
    assert "access denied: " not in done.stderr + done.stdout


# These change nothing, so one test tries all their statements.
READING = {"plan", "status", "diagram", "slack-check", "doctor", "list", "logs"}
PARAMETERS = [(c, n) for c, all_ in STATEMENTS.items() for n in ([None] if c in READING else range(len(all_)))]


@pytest.mark.parametrize(("command", "number"), PARAMETERS)
def test_without_one_of_its_statements_the_command_fails(person: Person, command: str, number: int | None) -> None:
    prepare(person, command)
    if command == "say":
        stop_consumers(stacks.tutorial(person.engine))
    for statement in STATEMENTS[command] if number is None else [STATEMENTS[command][number]]:
        if statement["Action"] == UNENFORCED:
            assert statement["Condition"] == {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
            assert all(":role/advent/awsadvent/" in arn for arn in statement["Resource"])
            continue
        person.allow([other for other in STATEMENTS[command] if other is not statement])
        done = person.run(*COMMANDS[command])
        assert done.returncode == 1, statement
        assert "access denied: " in done.stderr + done.stdout
        assert "bug in advent" not in done.stderr


def test_all_is_the_union_of_the_policies(engine: Engine, advent: Run) -> None:
    assert {*COMMANDS} == {*deployer_policy.VERBS} == {*policies.COMMANDS}
    everything = json.loads(advent("policy").stdout)

    def pairs(document: Any) -> set[tuple[str, str]]:
        return {(action, arn) for s in document["Statement"] for action in s["Action"] for arn in s["Resource"]}

    assert pairs(everything) == set().union(*(pairs(json.loads(advent("policy", c).stdout)) for c in COMMANDS))
    assert not [action for action, _ in pairs(everything) if "*" in action]
    unscoped = {action for action, arn in pairs(everything) if arn == "*"}
    assert not [action for action in unscoped if action.split(":")[1].startswith(("Create", "Put", "Delete"))]
