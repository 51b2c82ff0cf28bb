"""Holds every resource of the stack to the contract on a real engine, without naming any."""

import json
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from advent_cli.aws.connect import connect
from advent_cli.aws.endpoint import Endpoint
from advent_cli.aws.retry import Waiter
from advent_cli.deploy import apply
from advent_cli.deploy.contention import run_step
from advent_cli.deploy.decide import Action, Step
from advent_cli.deploy.events import Outcome
from advent_cli.deploy.executor import Interrupt
from advent_cli.deploy.inspection import inspect
from advent_cli.errors import AdventError
from advent_cli.local.lifecycle import Engine
from advent_cli.output.labels import KIND_WIDTH
from advent_cli.resources.aws_lambda import BUSY, FAILED, READY, UPDATE_FAILED, state, wait_until_ready
from advent_cli.resources.function import Function
from advent_cli.stack.build import Stack, build
from tests.support import stacks, tampering

KEYS = list(stacks.without_calls().resources)
WAIT = Waiter()
WRITES = ("Create", "Put", "Update", "Delete", "Set", "Add", "Remove", "Tag", "Untag", "Subscribe", "Unsubscribe")


def writes(calls: list[str]) -> list[str]:
    return [call for call in calls if call.split(":")[1].startswith(WRITES)]


@pytest.fixture
def intact(deployed: Stack) -> Stack:
    """The stack, deployed and as wanted, whatever the previous test changed."""
    stacks.up(deployed)
    return deployed


@pytest.mark.parametrize("key", KEYS)
def test_after_up_it_is_as_wanted(intact: Stack, key: str) -> None:
    assert intact.resources[key].read() == intact.resources[key].want()


@pytest.mark.parametrize("key", KEYS)
def test_deleted_by_hand_it_is_recreated(intact: Stack, key: str) -> None:
    intact.resources[key].delete(WAIT)
    assert intact.resources[key].read() is None
    outcomes = stacks.up(intact)
    assert outcomes[key] in (Outcome.CREATED, Outcome.ATTACHED)
    assert intact.resources[key].read() == intact.resources[key].want()
    assert set(stacks.up(intact).values()) == {Outcome.UNCHANGED}


@pytest.mark.parametrize("key", KEYS)
def test_creating_or_deleting_twice_is_the_same_as_once(intact: Stack, key: str) -> None:
    """A retry after a lost answer finds what the first try has done."""
    resource = intact.resources[key]
    run_step(resource, None, Step(key, resource.title, resource.want(), None), WAIT)
    if resource.read() != resource.want():  # AWS created a second one of the same name
        now = resource.read()
        assert now is not None
        resource.update(now, WAIT)
    assert resource.read() == resource.want()
    resource.delete(WAIT)
    resource.delete(WAIT)
    assert resource.read() is None


@pytest.mark.parametrize("kind", tampering.CHANGES)
def test_a_change_by_hand_is_detected_and_reverted(intact: Stack, kind: str) -> None:
    resource = tampering.of_kind(intact, kind)
    for name, change in tampering.CHANGES[kind].items():
        change(intact, resource)
        steps = {step.key: step for step in inspect(intact).steps_up()}
        assert steps[resource.key].action is Action.UPDATE, name
        named = {difference.setting.split(".")[0] for difference in steps[resource.key].differences}
        assert name.split()[0] in named, name
        assert stacks.up(intact)[resource.key] in (Outcome.UPDATED, Outcome.ATTACHED), name
        assert resource.read() == resource.want(), name


def test_every_setting_is_tampered_with_or_fixed() -> None:
    for resource in stacks.without_calls().resources.values():
        assert resource.kind in tampering.CHANGES, f"{resource.kind}: add it to tests/support/tampering.py"
        assert len(resource.kind) <= KIND_WIDTH
        tampered = {change.split()[0] for change in tampering.CHANGES[resource.kind]}
        assert tampered | tampering.FIXED.get(resource.kind, set()) == resource.want().keys(), resource.kind


def test_a_second_up_writes_nothing(intact: Stack, running_engine: Engine) -> None:
    calls: list[str] = []
    again = stacks.tutorial(running_engine, calls)
    assert set(stacks.up(again).values()) == {Outcome.UNCHANGED}
    assert calls
    assert not writes(calls)


def test_only_the_missing_variable_is_attached_again_and_the_others_stay(intact: Stack) -> None:
    client = intact.aws.client("lambda")
    before = client.get_function_configuration(FunctionName="aws_advent")["Environment"]["Variables"]
    without = {name: value for name, value in before.items() if name != "SNS_TOPIC_ARN"}
    client.update_function_configuration(FunctionName="aws_advent", Environment={"Variables": without})
    wait_until_ready(intact.aws, "aws_advent", {}, WAIT)
    outcomes = stacks.up(intact)
    assert {key for key, outcome in outcomes.items() if outcome is not Outcome.UNCHANGED} == {
        "variable/SNS_TOPIC_ARN on aws_advent"
    }
    assert outcomes["variable/SNS_TOPIC_ARN on aws_advent"] is Outcome.ATTACHED
    assert client.get_function_configuration(FunctionName="aws_advent")["Environment"]["Variables"] == before


def test_up_down_down(engine: Engine) -> None:
    stack = stacks.tutorial(engine)
    stacks.up(stack)
    first = stacks.down(stack)
    assert set(first.values()) == {Outcome.DELETED}
    assert {resource.read() is None for resource in stack.resources.values()} == {True}
    assert set(stacks.down(stack).values()) == {Outcome.ABSENT}


def test_access_denied_is_not_absence(deployed: Stack, running_engine: Engine) -> None:
    stacks.up(deployed)
    iam = deployed.aws.client("iam")
    iam.create_user(UserName="nobody")
    keys = iam.create_access_key(UserName="nobody")["AccessKey"]
    endpoint = Endpoint(running_engine.url, keys["AccessKeyId"], keys["SecretAccessKey"], "us-east-1", "")
    stack = build(stacks.TUTORIAL, connect("awsadvent", endpoint=endpoint))
    with pytest.raises(ClientError, match="AccessDenied"):  # it cannot list orphans
        inspect(stack)
    allow: dict[str, Any] = {
        "Effect": "Allow",
        "Action": ["tag:GetResources", "iam:ListRoles", "apigateway:GET", "ssm:DescribeParameters"],
        "Resource": "*",
    }
    allow["Action"] += ["sns:ListSubscriptionsByTopic"]
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    iam.put_user_policy(UserName="nobody", PolicyName="looking", PolicyDocument=document)
    inspection = inspect(stack)
    for key, seen in inspection.seen.items():
        if not key.startswith(("api/", "route/")):
            assert isinstance(seen, AdventError), f"{key} was taken for {seen}"
            assert "access denied: " in seen.what
    assert apply.up(inspection, inspection.steps_up(), stacks.ignore, Interrupt()).exit_code == 1
    assert apply.down(inspection, inspection.steps_down(), stacks.ignore, Interrupt()).exit_code == 1
    assert {resource.read() == resource.want() for resource in deployed.resources.values()} == {True}


def statements(stack: Stack, function: str) -> Any:
    policy = json.loads(stack.aws.client("lambda").get_policy(FunctionName=function)["Policy"])
    return [
        (s["Effect"], s["Principal"]["Service"], s["Action"], s["Resource"].split(":")[-1], s["Condition"])
        for s in policy["Statement"]
    ]


def test_each_permission_is_for_exactly_one_source(intact: Stack) -> None:
    """The engine invokes functions without permissions; AWS does not."""
    api = intact.api.find()
    assert api
    route = f"arn:aws:execute-api:us-east-1:000000000000:{api['ApiId']}/*/POST/aws_advent"
    allow = ("Allow", "apigateway.amazonaws.com", "lambda:InvokeFunction", "aws_advent")
    assert statements(intact, "aws_advent") == [(*allow, {"ArnLike": {"AWS:SourceArn": route}})]
    topic = {"ArnLike": {"AWS:SourceArn": "arn:aws:sns:us-east-1:000000000000:awsadvent"}}
    for consumer in ("sns_multiplier", "sns_logger"):
        sns = ("Allow", "sns.amazonaws.com", "lambda:InvokeFunction", consumer, topic)
        assert statements(intact, consumer) == [sns]


def test_a_recreated_api_gets_a_permission_of_its_own(intact: Stack) -> None:
    intact.api.delete(WAIT)
    stacks.up(intact)
    assert len(statements(intact, "aws_advent")) == 1
    test_each_permission_is_for_exactly_one_source(intact)


def test_each_role_allows_what_its_function_uses_and_no_more(intact: Stack) -> None:
    iam = intact.aws.client("iam")

    def allowed_by(role: str) -> set[tuple[str, str]]:
        names = iam.list_role_policies(RoleName=role)["PolicyNames"]
        documents = [iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]
        statements = [s for document in documents for s in document["Statement"]]
        return {(action, s["Resource"].split("000000000000:")[1]) for s in statements for action in s["Action"]}

    def logs(function: str) -> set[tuple[str, str]]:
        group = f"log-group:/aws/lambda/{function}:*"
        return {("logs:CreateLogStream", group), ("logs:PutLogEvents", group)}

    add, dead_letters = ("dynamodb:UpdateItem", "table/table"), ("sqs:SendMessage", "awsadvent-dlq")
    read = ("dynamodb:BatchGetItem", "table/table")
    secret = ("ssm:GetParameter", "parameter/advent/awsadvent/slack-secret")
    publish = {("sns:Publish", "awsadvent"), dead_letters}
    assert allowed_by("aws_advent_lambda_dynamo") == logs("aws_advent") | publish | {read, add, secret}
    assert allowed_by("sns_multiplier_lambda_dynamo") == logs("sns_multiplier") | {add, dead_letters}
    assert allowed_by("sns_logger_lambda") == logs("sns_logger") | {dead_letters}
    names = iam.list_role_policies(RoleName="aws_advent_lambda_dynamo")["PolicyNames"]
    assert "aws_advent_lambda_dynamo_snspublish" in names  # the article's name


def test_a_table_with_another_key_is_refused_and_kept(engine: Engine) -> None:
    stack = stacks.tutorial(engine)
    dynamodb = stack.aws.client("dynamodb")
    dynamodb.create_table(
        TableName="table", BillingMode="PAY_PER_REQUEST", Tags=stack.aws.owner_tags,
        KeySchema=[{"AttributeName": "other", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "other", "AttributeType": "S"}],
    )  # fmt: skip
    with pytest.raises(AdventError, match="cannot change the key"):
        stacks.up(stack)
    assert dynamodb.describe_table(TableName="table")["Table"]["KeySchema"][0]["AttributeName"] == "other"


def test_a_function_whose_role_was_recreated_is_recreated_too(intact: Stack) -> None:
    """On AWS it would fail silently: Lambda's grant for its variables belongs to the deleted role."""
    role, function = (tampering.of_kind(intact, kind) for kind in ("role", "function"))
    role.delete(WAIT)
    role.create(WAIT)  # as by another run that was killed afterwards
    steps = {step.key: step for step in inspect(stacks.tutorial_again(intact)).steps_up()}
    assert [difference.setting for difference in steps[function.key].differences] == ["role"]
    outcomes = stacks.up(stacks.tutorial_again(intact))
    assert outcomes[function.key] is Outcome.UPDATED
    permission = next(key for key, r in intact.resources.items() if r.parent == function.key and r.kind == "permission")
    assert outcomes[permission] is Outcome.CREATED  # it was deleted with the old function
    assert set(stacks.up(stacks.tutorial_again(intact)).values()) == {Outcome.UNCHANGED}


@pytest.mark.parametrize(
    "answer",
    [
        {"TagsError": {"ErrorCode": "AccessDenied", "Message": "no lambda:ListTags".ljust(90)}},
        {"Tags": {"advent:stack": "awsadvent"}, "Error": {"ErrorCode": "AccessDenied", "Message": "no kms:Decrypt"}},
    ],
)
def test_an_incomplete_answer_is_an_error(running_engine: Engine, answer: Any) -> None:
    stack = stacks.tutorial(running_engine)
    function = next(r for r in stack.resources.values() if isinstance(r, Function))
    configuration = {
        "FunctionName": function.name, "FunctionArn": function.arn, "LastModified": "", "CodeSha256": "x",
        "MemorySize": 128, "Timeout": 3, "Role": "x", "Environment": {"Error": answer.pop("Error", None)},
    }  # fmt: skip
    if configuration["Environment"] == {"Error": None}:
        del configuration["Environment"]
    stub = Stubber(stack.aws.client("lambda"))
    stub.add_response("get_function", {"Configuration": configuration, **answer})
    alone = replace(function, role=None)
    with stub, stack.aws.caching():
        stack.aws.cached(("policy", function.name), lambda: None)
        with pytest.raises(AdventError, match="access denied: the "):
            alone.read()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"State": "Pending", "LastUpdateStatus": "InProgress"}, BUSY),
        ({"State": "Active", "LastUpdateStatus": "InProgress"}, BUSY),
        ({"State": "Active", "LastUpdateStatus": "Successful"}, READY),
        ({"State": "Inactive", "LastUpdateStatus": "Successful"}, READY),
        ({"State": "Failed"}, FAILED),
        ({"State": "Active", "LastUpdateStatus": "Failed"}, UPDATE_FAILED),
        ({}, READY),
    ],
)
def test_the_states_of_lambda(answer: dict[str, str], expected: str) -> None:
    assert state(answer) == expected
