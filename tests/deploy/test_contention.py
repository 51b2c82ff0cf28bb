"""What AWS does for a while and the engine never does: imitated, waited out, and told in words."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import pytest
from botocore.exceptions import ClientError

from advent_cli.aws.aws_errors import explain
from advent_cli.aws.retry import AGAIN, Waiter
from advent_cli.deploy import apply
from advent_cli.deploy.contention import WITHIN, carry_out
from advent_cli.deploy.events import Event, Waiting
from advent_cli.deploy.executor import Interrupt
from advent_cli.deploy.inspection import inspect
from advent_cli.errors import AdventError
from tests.deploy.test_faults import inventory, prepared, proxy, run, through, undisturbed
from tests.support import stacks
from tests.support.proxy import Fault, Handler, Proxy, changing, cut_after, pass_on, refusing

__all__ = ["proxy"]  # the fixture

ROLE = refusing(400, "InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda.")
UPDATING = refusing(
    409,
    "ResourceConflictException",
    "The operation cannot be performed at this time. An update is in progress for resource: arn",
)
CONCURRENT = refusing(
    409,
    "ResourceConflictException",
    "The function could not be updated due to a concurrent update operation. Please try again later.",
)
APIGW_BUSY = refusing(
    409, "ConflictException", "Unable to complete operation due to concurrent modification. Please try again later."
)
STALE = refusing(400, "StaleTag", "A tag has been added to a resource with the same ARN as a deleted resource.")
DELETING = changing('"TableStatus": "ACTIVE"', '"TableStatus": "DELETING"')
CREATING = changing('"TableStatus": "ACTIVE"', '"TableStatus": "CREATING"')
IN_USE = refusing(400, "ResourceInUseException", "Attempt to change a resource which is still in use")
PENDING = changing('"State": "Active"', '"State": "Pending"')
NO_APIS = changing(r'"items": \[.*\]', '"items": []')
CONFLICT = refusing(409, "DeleteConflict", "Cannot delete entity, must delete policies first.")
ABORTED = refusing(400, "OperationAbortedException", "A conflicting operation is currently in progress")
TOO_MANY = refusing(429, "TooManyRequestsException", "Rate exceeded")

UP: dict[str, tuple[dict[str, list[Fault]], str]] = {
    "a role not known to Lambda": ({"lambda:CreateFunction": [ROLE] * 5}, "IAM has not told Lambda about the role yet"),
    "a function that is being made": ({"lambda:GetFunctionConfiguration": [PENDING] * 4}, "Lambda is setting up"),
    "two writers of one policy": ({"lambda:AddPermission": [CONCURRENT] * 3}, "Lambda is busy with"),
    "tags of a topic just deleted": ({"sns:CreateTopic": [STALE] * 2}, "SNS still remembers"),
    "a busy API": ({"apigateway:CreateRoute": [APIGW_BUSY] * 2, "apigateway:CreateStage": [APIGW_BUSY]}, "API Gateway"),
    "too many APIs at once": ({"apigateway:CreateApi": [TOO_MANY] * 2}, "API Gateway takes only a few"),
    "a busy log group": ({"logs:CreateLogGroup": [ABORTED], "logs:PutRetentionPolicy": [ABORTED]}, "CloudWatch Logs"),
    "an API lost and not listed": ({"apigateway:CreateApi": [cut_after]}, ""),
}
DOWN: dict[str, tuple[dict[str, list[Fault]], str]] = {
    "a table still busy": ({"dynamodb:DeleteTable": [IN_USE] * 2}, "DynamoDB is still busy"),
    "a function still busy": ({"lambda:DeleteFunction": [UPDATING] * 3}, "Lambda is still busy"),
    "a role whose lists lag": ({"iam:DeleteRole": [CONFLICT] * 2}, "IAM has not taken the policies off"),
    "slow deletion of APIs": ({"apigateway:DeleteApi": [TOO_MANY] * 2}, ""),  # botocore's own retries suffice
}


def told(proxy: Proxy, command: str) -> tuple[int, str]:
    """Run up or down; the exit code, and all the words of steps that waited."""
    words: list[str] = []

    def listen(event: Event) -> None:
        if isinstance(event, Waiting):
            words.append(event.words)

    inspection = inspect(through(proxy))
    work, steps = (apply.up, inspection.steps_up()) if command == "up" else (apply.down, inspection.steps_down())
    return work(inspection, steps, listen, Interrupt()).exit_code, "; ".join(words)


@pytest.mark.parametrize("transient", [*UP, *DOWN])
def test_a_race_is_waited_out_and_told(proxy: Proxy, transient: str) -> None:
    command, (script, words) = ("up", UP[transient]) if transient in UP else ("down", DOWN[transient])
    _, expected = undisturbed(proxy, command)
    prepared(proxy.engine, command)
    proxy.begin()
    proxy.script = {name: list(faults) for name, faults in script.items()}
    code, waited = told(proxy, command)
    assert code == 0
    assert words in waited
    assert not any(proxy.script.values())  # each of them was met
    assert inventory(proxy.engine) == expected


def test_up_right_after_down_waits_for_the_old_table_to_go(proxy: Proxy) -> None:
    """DescribeTable goes on naming a table for some seconds; it is DELETING, and CreateTable is refused till then."""
    prepared(proxy.engine, "down")
    gone = refusing(400, "ResourceNotFoundException", "Requested resource not found: Table: table not found")
    proxy.begin()
    proxy.script = {"dynamodb:DescribeTable": [DELETING] * 3 + [gone], "dynamodb:CreateTable": [forgetting]}
    code, words = told(proxy, "up")
    assert (code, "DynamoDB is still deleting the old table" in words) == (0, True)
    assert inventory(proxy.engine)["undone"] == []


def forgetting(handler: Handler, body: bytes) -> None:
    """CreateTable, after the engine has really lost the old one."""
    stacks.tutorial(handler.server.proxy.engine).aws.client("dynamodb").delete_table(TableName="table")
    pass_on(handler, body)


def test_a_table_half_made_is_finished_and_asked_whose_it_is_only_then(proxy: Proxy) -> None:
    prepared(proxy.engine, "down")
    proxy.begin()
    proxy.script = {"dynamodb:DescribeTable": [CREATING] * 3}
    code, words = told(proxy, "up")
    assert (code, "DynamoDB says the table is CREATING" in words) == (0, True)


def test_a_permanent_refusal_ends_at_once_and_names_action_resource_and_principal(proxy: Proxy) -> None:
    prepared(proxy.engine, "up")
    message = (
        "User: arn:aws:iam::1:user/me is not authorized to perform: dynamodb:CreateTable on resource: arn:table "
        "with an explicit deny in a service control policy"
    )
    proxy.begin()
    proxy.script = {"dynamodb:CreateTable": [refusing(400, "AccessDeniedException", message)]}
    result = run(proxy, "up")
    assert result.exit_code == 1
    assert message in str(result.finished["table/table"].error)
    assert result.finished["table/table"].seconds < 5
    assert proxy.calls.count("dynamodb:CreateTable") == 1
    assert stacks.up(stacks.tutorial(proxy.engine))["table/table"].value == "created"


FILTER = refusing(
    400, "InvalidParameter", "Invalid parameter: Attributes Reason: FilterPolicy: Unrecognized match type"
)
TAGS = refusing(400, "InvalidParameter", "Invalid parameter: Tags Reason: Topic already exists with different tags")
NO_FUNCTION = refusing(404, "ResourceNotFoundException", "Function not found: arn")
NO_BOUNDARY = refusing(404, "NoSuchEntity", "Scope ARN: arn does not exist or is not attachable.")
GENUINE = {  # the step, its calls, what each is answered -> how often it is sent, a part of the hint
    "a wrong setting": ("topic/awsadvent", "sns:CreateTopic", refusing(400, "InvalidParameter", "Topic Name"), 1, ""),
    "a wrong filter": ("subscription/awsadvent to sns_logger", "sns:Subscribe", FILTER, 1, ""),
    "no boundary": ("role/sns_logger_lambda", "iam:CreateRole", NO_BOUNDARY, 3, "check permissions_boundary"),
    "no function to call": ("permission/awsadvent to sns_logger", "lambda:AddPermission", NO_FUNCTION, 3, ""),
    "no function to set": ("destination/sns_logger", "lambda:PutFunctionEventInvokeConfig", NO_FUNCTION, 3, ""),
}


@pytest.mark.parametrize("kind", GENUINE)
def test_a_genuine_error_is_told_soon_as_it_is_and_blames_no_other_run(proxy: Proxy, kind: str) -> None:
    key, call, fault, times, hint = GENUINE[kind]
    prepared(proxy.engine, "up")
    proxy.begin()
    proxy.script = {call: [fault] * 100}
    words: list[str] = []
    inspection = inspect(through(proxy))
    step = next(step for step in inspection.steps_up() if step.key == key)
    began = time.monotonic()
    with pytest.raises(ClientError) as caught:
        carry_out(inspection.stack.resources[key], None, step, Waiter(notify=words.append))
    assert time.monotonic() - began < WITHIN / 3
    assert proxy.calls.count(call) == times
    error = explain(caught.value)
    assert error
    assert hint in error.hint
    assert bool(error.hint) == bool(hint)
    assert not [word for word in words if "another run" in word]


def test_where_aws_says_that_it_exists_the_run_waits_and_only_that_gets_advice_to_run_again(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply, "Waiter", Hurried)
    prepared(proxy.engine, "up")
    proxy.begin()
    proxy.script = {"sns:CreateTopic": [TAGS] * 4}
    code, words = told(proxy, "up")
    assert (code, "perhaps by another run" in words) == (0, True)
    prepared(proxy.engine, "up")
    proxy.begin()
    proxy.script = {"sns:CreateTopic": [TAGS] * 100}
    error = run(proxy, "up").finished["topic/awsadvent"].error
    assert isinstance(error, AdventError)
    assert "already exists with different tags" in str(error)
    assert error.hint == AGAIN


def test_who_loses_what_it_is_a_part_of_is_told_to_run_again(proxy: Proxy) -> None:
    prepared(proxy.engine, "up")
    proxy.begin()

    def deleted_by_another(handler: Handler, body: bytes) -> None:
        client = stacks.tutorial(handler.server.proxy.engine).aws.client("lambda")
        with suppress(ClientError):
            client.delete_function(FunctionName="sns_logger")
        pass_on(handler, body)

    proxy.script = {"lambda:PutFunctionEventInvokeConfig": [deleted_by_another] * 100}
    error = run(proxy, "up").finished["destination/sns_logger"].error
    assert isinstance(error, AdventError)
    assert error.hint == AGAIN


@dataclass(frozen=True)
class Hurried(Waiter):
    """A patience whose clock runs fast."""

    clock: Callable[[], float] = lambda: time.monotonic() * 20
