"""The policy that `advent policy` prints is enough for each command, and no statement of it is too much."""

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
from tests.conftest import ADVENT, Run
from tests.messages.test_redeliver import ANNOUNCEMENT, of_lambda
from tests.support import proxy as proxies
from tests.support import stacks
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
ENDS_WITH = {"slack-check": 1, "doctor": 1}  # for Slack never called, and the other commands need more than it has
STATEMENTS = {command: deployer_policy.policy(stacks.without_calls(), command)["Statement"] for command in COMMANDS}
NOTHING = {"Effect": "Allow", "Action": ["sts:GetCallerIdentity"], "Resource": ["*"]}  # a policy needs a statement
UNENFORCED = [policy_conditions.TO_LAMBDA]  # the engine does not ask for it; AWS does


def as_the_engine_sees_it(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The engine leaves the path out of a role's ARN when it asks, and no ARN at all with two calls."""
    document = json.loads(json.dumps(statements).replace(":role/advent/awsadvent/", ":role/"))
    for statement in document:
        if {"dynamodb:ListTagsOfResource", "lambda:CreateFunction"} & {*statement["Action"]}:
            statement["Resource"].append("*")
    return list(document)


class Person:
    """An IAM user of the engine with an inline policy, who runs advent; its conditions are judged as AWS does."""

    def __init__(self, proxy: Proxy, folder: Path) -> None:
        self.engine, self.folder = proxy.engine, folder
        aws = stacks.tutorial(proxy.engine).aws
        iam = aws.client("iam")
        self.judge, self.url = Judge(aws.client), proxy.endpoint.url
        proxy.meet = self.judge.meet
        iam.create_user(UserName="person")
        self.keys = iam.create_access_key(UserName="person")["AccessKey"]
        self.iam = iam

    def may(self, statements: list[dict[str, Any]]) -> None:
        """Replace what the person may do."""
        self.judge.statements = statements
        document = json.dumps({"Version": "2012-10-17", "Statement": as_the_engine_sees_it(statements or [NOTHING])})
        self.iam.put_user_policy(UserName="person", PolicyName="all", PolicyDocument=document)

    def runs(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run advent with the person's keys."""
        keys = {"AWS_ACCESS_KEY_ID": self.keys["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": self.keys["SecretAccessKey"]}
        environment = {**os.environ, **self.engine.environment(None), "AWS_ENDPOINT_URL": self.url, **keys}
        command = [str(ADVENT), "--target", "aws", *words]
        return subprocess.run(
            command, cwd=self.folder, env=environment, input="a-secret\n", capture_output=True, text=True
        )


@pytest.fixture
def person(engine: Engine, tmp_path: Path) -> Iterator[Person]:
    with proxies.running(engine) as proxy:
        yield Person(proxy, tmp_path)


def prepare(person: Person, command: str) -> None:
    """The stack as it is before the command."""
    stack = stacks.tutorial(person.engine)
    (stacks.down if command == "up" else stacks.up)(stack)
    if command == "replay":
        for body in (of_lambda("sns_logger"), ANNOUNCEMENT):
            stack.aws.client("sqs").send_message(QueueUrl=stack.queue.url, MessageBody=json.dumps(body))
        stop_consumers(stack)


def stop_consumers(stack: Stack) -> None:
    """They do not run, for they would write into the next test."""
    for name in ("sns_logger", "sns_multiplier"):
        stack.aws.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)


@pytest.mark.parametrize("command", COMMANDS)
def test_it_is_enough(person: Person, command: str) -> None:
    prepare(person, command)
    person.may(STATEMENTS[command])
    done = person.runs(*COMMANDS[command])
    assert done.returncode == ENDS_WITH.get(command, 0), done.stderr
    assert "does not allow us" not in done.stderr + done.stdout


READS = {"plan", "status", "diagram", "slack-check", "doctor", "list", "logs"}  # so each statement may have its turn
TURNS = [(c, n) for c, all_ in STATEMENTS.items() for n in ([None] if c in READS else range(len(all_)))]


@pytest.mark.parametrize(("command", "number"), TURNS)
def test_without_any_statement_the_command_fails(person: Person, command: str, number: int | None) -> None:
    prepare(person, command)
    if command == "say":
        stop_consumers(stacks.tutorial(person.engine))
    for statement in STATEMENTS[command] if number is None else [STATEMENTS[command][number]]:
        if statement["Action"] == UNENFORCED:
            assert statement["Condition"] == {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
            assert all(":role/advent/awsadvent/" in arn for arn in statement["Resource"])
            continue
        person.may([other for other in STATEMENTS[command] if other is not statement])
        done = person.runs(*COMMANDS[command])
        assert done.returncode == 1, statement
        assert "does not allow us" in done.stderr + done.stdout
        assert "bug in advent" not in done.stderr


def test_all_is_all_of_them(engine: Engine, advent: Run) -> None:
    assert {*COMMANDS} == {*deployer_policy.VERBS} == {*policies.COMMANDS}
    everything = json.loads(advent("policy").stdout)

    def pairs(document: Any) -> set[tuple[str, str]]:
        return {(action, arn) for s in document["Statement"] for action in s["Action"] for arn in s["Resource"]}

    assert pairs(everything) == set().union(*(pairs(json.loads(advent("policy", c).stdout)) for c in COMMANDS))
    assert not [action for action, _ in pairs(everything) if "*" in action]
    anywhere = {action for action, arn in pairs(everything) if arn == "*"}
    assert not [action for action in anywhere if action.split(":")[1].startswith(("Create", "Put", "Delete"))]
