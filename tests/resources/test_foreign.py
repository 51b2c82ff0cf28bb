"""Foreign resources, with a wanted name but without the stack's tag: unchanged, reported, and adopted on request."""

import shutil
import signal
import subprocess
from pathlib import Path
from typing import IO

import pytest

from advent_cli.aws.connect import connect
from advent_cli.aws.retry import Waiter
from advent_cli.deploy import apply
from advent_cli.deploy.events import Outcome
from advent_cli.deploy.executor import Interrupt
from advent_cli.deploy.inspection import inspect
from advent_cli.errors import ForeignError
from advent_cli.local.lifecycle import Engine
from advent_cli.messages import post, slack_post
from advent_cli.resources.aws_lambda import wait_until_ready
from advent_cli.stack.build import Stack, build
from advent_cli.words import counts
from tests.conftest import ADVENT, Run
from tests.support import reading, stacks
from tests.test_end_to_end import client


def foreign(engine: Engine) -> Stack:
    """A stack with the same names that belongs to another stack name."""
    other = build(stacks.TUTORIAL, connect("somebody-else", endpoint=engine.endpoint))
    stacks.up(other)
    return other


def test_foreign_resources_stay_unchanged(engine: Engine, advent: Run) -> None:
    other = foreign(engine)
    post.post(other.url or "", slack_post.build_request("theirs", stacks.TUTORIAL.slack, None), Waiter())
    Waiter().until(lambda: counts.of(other.table, ["theirs"]) == {"theirs": 11}, "they have counted", within=60)
    wait_until_ready(other.aws, "aws_advent", {}, Waiter())
    before = reading.everything(other.aws)
    assert {key.split()[0] for key in before} > {"table", "role", "function", "api", "/aws/lambda/sns_logger"}
    for command in (["plan"], ["up", "--yes"], ["up", "--yes", "--keep-going"], ["status"], ["down", "--yes"]):
        done = advent(*command, code=4)
        for resource in other.resources.values():
            if not resource.parent:
                assert (
                    f"{resource.title} exists but is not managed by this stack (arn:aws:" in done.stdout + done.stderr
                )
        assert "advent up --adopt table/table" in done.stdout + done.stderr
        assert reading.everything(other.aws) == before, command


def make_foreign_table(stack: Stack) -> None:
    stack.aws.client("dynamodb").create_table(
        TableName="table",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "word", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "word", "AttributeType": "S"}],
    )


def make_foreign_topic(stack: Stack) -> None:
    stack.aws.client("sns").create_topic(Name="awsadvent")


FOREIGN = {
    "topic/awsadvent": (
        make_foreign_topic,
        {"function/aws_advent", "policy/aws_advent_lambda_dynamo_snspublish", "permission/awsadvent to sns_logger"},
        {"table/table", "function/sns_multiplier", "function/sns_logger", "role/aws_advent_lambda_dynamo"},
    ),
    "table/table": (
        make_foreign_table,
        {
            "function/aws_advent",
            "policy/aws_advent_lambda_dynamo_microservice",
            "subscription/awsadvent to sns_multiplier",
        },
        {"topic/awsadvent", "function/sns_logger", "subscription/awsadvent to sns_logger", "api/aws_advent"},
    ),
}


@pytest.mark.parametrize("key", FOREIGN)
def test_what_uses_a_foreign_resource_is_not_created_and_the_rest_is(engine: Engine, key: str) -> None:
    make, dependents, others = FOREIGN[key]
    make(stacks.tutorial(engine))
    stack = stacks.tutorial(engine)
    inspection = inspect(stack)
    result = apply.up(inspection, inspection.steps_up(), stacks.ignore, Interrupt())
    assert result.exit_code == 4
    assert isinstance(result.finished[key].error, ForeignError)
    for other in dependents:
        assert result.finished[other].outcome in (Outcome.LEFT, Outcome.SKIPPED)
        assert stack.resources[other].read() is None
    assert {result.finished[other].outcome for other in others} == {Outcome.CREATED}
    assert result.finished["route/POST /aws_advent"].outcome is Outcome.LEFT  # so that no message gets there
    inspection = inspect(stack)
    assert apply.down(inspection, inspection.steps_down(), stacks.ignore, Interrupt()).exit_code == 4
    assert not [key for key, seen in inspect(stack).seen.items() if isinstance(seen, dict)]


def test_up_changes_nothing_if_something_foreign_is_in_the_way(engine: Engine, advent: Run) -> None:
    make_foreign_table(stacks.tutorial(engine))
    make_foreign_topic(stacks.tutorial(engine))
    aws = stacks.tutorial(engine).aws
    before = reading.everything(aws)
    for options in ((), ("--yes",), ("--explain",)):
        done = advent("up", *options, code=4)
        assert done.stdout == ""
        _, *errors, note = done.stderr.splitlines()
        assert [line.split(" exists but")[0] for line in errors[::2]] == [
            "error: table table",
            "error: topic awsadvent",
        ]
        assert [line.split(" with ")[1] for line in errors[1::2]] == [
            "`advent up --adopt table/table`",
            "`advent up --adopt topic/awsadvent`",
        ]
        assert note == "nothing was changed; `advent up --keep-going` does what is not blocked"
        assert reading.everything(aws) == before

    half = advent("up", "--adopt", "table/table", code=4).stderr
    assert "error: table table" not in half
    assert half.endswith("nothing else was changed; `advent up --keep-going` does what is not blocked\n")
    assert {key for key in reading.everything(aws) if key.startswith(("role", "function"))} == set()

    rest = advent("up", "--keep-going", code=4).stderr
    assert "Lambda function     sns_multiplier" in rest
    assert rest.count("error: ") == 1
    assert "role sns_logger_lambda" in reading.everything(aws)
    assert "function aws_advent" not in reading.everything(aws)


def test_up_watch_stops_before_its_first_change_too(engine: Engine, tmp_path: Path) -> None:
    make_foreign_table(stacks.tutorial(engine))
    aws = stacks.tutorial(engine).aws
    before = reading.everything(aws)
    shutil.copytree(stacks.ROOT / "handlers", tmp_path / "handlers")
    config = tmp_path / "config.yaml"
    shutil.copy(stacks.ROOT / "config.yaml", config)
    command = [str(ADVENT), "up", "--watch"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as watching:
        assert watching.stderr
        try:
            first = up_to("watching config.yaml", watching.stderr)
            config.write_text(config.read_text() + "# saved\n")
            again = up_to("--adopt table/table", watching.stderr)
            watching.send_signal(signal.SIGINT)
        finally:
            watching.terminate()
    assert "nothing was changed" in first
    assert "config.yaml: error: table table exists but is not managed" in again
    assert reading.everything(aws) == before


def up_to(words: str, stream: IO[str]) -> str:
    """All lines up to the one with `words`, or to the end."""
    text = ""
    while words not in text and (line := stream.readline()):
        text += line
    return text


def test_the_same_stack_in_another_region_is_another_stack(engine: Engine) -> None:
    """Roles are global: those of one region must survive up and down in the other."""
    here = stacks.tutorial(engine)
    stacks.up(here)
    there = build(stacks.TUTORIAL, connect("awsadvent", region="eu-west-1", endpoint=engine.endpoint))
    inspection = inspect(there)
    assert isinstance(inspection.seen["role/sns_logger_lambda"], ForeignError)
    assert apply.up(inspection, inspection.steps_up(), stacks.ignore, Interrupt()).exit_code == 4
    inspection = inspect(there)
    assert apply.down(inspection, inspection.steps_down(), stacks.ignore, Interrupt()).exit_code == 4
    assert set(stacks.up(stacks.tutorial(engine)).values()) == {Outcome.UNCHANGED}


def test_foreign_resources_are_reported_with_hints_and_can_be_adopted(engine: Engine, advent: Run) -> None:
    client(engine, "dynamodb").create_table(
        TableName="table",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "word", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "word", "AttributeType": "S"}],
    )
    client(engine, "dynamodb").put_item(TableName="table", Item={"word": {"S": "theirs"}, "count": {"N": "7"}})
    client(engine, "sns").create_topic(Name="awsadvent")
    client(engine, "logs").create_log_group(logGroupName="/aws/lambda/sns_logger")
    client(engine, "apigatewayv2").create_api(Name="aws_advent", ProtocolType="HTTP")
    keys = ["table/table", "topic/awsadvent", "log-group//aws/lambda/sns_logger", "api/aws_advent"]
    for command in ("plan", "status", "up"):
        done = advent(command, code=4)
        for key in keys:
            assert f"advent up --adopt {key}" in done.stdout + done.stderr
        assert "arn:aws:dynamodb:us-east-1:000000000000:table/table, created 20" in done.stdout + done.stderr
    assert "use one of: table/table" in advent("up", "--adopt", "table/other", code=2).stderr
    options = [word for key in keys for word in ("--adopt", key)]
    advent("up", *options)
    assert "nothing to do" in advent("plan").stdout
    assert advent("say", "--no-wait", "theirs").stdout == "theirs = 8\n"  # the table keeps its items
    assert "nothing is left: " in advent("down", "--yes").stderr


def test_what_no_update_can_fix_is_not_adopted(engine: Engine, advent: Run) -> None:
    client(engine, "iam").create_role(RoleName="sns_logger_lambda", AssumeRolePolicyDocument='{"Statement": []}')
    client(engine, "dynamodb").create_table(
        TableName="table",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}],
    )
    error = advent("up", "--adopt", "table/table", code=4).stderr
    assert "its primary key must be word (S), but is id (N)" in error
    assert "cannot change the path" in advent("up", "--adopt", "role/sns_logger_lambda", code=4).stderr


def test_of_a_foreign_resource_only_the_owner_is_read(engine: Engine) -> None:
    foreign(engine)
    calls: list[str] = []
    inspect(stacks.tutorial(engine, calls))
    made = {call.split()[0] for call in calls}
    assert {"lambda:GetFunction", "iam:GetRole", "sns:ListTagsForResource"} <= made
    assert not made & {
        "lambda:GetPolicy",
        "iam:GetRolePolicy",
        "iam:ListRolePolicies",
        "sns:GetSubscriptionAttributes",
        "apigateway:GetRoutes",
        "dynamodb:Scan",
    }
