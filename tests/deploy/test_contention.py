"""Transient errors that AWS returns and the engine never does: imitated, waited out, and reported."""

import json
import time
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from botocore.exceptions import ClientError

from advent_cli.aws.aws_errors import DENIED_HINT, explain
from advent_cli.aws.retry import AGAIN, Waiter
from advent_cli.deploy import apply
from advent_cli.deploy.contention import WITHIN, run_step
from advent_cli.deploy.events import Event, Waiting
from advent_cli.deploy.executor import Interrupt
from advent_cli.deploy.inspection import inspect
from advent_cli.errors import AdventError
from tests.deploy.test_faults import fresh, inventory, prepared, proxy, run, start, through, undisturbed
from tests.support import stacks
from tests.support.proxy import Fault, Handler, Proxy, changing, cut_after, pass_on, refusing
from tests.support.tampering import CHANGES

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

# A part of IAM that does not know the role yet judges the request on the ARN without the path: see resources/iam.py.
DENIED = refusing(
    403,
    "AccessDenied",
    "User: arn:aws:iam::1:user/me is not authorized to perform: iam:PutRolePolicy on resource: role sns_logger_lambda "
    "because no identity-based policy allows the iam:PutRolePolicy action",
)

UP: dict[str, tuple[dict[str, list[Fault]], str]] = {
    "a role unknown to Lambda": (
        {"lambda:CreateFunction": [ROLE] * 5},
        "IAM has not made the role known to Lambda yet",
    ),
    "a function that is being created": (
        {"lambda:GetFunction": [pass_on] * 3 + [PENDING] * 4},  # the inspection looks at each of three functions
        "Lambda is setting up",
    ),
    "a role unknown to a part of IAM": (
        {"iam:PutRolePolicy": [DENIED] * 3},
        "IAM does not know the new role everywhere yet",
    ),
    "two writers of one policy": ({"lambda:AddPermission": [CONCURRENT] * 3}, "Lambda is busy with"),
    "tags of a deleted topic": ({"sns:CreateTopic": [STALE] * 2}, "SNS still remembers"),
    "a busy API": ({"apigateway:CreateRoute": [APIGW_BUSY] * 2, "apigateway:CreateStage": [APIGW_BUSY]}, "API Gateway"),
    "too many APIs at once": ({"apigateway:CreateApi": [TOO_MANY] * 2}, "API Gateway allows only a few"),
    "a busy log group": ({"logs:CreateLogGroup": [ABORTED], "logs:PutRetentionPolicy": [ABORTED]}, "CloudWatch Logs"),
    "a created API whose answer is lost": ({"apigateway:CreateApi": [cut_after]}, ""),
}
DOWN: dict[str, tuple[dict[str, list[Fault]], str]] = {
    "a busy table": ({"dynamodb:DeleteTable": [IN_USE] * 2}, "DynamoDB is still busy"),
    "a busy function": ({"lambda:DeleteFunction": [UPDATING] * 3}, "Lambda is still updating"),
    "a role whose lists lag": ({"iam:DeleteRole": [CONFLICT] * 2}, "IAM has not removed the policies"),
    "slow deletion of APIs": ({"apigateway:DeleteApi": [TOO_MANY] * 2}, ""),  # botocore's own retries suffice
}


def run_listening(proxy: Proxy, command: str) -> tuple[int, str]:
    """Run up or down; returns the exit code, and all the words of steps that waited."""
    words: list[str] = []
    inspection = inspect(through(proxy))
    work, steps = (apply.up, inspection.steps_up()) if command == "up" else (apply.down, inspection.steps_down())
    code = work(inspection, steps, lambda event: words.extend(waited(event)), Interrupt()).exit_code
    return code, "; ".join(words)


def waited(event: Event) -> list[str]:
    """The words of a step that waits; nothing for other events."""
    return [event.words] if isinstance(event, Waiting) else []


@pytest.mark.parametrize("transient", [*UP, *DOWN])
def test_a_transient_error_is_waited_out_and_reported(proxy: Proxy, transient: str) -> None:
    command, (script, words) = ("up", UP[transient]) if transient in UP else ("down", DOWN[transient])
    _, expected = undisturbed(proxy, command)
    prepared(proxy.engine, command)
    proxy.begin()
    proxy.script = {name: list(faults) for name, faults in script.items()}
    code, waited = run_listening(proxy, command)
    assert code == 0
    assert words in waited
    assert not any(proxy.script.values())  # each fault happened
    assert inventory(proxy.engine) == expected


def test_up_right_after_down_waits_until_the_old_table_is_gone(proxy: Proxy) -> None:
    """For some seconds DescribeTable returns the deleted table as DELETING, and CreateTable is refused."""
    prepared(proxy.engine, "down")
    gone = refusing(400, "ResourceNotFoundException", "Requested resource not found: Table: table not found")
    proxy.begin()
    proxy.script = {"dynamodb:DescribeTable": [DELETING] * 3 + [gone], "dynamodb:CreateTable": [forgetting]}
    code, words = run_listening(proxy, "up")
    assert (code, "DynamoDB is still deleting the old table" in words) == (0, True)
    assert inventory(proxy.engine)["undone"] == []


def forgetting(handler: Handler, body: bytes) -> None:
    """Pass on CreateTable after deleting the old table in the engine."""
    stacks.tutorial(handler.server.proxy.engine).aws.client("dynamodb").delete_table(TableName="table")
    pass_on(handler, body)


def test_a_table_in_creation_is_waited_for_before_its_owner_is_checked(proxy: Proxy) -> None:
    prepared(proxy.engine, "down")
    proxy.begin()
    proxy.script = {"dynamodb:DescribeTable": [CREATING] * 3}
    code, words = run_listening(proxy, "up")
    assert (code, "DynamoDB reports the table as CREATING" in words) == (0, True)


def test_access_denied_ends_at_once_and_names_action_resource_and_principal(proxy: Proxy) -> None:
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


def test_a_new_role_whose_policy_stays_refused_is_reported_as_access_denied(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply, "Waiter", FastWaiter)
    prepared(proxy.engine, "up")
    proxy.begin()
    proxy.script = {"iam:PutRolePolicy": [DENIED] * 1000}
    words: list[str] = []
    inspection = inspect(stack := through(proxy))
    result = apply.up(inspection, inspection.steps_up(), lambda event: words.extend(waited(event)), Interrupt())
    assert result.exit_code == 1
    assert "IAM does not know the new role everywhere yet, 29 s" in words
    (error,) = result.problems
    assert isinstance(error, AdventError)
    assert (error.what, error.hint) == ("4 resources: access denied: PutRolePolicy", DENIED_HINT)

    words.clear()  # the same run's roles are old after the next inspection
    policies = [step for step in inspect(stack).steps_up() if step.key.startswith("policy/")]
    for step in policies:
        proxy.begin()
        proxy.script = {"iam:PutRolePolicy": [DENIED] * 1000}
        with pytest.raises(ClientError):
            run_step(stack.resources[step.key], None, step, Waiter(notify=words.append))
        assert (words, proxy.calls) == ([], ["iam:PutRolePolicy"])


def test_a_refused_policy_of_a_role_that_was_there_is_reported_at_once(proxy: Proxy) -> None:
    prepared(proxy.engine, "down")
    stack = fresh(proxy.engine.endpoint)
    for resource in stack.resources.values():
        if resource.kind == "policy":
            CHANGES["policy"]["document"](stack, resource)
    proxy.begin()
    proxy.script = {"iam:PutRolePolicy": [DENIED] * 1000}
    code, words = run_listening(proxy, "up")
    assert (code, words) == (1, "")
    assert proxy.calls.count("iam:PutRolePolicy") == len([key for key in stack.resources if key.startswith("policy/")])


def made_by_another(code: str) -> Fault:
    """A fault of CreateQueue: another run has made the queue with other attributes.

    "Amazon SQS returns this error only if the request includes attributes whose values differ from those of the
    existing queue": QueueNameExists in botocore's model of SQS. Its code is QueueAlreadyExists for older clients.
    """

    def fault(handler: Handler, body: bytes) -> None:
        aws = stacks.tutorial(handler.server.proxy.engine).aws
        attributes = {"MessageRetentionPeriod": "60"}
        aws.client("sqs").create_queue(QueueName="awsadvent-dlq", Attributes=attributes, tags=aws.owner_tag)
        refusing(400, code, "A queue already exists with the same name and a different value for an attribute")(
            handler, body
        )

    return fault


@pytest.mark.parametrize("code", ["QueueAlreadyExists", "QueueNameExists", "AWS.SimpleQueueService.QueueNameExists"])
def test_a_queue_that_exists_with_other_attributes_is_updated(proxy: Proxy, code: str) -> None:
    _, expected = undisturbed(proxy, "up")
    prepared(proxy.engine, "up")
    proxy.begin()
    proxy.script = {"sqs:CreateQueue": [made_by_another(code)]}
    assert not run(proxy, "up").problems
    assert proxy.calls.count("sqs:SetQueueAttributes") == 1
    assert inventory(proxy.engine) == expected


def test_functions_are_polled_with_the_call_that_has_a_quota_of_its_own(proxy: Proxy) -> None:
    """Lambda answers 100 GetFunction a second; GetFunctionConfiguration is one of "the remainder of the control plane
    API requests", which share 15 ("Lambda quotas" in its developer guide).
    """
    prepared(proxy.engine, "down")
    stack = fresh(proxy.engine.endpoint)
    for kind in ("function", "variable"):
        change = next(iter(CHANGES[kind].values()))
        change(stack, next(resource for resource in stack.resources.values() if resource.kind == kind))
    proxy.begin()
    assert run(proxy, "up").exit_code == 0
    assert "lambda:UpdateFunctionConfiguration" in proxy.calls
    prepared(proxy.engine, "up")
    assert run(proxy, "up").exit_code == 0
    assert "lambda:CreateFunction" in proxy.calls
    assert "lambda:GetFunctionConfiguration" not in proxy.calls


# SNS's message about a filter quotes the filter.
FILTER = refusing(
    400, "InvalidParameter", "Invalid parameter: FilterPolicy: Filter policy can not have more than 5 keys"
)
QUOTED = refusing(
    400,
    "InvalidParameter",
    "Invalid parameter: Attributes Reason: FilterPolicy: Unrecognized match type at [Source: (String) already exists]",
)
QUEUE = refusing(400, "InvalidParameter", "Invalid parameter: RedrivePolicy: the target must be a queue in this region")
KMS = refusing(
    400,
    "InvalidParameterValueException",
    "Lambda was unable to configure access to your environment variables because the KMS key is invalid for "
    "CreateGrant. Please check your KMS key settings. KMS Exception: InvalidArnException KMS Message: Key Aliases are "
    "not supported for this operation.",  # as reported to Terraform, in hashicorp/terraform#20813
)
TAGS = refusing(400, "InvalidParameter", "Invalid parameter: Tags Reason: Topic already exists with different tags")
NO_FUNCTION = refusing(404, "ResourceNotFoundException", "Function not found: arn")
NO_BOUNDARY = refusing(404, "NoSuchEntity", "Scope ARN: arn does not exist or is not attachable.")
PERMANENT = {  # the step, its call, the answer to each -> how often it is sent, a part of the hint
    "a wrong setting": ("topic/awsadvent", "sns:CreateTopic", refusing(400, "InvalidParameter", "Topic Name"), 1, ""),
    "a wrong filter": ("subscription/awsadvent to sns_logger", "sns:Subscribe", FILTER, 1, ""),
    "a wrong filter that is quoted": ("subscription/awsadvent to sns_logger", "sns:Subscribe", QUOTED, 1, ""),
    "a wrong queue": ("subscription/awsadvent to sns_logger", "sns:Subscribe", QUEUE, 1, ""),
    "a wrong key": ("function/sns_logger", "lambda:CreateFunction", KMS, 1, ""),
    "no boundary": ("role/sns_logger_lambda", "iam:CreateRole", NO_BOUNDARY, 3, "check permissions_boundary"),
    "no function to invoke": ("permission/awsadvent to sns_logger", "lambda:AddPermission", NO_FUNCTION, 3, ""),
    "no function to configure": ("destination/sns_logger", "lambda:PutFunctionEventInvokeConfig", NO_FUNCTION, 3, ""),
}


@pytest.mark.parametrize("kind", PERMANENT)
def test_a_permanent_error_is_reported_soon_and_does_not_blame_another_run(proxy: Proxy, kind: str) -> None:
    key, call, fault, times, hint = PERMANENT[kind]
    prepared(proxy.engine, "up")
    proxy.begin()
    proxy.script = {call: [fault] * 100}
    words: list[str] = []
    inspection = inspect(through(proxy))
    step = next(step for step in inspection.steps_up() if step.key == key)
    began = time.monotonic()
    with pytest.raises(ClientError) as caught:
        run_step(inspection.stack.resources[key], None, step, Waiter(notify=words.append))
    assert time.monotonic() - began < WITHIN / 3
    assert proxy.calls.count(call) == times
    error = explain(caught.value)
    assert error
    assert hint in error.hint
    assert bool(error.hint) == bool(hint)
    assert not [word for word in words if "another run" in word]


def test_if_aws_says_that_it_already_exists_the_run_waits_and_then_advises_to_run_again(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply, "Waiter", FastWaiter)
    prepared(proxy.engine, "up")
    proxy.begin()
    proxy.script = {"sns:CreateTopic": [TAGS] * 4}
    code, words = run_listening(proxy, "up")
    assert (code, "perhaps by another run" in words) == (0, True)
    prepared(proxy.engine, "up")
    proxy.begin()
    proxy.script = {"sns:CreateTopic": [TAGS] * 100}
    error = run(proxy, "up").finished["topic/awsadvent"].error
    assert isinstance(error, AdventError)
    assert "already exists with different tags" in str(error)
    assert error.hint == AGAIN


def test_a_step_whose_parent_another_run_deleted_advises_to_run_again(proxy: Proxy) -> None:
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


def test_a_step_that_needs_what_another_run_deleted_advises_to_run_again(proxy: Proxy) -> None:
    """The role is no parent of the function, which is refused as long as there is no role."""
    prepared(proxy.engine, "up")
    proxy.begin()

    def deleted_by_another(handler: Handler, body: bytes) -> None:
        if b'"sns_logger"' in body:
            stacks.tutorial(proxy.engine).resources["role/sns_logger_lambda"].delete(Waiter())
        pass_on(handler, body)

    proxy.script = {"lambda:CreateFunction": [deleted_by_another] * 100}
    error = run(proxy, "up").finished["function/sns_logger"].error
    assert isinstance(error, AdventError)
    assert "sns_logger_lambda cannot be found" in error.why
    assert error.hint == AGAIN


def test_errors_about_another_run_name_their_resources_and_end_with_one_advice(proxy: Proxy) -> None:
    prepared(proxy.engine, "down")
    lost = ("sns_multiplier", "sns_logger")
    for name in lost:
        stacks.tutorial(proxy.engine).resources[f"function/{name}"].delete(Waiter())

    def deleted_by_another(handler: Handler, body: bytes) -> None:
        role = stacks.TUTORIAL.functions[json.loads(body)["FunctionName"]].role
        stacks.tutorial(proxy.engine).resources[f"role/{role}"].delete(Waiter())
        pass_on(handler, body)

    proxy.begin()
    proxy.script = {"lambda:CreateFunction": [deleted_by_another] * 100}
    with start(proxy, "up") as up:
        errors = up.communicate(timeout=60)[1]
    assert up.returncode == 1
    assert errors.count("error: ") == len(lost)
    for name in lost:
        assert f"error: function {name}: AWS returned InvalidParameterValueException for CreateFunction: " in errors
    assert errors.count("try: run the same command again") == 1


@dataclass(frozen=True)
class FastWaiter(Waiter):
    """A waiter that sleeps a twentieth of the time, and whose clock shows only that it slept, however busy it is."""

    slept: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sleep", self._sleep)
        object.__setattr__(self, "clock", lambda: sum(self.slept))

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        time.sleep(seconds / 20)
