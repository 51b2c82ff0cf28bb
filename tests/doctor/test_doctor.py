"""`advent doctor`: it finds each problem, even if nothing works, and changes nothing."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pyte
import pytest
from msgspec.structs import replace as with_

from advent_cli.deploy.decide import Step
from advent_cli.doctor import permission_check
from advent_cli.doctor.app_check import judge_app
from advent_cli.doctor.clock_check import judge_clock
from advent_cli.doctor.findings import State
from advent_cli.doctor.region_check import judge_region
from advent_cli.doctor.stack_check import judge_health
from advent_cli.doctor.version_check import judge_versions
from advent_cli.errors import AdventError, ForeignError, UsesForeignError
from advent_cli.local.lifecycle import Engine
from advent_cli.stack import deployer_policy
from advent_cli.stack.build import Stack, build
from advent_cli.words import counts
from tests.conftest import ADVENT, Run
from tests.support import proxy as proxies
from tests.support import stacks
from tests.support.conditions import simulating
from tests.support.screen import Terminal

REST = ["region", "credentials", "clock", "permissions", "stack", "app", "slack"]
EXTRA = ['ministack<1.6,>=1.5.33; extra == "local"', 'mypy>=1.13; extra == "dev"']
REQUIRED = ["Python>=3.10", "boto3>=1.40", "PyYAML>=6", *EXTRA]
HAVE = {"python": "3.11.7", "boto3": "1.43.106", "pyyaml": "6.0.3", "ministack": "1.5.33", "mypy": None}


def report(text: str) -> dict[str, list[tuple[str, str]]]:
    """The findings by check, each as its state and its text; without -v what is ok has none."""
    found: dict[str, list[tuple[str, str]]] = {}
    for line in text.splitlines():
        if not line.startswith(" "):
            state, check, words = line.split(None, 2)
            names = words.split(None, 1)[1].split(", ") if words.startswith("check") else [check]
            for name in names:
                found.setdefault(name, []).append((state, words if name == check else ""))
    return found


def test_with_a_package_that_cannot_be_loaded(advent: Run, tmp_path: Path) -> None:
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages" / "yaml.py").write_text("raise ImportError('yaml is torn')\n")
    done = advent("doctor", code=1, PYTHONPATH=f"{tmp_path / 'packages'}{os.pathsep}{stacks.ROOT}")
    assert "problem versions     cannot load a package: yaml is torn\n" in done.stdout
    assert report(done.stdout)["app"] == [("note", "not checked: a package cannot be loaded")]


def test_all_is_well_and_nothing_is_counted(deployed: Stack, advent: Run) -> None:
    before = dict(counts.scan(deployed.table))
    found = report(advent("-v", "doctor").stdout)
    assert sorted(found) == sorted(["versions", "config", "engine", *REST])
    assert {check for check, states in found.items() for state, _ in states if state != "ok"} == {"slack"}
    assert found["slack"] == [("note", "no secret is set; anyone on this machine can post")]
    assert str(deployed.url) in found["app"][0][1]
    assert found["stack"] == [("ok", "all 26 resources are healthy")]
    assert advent("doctor").stdout.splitlines() == [
        "note    slack        no secret is set; anyone on this machine can post",
        "    try: `advent slack secret` sets it, so that only Slack can post",
        "ok      9 checks     versions, config, engine, region, credentials, clock, permissions, stack, app",
    ]
    assert dict(counts.scan(deployed.table)) == before


def test_with_a_broken_config(advent: Run, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("stack: [\n")
    found = report(advent("doctor", code=1).stdout)
    assert found["config"][0][0] == "problem"
    assert "config.yaml:2:1: not valid YAML" in found["config"][0][1]
    assert all(words.startswith("not checked") for check in REST for _, words in found[check])
    known = report(advent("--target", "local", "doctor", code=1).stdout)
    assert known["engine"][0][0] == known["credentials"][0][0] == "ok"


def test_without_credentials_network_and_region(advent: Run) -> None:
    """Nothing listens on 127.0.0.1:1, and the machine's own AWS settings are hidden."""
    environment = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "NO_PROXY": "127.0.0.1"}
    found = report(advent("--target", "aws", "doctor", code=1, **environment).stdout)
    assert [found[check][0][0] for check in REST] == ["problem"] * 3 + ["note"] * 4
    assert "no region is set" in found["region"][0][1]
    assert "credentials" in found["credentials"][0][1]
    assert "cannot be reached" in found["clock"][0][1]


@pytest.mark.parametrize("url", ["nonsense", "http://[::1", "http://127.0.0.1:1"])
def test_with_an_invalid_endpoint(advent: Run, url: str) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "NO_PROXY": "127.0.0.1"}
    done = advent("--target", "aws", "--region", "eu-west-1", "doctor", code=1, AWS_ENDPOINT_URL=url, **keys)
    found = report(done.stdout)
    assert [found[check][0][0] for check in REST] == ["ok", "problem", "problem"] + ["note"] * 4
    assert "bug in advent" not in done.stdout


def test_without_an_engine(advent: Run, tmp_path: Path) -> None:
    done = advent("doctor", XDG_STATE_HOME=str(tmp_path / "empty"))
    assert report(done.stdout)["engine"] == [("note", "installed, but not running")]
    program = "import sys; sys.modules['ministack'] = None; sys.argv[1:] = ['doctor']; import advent_cli.__main__"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert report(done.stdout)["engine"][0] == ("problem", "the local engine is not installed")


@pytest.fixture
def user(deployed: Stack) -> Iterator[Any]:
    """A function that gives an IAM user these statements, and returns the variables with its keys."""
    iam, name = deployed.aws.client("iam"), "patient"
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]

    def may(*statements: dict[str, Any]) -> dict[str, str]:
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=document)
        keys = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
        assert deployed.aws.endpoint
        return {"AWS_ENDPOINT_URL": deployed.aws.endpoint.url, "AWS_DEFAULT_REGION": "us-east-1", **keys}

    yield may
    iam.delete_user_policy(UserName=name, PolicyName="all")
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName=name)


EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def test_missing_permissions_are_reported_with_their_commands(user: Any, advent: Run) -> None:
    assert report(advent("--target", "aws", "doctor", **user(EVERYTHING)).stdout)["permissions"][0][0] == "ok"
    denied = {"Effect": "Deny", "Action": ["sqs:ReceiveMessage", "dynamodb:Scan"], "Resource": "*"}
    done = advent("--target", "aws", "doctor", code=1, **user(EVERYTHING, denied))
    assert report(done.stdout)["permissions"][0][1].startswith("2 actions are not allowed")
    assert "    dynamodb:Scan, for status, down\n    sqs:ReceiveMessage, for replay, audit\n" in done.stdout
    one = {"Effect": "Deny", "Action": "lambda:GetPolicy", "Resource": "*:function:sns_logger"}
    some = advent("--target", "aws", "doctor", code=1, **user(EVERYTHING, one)).stdout
    assert ":function:sns_logger, for up, plan, status, diagram, down, say, doctor\n" in some
    assert ":function:aws_advent" not in some


def test_the_printed_policy_lacks_nothing(user: Any, advent: Run, running_engine: Engine, tmp_path: Path) -> None:
    """The simulation gets the values that its conditions require."""
    boundary = "arn:aws:iam::000000000000:policy/limit"
    stack = build(with_(stacks.TUTORIAL, permissions_boundary=boundary), stacks.without_calls().aws)
    text = (stacks.ROOT / "config.yaml").read_text(encoding="utf-8")
    (tmp_path / "config.yaml").write_text(f"{text}\npermissions_boundary: {boundary}\n", encoding="utf-8")
    (tmp_path / "handlers").symlink_to(stacks.ROOT / "handlers")
    printed = deployer_policy.policy(stack, "all")["Statement"]
    keys = {key for statement in printed for key in statement.get("Condition", {}).get("StringEquals", {})}
    assert keys > {"iam:PermissionsBoundary", "aws:ResourceTag/advent:stack", "aws:RequestTag/advent:stack"}
    with proxies.running(running_engine) as proxy:
        proxy.meet = simulating(printed)
        environment = {**user(EVERYTHING), "AWS_ENDPOINT_URL": proxy.endpoint.url}
        found = report(advent("--target", "aws", "doctor", code=1, **environment).stdout)
        assert (found["permissions"][0][0], found["stack"][0][0]) == ("ok", "problem")  # the roles lack the boundary
        proxy.meet = simulating([each for each in printed if "aws:ResourceTag/advent:stack" not in str(each)])
        done = advent("--target", "aws", "doctor", code=1, **environment)
        assert "    apigateway:DELETE, for up, down\n" in done.stdout


def test_actions_that_the_simulator_refuses_together_are_asked_alone(
    user: Any, deployed: Stack, advent: Run, running_engine: Engine
) -> None:
    printed = deployer_policy.policy(deployed, "all")["Statement"]
    alone, never = {"dynamodb:BatchGetItem", "sqs:TagQueue"}, {"sns:Publish"}
    with proxies.running(running_engine) as proxy:
        environment = {**user(EVERYTHING), "AWS_ENDPOINT_URL": proxy.endpoint.url}
        proxy.meet = simulating(printed)
        advent("--target", "aws", "doctor", **environment)
        at_best = proxy.calls.count("iam:SimulatePrincipalPolicy")

        proxy.begin()
        proxy.meet = simulating(printed, alone)
        assert report(advent("--target", "aws", "doctor", **environment).stdout)["permissions"][0][0] == "ok"
        assert proxy.calls.count("iam:SimulatePrincipalPolicy") < at_best + 30  # no service but those two is asked so

        proxy.meet = simulating(printed, alone, never)
        found = report((done := advent("--target", "aws", "doctor", **environment)).stdout)["permissions"]
        assert (found[0][0], found[0][1].rpartition("; ")[2]) == ("note", "1 could not be checked")
        assert "    could not be checked: sns:Publish, for replay\n" in done.stdout
        assert "    why: AWS returned InvalidInput for SimulatePrincipalPolicy: Invalid Input Action\n" in done.stdout

        less = [{**each, "Action": [a for a in each["Action"] if a != "sqs:TagQueue"]} for each in printed]
        proxy.meet = simulating(less, alone, never)
        found = report((done := advent("--target", "aws", "doctor", code=1, **environment)).stdout)["permissions"]
        assert found[0][1].startswith("1 action is not allowed; 1 could not be checked; not needed by: plan, ")
        assert "    sqs:TagQueue, for up\n    could not be checked: sns:Publish, for replay\n" in done.stdout

        every = {action for each in printed for action in each["Action"]}
        proxy.meet = simulating(printed, (), every)
        found = report(advent("--target", "aws", "doctor", **environment).stdout)["permissions"]
        assert (found[0][0], found[0][1]) == ("note", f"none of the {len(every)} actions could be checked")


def test_an_action_that_the_simulator_leaves_out_is_not_called_allowed(
    user: Any, advent: Run, running_engine: Engine
) -> None:
    with proxies.running(running_engine) as proxy:
        environment = {**user(EVERYTHING), "AWS_ENDPOINT_URL": proxy.endpoint.url}
        another = proxies.changing("<EvalActionName>sns:Publish<", "<EvalActionName>sns:Other<")
        proxy.script = {"iam:SimulatePrincipalPolicy": [another] * 30}
        done = advent("--target", "aws", "doctor", **environment)
    assert report(done.stdout)["permissions"][0][0] == "note"
    assert "    could not be checked: sns:Publish, for replay\n    why: IAM's simulator gave no answer\n" in done.stdout


def test_a_simulation_that_fails_is_no_problem_of_the_account(user: Any, advent: Run, running_engine: Engine) -> None:
    fails = proxies.refusing(400, "PolicyEvaluation", "The policy could not be evaluated")
    with proxies.running(running_engine) as proxy:
        environment = {**user(EVERYTHING), "AWS_ENDPOINT_URL": proxy.endpoint.url}
        proxy.script = {"iam:SimulatePrincipalPolicy": [fails] * 30}
        found = report(advent("--target", "aws", "doctor", **environment).stdout)["permissions"]
    assert (found[0][0], found[0][1].partition(":")[0]) == ("note", "cannot check")


def test_without_permission_to_simulate_the_other_checks_still_run(user: Any, advent: Run) -> None:
    denied = {"Effect": "Deny", "Action": "iam:SimulatePrincipalPolicy", "Resource": "*"}
    done = advent("--target", "aws", "doctor", **user(EVERYTHING, denied))
    assert "access denied: SimulatePrincipalPolicy" in report(done.stdout)["permissions"][0][1]
    assert "try: `advent --target aws policy doctor`" in done.stdout
    assert report(done.stdout)["app"][0][0] == "ok"


def test_a_role_session_is_simulated_as_its_role(user: Any, deployed: Stack, advent: Run) -> None:
    environment = user(EVERYTHING)
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    iam, document = deployed.aws.client("iam"), {"Version": "2012-10-17", "Statement": [trust]}
    role = iam.create_role(RoleName="nurse", AssumeRolePolicyDocument=json.dumps(document))["Role"]
    denied = {"Effect": "Deny", "Action": "sns:Publish", "Resource": "*"}
    may = {"Version": "2012-10-17", "Statement": [EVERYTHING, denied]}
    iam.put_role_policy(RoleName="nurse", PolicyName="all", PolicyDocument=json.dumps(may))
    taken = deployed.aws.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="night")["Credentials"]
    environment |= {"AWS_ACCESS_KEY_ID": taken["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": taken["SecretAccessKey"]}
    done = advent("--target", "aws", "doctor", code=1, AWS_SESSION_TOKEN=taken["SessionToken"], **environment)
    assert ":assumed-role/nurse/night" in report(done.stdout)["credentials"][0][1]
    assert "    sns:Publish, for replay\n" in done.stdout
    assert taken["SecretAccessKey"] not in done.stdout
    iam.delete_role_policy(RoleName="nurse", PolicyName="all")
    iam.delete_role(RoleName="nurse")


@pytest.mark.parametrize(("off", "code", "state"), [(-3600, 1, "problem"), (-120, 0, "note"), (10, 0, "ok")])
def test_clock_skew_is_reported(
    user: Any, running_engine: Engine, advent: Run, off: float, code: int, state: str
) -> None:
    def late(handler: proxies.Handler, body: bytes) -> None:
        date = formatdate(time.time() + off, usegmt=True)
        handler.date_time_string = lambda *_: date  # type: ignore[method-assign]
        proxies.pass_on(handler, body)

    with proxies.running(running_engine) as proxy:
        proxy.script = {"none:POST /": [late]}  # the only call without a signature
        environment = {**user(EVERYTHING), "AWS_ENDPOINT_URL": proxy.endpoint.url}
        found = report(advent("--target", "aws", "doctor", code=code, **environment).stdout)
    assert found["clock"][0][0] == state


@pytest.mark.parametrize(
    ("change", "extras", "state", "words"),
    [
        ({}, {"local"}, State.OK, "Python 3.11.7, boto3 1.43.106, PyYAML 6.0.3, ministack 1.5.33"),
        ({}, set(), State.OK, "Python 3.11.7, boto3 1.43.106, PyYAML 6.0.3"),
        ({"boto3": "1.4.99"}, set(), State.PROBLEM, "boto3 is 1.4.99, needs >=1.40"),
        ({"boto3": "1.40"}, set(), State.OK, "Python 3.11.7, boto3 1.40, PyYAML 6.0.3"),
        ({"ministack": "1.6rc1"}, {"local"}, State.NOTE, "ministack is 1.6rc1, tested with <1.6,>=1.5.33"),
        ({"ministack": "1.5.4"}, {"local"}, State.PROBLEM, "ministack is 1.5.4, needs <1.6,>=1.5.33"),
        ({"python": "3.9.20"}, set(), State.PROBLEM, "Python is 3.9.20, needs >=3.10"),
        ({"pyyaml": None}, set(), State.PROBLEM, "PyYAML is not installed"),
    ],
)
def test_judge_versions(change: dict[str, str | None], extras: set[str], state: State, words: str) -> None:
    (found,) = judge_versions(REQUIRED, {**HAVE, **change}, extras)
    assert (found.state, found.text) == (state, words)


@pytest.mark.parametrize(
    ("given", "config", "environment", "default", "words"),
    [
        ("eu-west-1", "b", {"AWS_REGION": "c"}, "d", "eu-west-1, from --region or ADVENT_REGION"),
        (None, "b", {"AWS_REGION": "c"}, "d", "b, from config.yaml"),
        (None, None, {"AWS_DEFAULT_REGION": "d", "AWS_REGION": "c"}, "d", "d, from AWS_DEFAULT_REGION"),
        (None, None, {"AWS_REGION": "c"}, "d", "d, from your AWS settings"),
        (None, None, {"AWS_REGION": "c"}, None, "c, from AWS_REGION"),
        (None, None, {}, None, "no region is set"),
    ],
)
def test_judge_region(
    given: str | None, config: str | None, environment: dict[str, str], default: str | None, words: str
) -> None:
    assert judge_region(given, config, environment, default)[0].text == words


@pytest.mark.parametrize(
    ("off", "state"),
    [(0, "ok"), (59, "ok"), (-59, "ok"), (61, "note"), (300, "note"), (301, "problem"), (-301, "problem")],
)
def test_judge_clock(off: int, state: str) -> None:
    assert judge_clock("Thu, 01 Jan 2026 00:00:00 GMT", 1767225600 + off).state.value == state
    assert judge_clock("", off).state is judge_clock("soon", off).state is State.NOTE


def steps(**seen: Any) -> list[Step]:
    """Steps of a few topics: wanted as they are, unless `seen` says otherwise of one."""
    names = ["a", "b", "c", "d", "e", *(name for name in seen if name > "e")]
    return [Step(f"topic/{n}", f"topic {n}", None if n == "old" else {}, seen.get(n, {})) for n in names]


@pytest.mark.parametrize(
    ("seen", "state", "words", "hint"),
    [
        ({}, State.OK, "all 5 resources are healthy", ""),
        (dict.fromkeys("abcde"), State.NOTE, "nothing is deployed", "`advent up` deploys it"),
        (
            dict.fromkeys("abcd"),
            State.PROBLEM,
            "4 of 5 resources are missing or differ: topic a, topic b, topic c and 1 more",
            "`advent up` repairs them; `advent status` shows them",
        ),
        (
            {"b": {"x": 1}},
            State.PROBLEM,
            "1 of 5 resources is missing or differs: topic b",
            "`advent up` repairs it; `advent status` shows it",
        ),
        (
            {"a": ForeignError("topic/a", "topic a", "arn"), "b": UsesForeignError("topic a")},
            State.PROBLEM,
            "1 of 5 resources is not managed by this stack: topic a; 1 of 5 resources is blocked by that: topic b",
            "choose another name in config.yaml, or take over this one with `advent up --adopt topic/a`",
        ),
        (
            dict.fromkeys("ab", AdventError("access denied: GetRole", hint="ask")),
            State.PROBLEM,
            "2 of 5 resources could not be read: topic a, topic b (topic a: access denied: GetRole)",
            "ask",
        ),
        (
            {"old": {}},
            State.NOTE,
            "1 of 6 resources is no longer in config.yaml: topic old",
            "`advent up` deletes it; `advent status` shows it",
        ),
    ],
)
def test_judge_health(seen: dict[str, Any], state: State, words: str, hint: str) -> None:
    found = judge_health(steps(**seen))
    assert (found.state, found.text, found.hint) == (state, words, hint)


def test_what_was_not_looked_for_is_never_ok() -> None:
    found = judge_health(steps(), AdventError("roles were not looked for"))
    assert (found.state, found.details) == (State.NOTE, ("roles were not looked for",))


def test_a_refusal_to_inspect_is_a_problem(user: Any, advent: Run) -> None:
    denied = {"Effect": "Deny", "Action": "tag:GetResources", "Resource": "*"}
    found = report(advent("--target", "aws", "doctor", code=1, **user(EVERYTHING, denied)).stdout)
    assert found["stack"][0][0] == "problem"
    assert "access denied: GetResources" in found["stack"][0][1]


def test_a_terminal_shows_that_the_checks_run_and_prints_each_finding_once(deployed: Stack, tmp_path: Path) -> None:
    with Terminal([ADVENT, "doctor"], tmp_path, (100, 40)) as terminal:
        assert terminal.ended() == 0
    assert "running the checks" in terminal.written
    screen = pyte.Screen(100, 40)
    pyte.Stream(screen).feed(terminal.written)
    shown = [line.rstrip() for line in screen.display if line.strip()]
    assert [line.split()[1] for line in shown] == ["slack", "`advent", "9"]


def test_judge_app() -> None:
    assert judge_app("u", 200, "").state is State.OK
    for status in (200, 403, 404, 418, 429, 500, 503):
        found = judge_app("u", status, "Hello")
        assert found.state is State.PROBLEM
        assert found.hint
    assert judge_app("u", 404, '{"message":"Not Found"}').text.endswith("404: API Gateway does not know the route")
    assert judge_app("u", 404, "no such page").text == "u answered 404"  # this is of the function


def test_users_and_roles_can_be_simulated() -> None:
    session = "arn:aws-cn:sts::1234:assumed-role/AWSReservedSSO_Admin_1/ann@example.org"
    assert permission_check.role_name(session) == "AWSReservedSSO_Admin_1"
    assert permission_check.role_arn(session) == "arn:aws-cn:iam::1234:role/AWSReservedSSO_Admin_1"
    assert permission_check.can_be_simulated("arn:aws:iam::1234:user/a/b")
    for other in ("arn:aws:sts::1234:federated-user/ann", "arn:aws:iam::1234:root"):
        assert permission_check.role_name(other) is None
        assert not permission_check.can_be_simulated(other)


def test_the_secret_key_is_never_shown(user: Any, advent: Run) -> None:
    environment = user(EVERYTHING)
    done = advent("-v", "--target", "aws", "doctor", **environment)
    assert environment["AWS_SECRET_ACCESS_KEY"] not in done.stdout + done.stderr


def test_before_up_and_with_the_secret(engine: Engine, advent: Run) -> None:
    found = report(advent("doctor").stdout)
    assert found["app"][0] == ("note", "there is no API yet, or it has no POST route")
    assert found["stack"][0] == ("note", "nothing is deployed")
    advent("slack", "secret", stdin="xyz\n")
    advent("up")
    found = report(advent("doctor").stdout)
    assert found["slack"][0][0] == found["app"][0][0] == "ok"
    function = "aws_advent"
    stacks.tutorial(engine).aws.client("lambda").delete_function(FunctionName=function)
    done = advent("doctor", code=1)
    found = report(done.stdout)
    assert found["app"][0][0] == "problem"
    assert found["stack"][0] == (
        "problem",
        "3 of 26 resources are missing or differ: function aws_advent, permission POST /aws_advent to aws_advent, "
        "variable SNS_TOPIC_ARN on aws_advent",
    )
    assert "    try: `advent up` repairs them; `advent status` shows them\n" in done.stdout
