"""With `execution_role`, who may not create roles deploys the app all the same, and advent leaves that role alone."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from advent_cli.aws.connect import offline
from advent_cli.config import config_file
from advent_cli.diagram import mermaid, svg
from advent_cli.diagram.from_stack import build_graph
from advent_cli.local.lifecycle import Engine
from advent_cli.resources.role import TRUST
from advent_cli.resources.role_id import ROLE_ID_TAG
from advent_cli.stack.build import build
from tests.conftest import Run
from tests.stack.test_permissions_boundary import Deployer
from tests.support import proxy as proxies
from tests.support import stacks
from tests.support.conditions import simulating
from tests.support.proxy import Handler, Proxy
from tests.support.schemas import checked

LAB = "arn:aws:iam::000000000000:role/LabRole"
NOTICE = "the functions run as role LabRole; advent does not manage its permissions"
UNLISTED = "roles from before execution_role was set are not looked for, because you may not list roles"
ENOUGH = [
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "dynamodb:*",
    "sns:Publish",
    "sqs:SendMessage",
    "ssm:GetParameter",
]
TUTORIAL = (stacks.ROOT / "config.yaml").read_text(encoding="utf-8")
WITHOUT_ROLES = "".join(line for line in TUTORIAL.splitlines(keepends=True) if not line.startswith("    role: "))
FUNCTIONS = ("aws_advent", "sns_logger", "sns_multiplier")


def given(role: str = "LabRole") -> str:
    return f"{WITHOUT_ROLES}\nexecution_role: {role}\n"


def make_role(iam: Any) -> None:
    """The role of a Learner Lab, with policies of both kinds and a tag, as its administrator makes it."""
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ENOUGH, "Resource": "*"}]}
    tags = [{"Key": "course", "Value": "cloud foundations"}]
    iam.create_role(RoleName="LabRole", AssumeRolePolicyDocument=json.dumps(TRUST), Tags=tags)
    iam.put_role_policy(RoleName="LabRole", PolicyName="lab", PolicyDocument=json.dumps(document))
    arn = iam.create_policy(PolicyName="lab-too", PolicyDocument=json.dumps(document))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="LabRole", PolicyArn=arn)


def described(iam: Any) -> str:
    """All that IAM says about the role."""
    inline = iam.list_role_policies(RoleName="LabRole")["PolicyNames"]
    answers = [
        iam.get_role(RoleName="LabRole")["Role"],
        iam.list_role_tags(RoleName="LabRole")["Tags"],
        [iam.get_role_policy(RoleName="LabRole", PolicyName=name)["PolicyDocument"] for name in inline],
        iam.list_attached_role_policies(RoleName="LabRole")["AttachedPolicies"],
    ]
    return json.dumps(answers, default=str, sort_keys=True)


class Student(Deployer):
    """Somebody with the policy that advent prints, in an account where an administrator has made LabRole."""

    def __init__(self, proxy: Proxy, folder: Path) -> None:
        super().__init__(proxy, folder)


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A folder with the tutorial's app, in which each function runs as LabRole."""
    shutil.copytree(stacks.ROOT / "handlers", tmp_path / "handlers")
    (tmp_path / "config.yaml").write_text(given(), encoding="utf-8")
    return tmp_path


@pytest.fixture
def student(engine: Engine, app: Path) -> Iterator[Student]:
    with proxies.running(engine) as proxy:
        person = Student(proxy, app)
        make_role(person.iam)
        person.allow(json.loads(person.prints("policy"))["Statement"])
        yield person


def test_who_may_not_create_roles_deploys_the_app_with_a_given_one(student: Student) -> None:
    printed = [s for s in student.statements if any(action.startswith("iam:") for action in s["Action"])]
    on_roles = {(action, *s["Resource"]) for s in printed for action in s["Action"] if action.startswith("iam:")}
    asked_by_doctor = {("iam:GetRole", "*"), ("iam:SimulatePrincipalPolicy", "*")}
    of_the_stack = {("iam:GetRole", "arn:aws:iam::000000000000:role/advent/awsadvent/*")}  # it may have had some before
    assert on_roles - asked_by_doctor - of_the_stack == {("iam:PassRole", LAB), ("iam:ListRoles", "*")}
    (passing,) = [s for s in printed if "iam:PassRole" in s["Action"]]
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    student.allow([{**s, "Action": [a for a in s["Action"] if a != "iam:GetRole"]} for s in student.statements])

    before = described(student.iam)
    student.proxy.begin()
    student.prints("up", "--yes")
    assert "after sns_multiplier: awsadvent = 11, word = 11" in student.run("say", "awsadvent word").stderr
    assert NOTICE in student.prints("plan", "--exit-code")
    assert NOTICE in student.prints("status")
    for command in ("plan", "status"):
        assert checked(json.loads(student.prints(command, "--json")))["execution_role"] == LAB
    drawn = student.run("diagram")
    assert drawn.stdout.count("runs as") == len(FUNCTIONS)
    assert "role LabRole  not managed" in drawn.stdout
    assert "unknown" not in drawn.stdout
    assert NOTICE in drawn.stderr
    assert "nothing is left: " in student.run("down", "--yes").stderr
    assert described(student.iam) == before
    assert {call for call in student.proxy.calls if call.startswith("iam:")} == {"iam:ListRoles"}
    assert [name for name in stacks.left(stacks.tutorial(student.engine).aws.client) if name != LAB] == []


def tags_of(engine: Engine, function: str) -> dict[str, str]:
    client = stacks.tutorial(engine).aws.client("lambda")
    return dict(client.get_function(FunctionName=function)["Tags"])


def actions(advent: Run) -> dict[str, str]:
    """What `plan` shows, by key."""
    steps = checked(json.loads(advent("plan", "--json").stdout))["steps"]
    return {step["key"]: step["action"] for step in steps if step["action"] != "nothing"}


def test_a_stack_changes_to_the_given_role_and_back(engine: Engine, advent: Run, app: Path) -> None:
    iam = stacks.tutorial(engine).aws.client("iam")
    make_role(iam)
    keys = stacks.without_calls().resources
    roles = [key for key in keys if key.startswith("role/")]
    policies = [key for key in keys if key.startswith("policy/")]
    updates = {f"function/{name}": "update" for name in FUNCTIONS}

    def write(text: str) -> None:
        (app / "config.yaml").write_text(text, encoding="utf-8")

    def apply_and_say(expected: int) -> list[dict[str, Any]]:
        events = [json.loads(line) for line in advent("up", "--events").stdout.splitlines()]
        assert actions(advent) == {}
        advent("plan", "--exit-code")
        assert f"awsadvent = {expected}" in advent("say", "awsadvent").stderr
        ended = [each for each in events if each["event"] == "finished" and each["key"].startswith("permission/")]
        assert {each["outcome"] for each in ended} == {"unchanged" if steps else "created"}
        return events

    steps: dict[str, str] = {}
    write(TUTORIAL)
    apply_and_say(11)
    before = described(iam)

    write(given())
    steps = actions(advent)
    assert steps == updates | dict.fromkeys(roles, "delete")
    events = apply_and_say(22)
    names = [(event["event"], event.get("key", "")) for event in events]
    last = max(names.index(("finished", key)) for key in updates)
    assert all(names.index(("started", key)) > last for key in roles)  # until then a function may have the old role
    assert iam.list_roles(PathPrefix="/advent/")["Roles"] == []

    write(TUTORIAL)
    steps = actions(advent)
    assert steps == updates | dict.fromkeys([*roles, *policies], "create")
    apply_and_say(33)
    for name, function in stacks.TUTORIAL.functions.items():
        assert tags_of(engine, name)[ROLE_ID_TAG] == iam.get_role(RoleName=function.role)["Role"]["RoleId"]

    write(given())
    advent("up")
    advent("down", "--yes")
    assert described(iam) == before


def test_the_policy_printed_after_the_change_is_enough_to_delete_the_old_roles(student: Student) -> None:
    student.allow(None)
    (student.folder / "config.yaml").write_text(TUTORIAL, encoding="utf-8")
    student.prints("up", "--yes")
    (student.folder / "config.yaml").write_text(given(), encoding="utf-8")
    student.allow(json.loads(student.prints("policy", "up"))["Statement"])
    student.prints("up", "--yes")
    assert student.judge.refused == []
    assert student.iam.list_roles(PathPrefix="/advent/")["Roles"] == []
    assert "no longer in config.yaml" not in student.run("policy", "up").stderr


def test_a_function_gets_another_role_of_its_own_without_being_recreated(
    engine: Engine, advent: Run, app: Path
) -> None:
    (app / "config.yaml").write_text(TUTORIAL, encoding="utf-8")
    advent("up")
    (app / "config.yaml").write_text(TUTORIAL.replace("role: sns_logger_lambda", "role: scribe"), encoding="utf-8")
    expected = {"role/scribe": "create", "policy/scribe_microservice": "create", "function/sns_logger": "update"}
    assert actions(advent) == {**expected, "role/sns_logger_lambda": "delete"}
    steps = json.loads(advent("up", "--json").stdout)["steps"]
    assert {step["key"] for step in steps if step["outcome"] != "unchanged"} == {*expected, "role/sns_logger_lambda"}
    assert actions(advent) == {}
    role = stacks.tutorial(engine).aws.client("iam").get_role(RoleName="scribe")["Role"]
    assert tags_of(engine, "sns_logger")[ROLE_ID_TAG] == role["RoleId"]


def test_the_stack_works_without_the_right_to_list_roles_and_says_what_it_does_not_know(student: Student) -> None:
    listing = {"iam:ListRoles"}
    student.allow([{**s, "Action": sorted({*s["Action"]} - listing)} for s in student.statements])
    for words in (("plan",), ("plan", "--explain"), ("up", "--yes"), ("status",), ("diagram",), ("down", "--yes")):
        done = student.run(*words)
        assert done.returncode == 0
        assert (done.stdout + done.stderr).count(UNLISTED) == 1
    for words in (("plan",), ("up", "--yes"), ("status",), ("down", "--yes")):
        document = checked(json.loads(student.prints(*words, "--json")))
        assert document["notes"][0] == NOTICE
        assert UNLISTED in document["notes"][1]
    (student.folder / "config.yaml").write_text(TUTORIAL, encoding="utf-8")
    refused = student.run("plan")
    assert refused.returncode == 1
    assert "access denied: ListRoles" in refused.stderr


NOT_ACCEPTED = [
    ("lambda:CreateFunction", "The role defined for the function cannot be assumed by Lambda.", 3),
    ("lambda:CreateFunction", "The role with name LabRole cannot be found. (Service: IAM, Status Code: 404)", 3),
    (
        "lambda:PutFunctionEventInvokeConfig",
        "The function's execution role does not have permissions to call SendMessage on awsadvent-dlq.",
        2,
    ),
]


@pytest.mark.parametrize(("call", "message", "times"), NOT_ACCEPTED)
def test_a_role_that_lambda_does_not_accept_is_not_waited_for(
    student: Student, call: str, message: str, times: int
) -> None:
    """Of a role that advent has just made the same errors pass; the texts are Lambda's, as in aws_lambda.py."""

    def meet(name: str, handler: Handler, body: bytes) -> None:
        if name == call:
            return proxies.refuse(handler, 400, "InvalidParameterValueException", message)
        return student.judge.meet(name, handler, body)

    student.proxy.meet = meet
    student.proxy.begin()
    done = student.run("up", "--yes")
    assert done.returncode == 1
    assert message.split(".")[0] in done.stderr
    assert "try: check execution_role in config.yaml" in done.stderr
    assert student.proxy.calls.count(call) == times


def test_a_role_of_another_account_is_refused(advent: Run, engine: Engine, app: Path) -> None:
    (app / "config.yaml").write_text(given("arn:aws:iam::123456789012:role/LabRole"), encoding="utf-8")
    refused = advent("plan", code=2).stderr
    assert "arn:aws:iam::123456789012:role/LabRole" in refused
    assert "account 000000000000" in refused
    assert "problem config       execution_role in config.yaml cannot be used here" in advent("doctor", code=1).stdout
    (app / "config.yaml").write_text(given("arn:aws-cn:iam::000000000000:role/LabRole"), encoding="utf-8")
    assert "partition aws" in advent("plan", code=2).stderr
    advent("new", "consumer", "shouter")  # for which no account is known


def test_what_it_may_do_is_said_and_nothing_is_there_to_limit(student: Student, advent: Run) -> None:
    notes = advent("policy").stderr
    assert "can run code as role LabRole" in notes
    assert "administrator" not in notes
    assert "can run code" not in advent("policy", "down").stderr
    refused = advent("policy", "boundary", code=2).stderr
    assert NOTICE in refused
    explained = advent("plan", "--explain").stdout
    assert explained.count(f"--role {LAB}") == len(FUNCTIONS)
    assert explained.count("Use an existing role > LabRole") == len(FUNCTIONS)
    assert f"# {NOTICE}" in explained
    assert "aws iam" not in explained
    student.proxy.meet = simulating(student.statements)
    assert "ok      permissions" in student.run("-v", "doctor").stdout
    student.proxy.meet = simulating([s for s in student.statements if LAB not in s["Resource"]])
    assert "    iam:PassRole, for up\n" in student.run("doctor").stdout
    added = advent("new", "consumer", "shouter").stderr
    assert "function shouter" in added
    assert "role" not in added


def test_another_stack_has_the_same_role(app: Path) -> None:
    """A path is kept, and no prefix comes before the name of what is there already."""
    role = "arn:aws:iam::000000000000:role/lab/LabRole"
    (app / "config.yaml").write_text(given(role), encoding="utf-8")
    settings = config_file.load(app / "config.yaml", "trial")
    stack = build(settings, offline("trial"))
    assert {function.role for function in settings.functions.values()} == {"LabRole"}
    assert {r.want()["role"] for r in stack.resources.values() if r.kind == "function"} == {role}
    assert not [key for key in stack.resources if key.startswith(("role/", "policy/"))]
    graph = build_graph(stack, ())
    assert "role LabRole" in svg.svg(graph)
    assert "role LabRole" in mermaid.mermaid(graph)
    assert mermaid.mermaid(graph).count("runs as") == len(FUNCTIONS)


TWO = "functions.aws_advent.role: cannot be set together with execution_role, which is the role of every function"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (given("a/b"), ":17: execution_role: must be the name of a role, such as LabRole, or its ARN, such as arn:"),
        (given("arn:aws:iam::1234:role/LabRole"), ":17: execution_role: must be the name of a role"),
        (given("r" * 65), ":17: execution_role: must be the name of a role"),
        (given("arn:aws:iam::000000000000:role/advent/own/r"), ":17: execution_role: the roles under /advent/ are"),
        (f"{TUTORIAL}\nexecution_role: LabRole\n", f"42:11: {TWO}; remove one of the two"),
        (
            f"{given()}permissions_boundary: arn:aws:iam::000000000000:policy/limit\n",
            ":23: permissions_boundary: cannot be set together with execution_role: it limits the roles that advent",
        ),
    ],
)
def test_mistakes_have_line_and_column(advent: Run, app: Path, text: str, problem: str) -> None:
    (app / "config.yaml").write_text(text, encoding="utf-8")
    assert problem in advent("plan", code=2).stderr
