"""With a permissions boundary, the deployer is not an administrator; without one, `advent policy` warns about it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from msgspec.structs import replace as with_

from advent_cli.aws.connect import connect
from advent_cli.aws.retry import Waiter
from advent_cli.local.lifecycle import Engine
from advent_cli.resources.role import Role
from advent_cli.stack import deployer_policy, policy_conditions
from advent_cli.stack.build import build
from tests.conftest import Run
from tests.deploy.test_walkthrough import calls_of, recorded
from tests.support import proxy as proxies
from tests.support import stacks, tampering
from tests.support.apps import LIMIT, OTHER, create_policy
from tests.support.person import Person

WAIT = Waiter()
OPEN = json.dumps(tampering.OPEN)


class Deployer(Person):
    """A person who also makes calls without advent."""

    def prints(self, *words: str) -> str:
        """Run advent, which must succeed; returns its stdout."""
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def client(self, service: str) -> Any:
        """A boto3 client with the person's keys."""
        endpoint = replace(self.engine.endpoint, url=self.url)
        keys = {"access_key": self.keys["AccessKeyId"], "secret_key": self.keys["SecretAccessKey"]}
        return connect("awsadvent", endpoint=replace(endpoint, **keys)).client(service)


@pytest.fixture
def person(engine: Engine, tmp_path: Path) -> Iterator[Deployer]:
    with proxies.running(engine) as proxy:
        yield Deployer(proxy, tmp_path)


@pytest.fixture
def bounded(person: Deployer) -> Deployer:
    """A person whose config.yaml has a boundary, which an administrator has created as advent prints it."""
    text = (stacks.ROOT / "config.yaml").read_text(encoding="utf-8")
    (person.folder / "config.yaml").write_text(f"{text}\npermissions_boundary: {LIMIT}\n", encoding="utf-8")
    (person.folder / "handlers").symlink_to(stacks.ROOT / "handlers")
    create_policy(person.iam, LIMIT, person.prints("policy", "boundary"))
    create_policy(person.iam, OTHER)
    person.allow(json.loads(person.prints("policy", "all"))["Statement"])
    return person


def boundaries(iam: Any) -> set[str | None]:
    names = [role["RoleName"] for role in iam.list_roles(PathPrefix="/advent/awsadvent/")["Roles"]]
    assert len(names) == 3
    roles = [iam.get_role(RoleName=name)["Role"] for name in names]
    return {role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn") for role in roles}


def test_the_app_works_within_the_printed_boundary(bounded: Deployer) -> None:
    iam = bounded.iam
    bounded.prints("up", "--yes")
    assert boundaries(iam) == {LIMIT}
    bounded.prints("plan", "--exit-code")
    assert "after sns_multiplier: awsadvent = 11, word = 11" in bounded.run("say", "awsadvent word").stderr
    assert json.loads(bounded.prints("status", "--json"))["words"]["sum"] == 22
    iam.put_role_permissions_boundary(RoleName="sns_logger_lambda", PermissionsBoundary=OTHER)
    assert "boundary" in bounded.prints("plan")
    bounded.prints("up", "--yes")
    assert boundaries(iam) == {LIMIT}
    bounded.prints("down", "--yes")


def test_the_deployer_cannot_avoid_the_boundary(bounded: Deployer) -> None:
    iam, role, trust = bounded.client("iam"), "sns_logger_lambda", json.dumps(tampering.OTHER_TRUST)
    new = {"RoleName": role, "Path": "/advent/awsadvent/", "AssumeRolePolicyDocument": trust}
    for settings in ({}, {"PermissionsBoundary": OTHER}):
        with pytest.raises(ClientError, match=r"AccessDenied.*iam:CreateRole"):
            iam.create_role(**new, **settings)
    stacks.up(stacks.tutorial(bounded.engine))  # without a boundary, as an administrator may have done earlier
    assert boundaries(bounded.iam) == {None}
    with pytest.raises(ClientError, match=r"AccessDenied.*iam:PutRolePolicy"):
        iam.put_role_policy(RoleName=role, PolicyName="all", PolicyDocument=OPEN)
    with pytest.raises(ClientError, match=r"AccessDenied.*iam:PutRolePermissionsBoundary"):
        iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=OTHER)
    bounded.prints("up", "--yes")
    assert boundaries(bounded.iam) == {LIMIT}
    with pytest.raises(ClientError, match=r"AccessDenied.*iam:DeleteRolePermissionsBoundary"):
        iam.delete_role_permissions_boundary(RoleName=role)
    with pytest.raises(ClientError, match="AccessDenied"):
        iam.attach_role_policy(RoleName=role, PolicyArn=OTHER)


PROBE = """
import boto3
def handler(event, context):
    done = {}
    for name, call in {
        "count": lambda: boto3.client("dynamodb").update_item(TableName="table", Key={"word": {"S": "a"}}),
        "roles": lambda: boto3.client("iam").list_roles(),
        "tables": lambda: boto3.client("dynamodb").list_tables(),
        "other": lambda: boto3.client("iam").create_user(UserName="administrator"),
    }.items():
        try:
            call()
            done[name] = "done"
        except Exception as error:
            done[name] = error.response["Error"]["Code"]
    return done
"""


def test_a_role_with_full_access_is_limited_by_the_boundary(bounded: Deployer) -> None:
    bounded.prints("up", "--yes")
    role, function = "sns_logger_lambda", "sns_logger"
    bounded.client("iam").put_role_policy(RoleName=role, PolicyName="all", PolicyDocument=OPEN)
    stack = stacks.tutorial(bounded.engine)
    tampering.put_code(stack, function, function, PROBE)
    answer = stack.aws.client("lambda").invoke(FunctionName=function)
    denied = "AccessDenied"
    done = json.loads(answer["Payload"].read())
    assert done.pop("tables").startswith(denied)
    assert done == {"count": "done", "roles": denied, "other": denied}


def test_another_boundary_is_corrected_and_stays_if_config_yaml_has_none(engine: Engine) -> None:
    stack, calls = recorded(engine)
    role = tampering.of_kind(stack, "role")
    assert isinstance(role, Role)
    iam, role = stack.aws.client("iam"), replace(role, boundary=LIMIT)
    for arn in (LIMIT, OTHER):
        create_policy(iam, arn)
    calls.clear()
    role.create(WAIT)
    assert calls == calls_of(role.to_create())
    assert role.read() == role.want()
    iam.put_role_permissions_boundary(RoleName=role.name, PermissionsBoundary=OTHER)
    assert_corrected(role, calls, OTHER)
    iam.delete_role_permissions_boundary(RoleName=role.name)
    assert_corrected(role, calls, None)
    without = replace(role, boundary=None)
    assert without.read() == without.want()


def assert_corrected(role: Role, calls: list[Any], boundary: str | None) -> None:
    now = role.read()
    assert now == {**role.want(), "boundary": boundary}
    lines = calls_of(role.to_update(now))
    calls.clear()
    role.update(now, WAIT)
    assert calls == lines != []
    assert role.read() == role.want()


def test_a_missing_boundary_is_reported_with_a_hint(bounded: Deployer) -> None:
    bounded.iam.delete_policy(PolicyArn=LIMIT)
    done = bounded.run("up", "--yes")
    assert done.returncode == 1
    assert f"Scope ARN: {LIMIT} does not exist" in done.stderr
    assert "try: check permissions_boundary in config.yaml; `advent --target aws policy boundary` prints" in done.stderr


def test_the_boundary_allows_what_the_roles_allow_and_nothing_else() -> None:
    stack = stacks.without_calls()

    def pairs(statements: Any) -> set[tuple[str, str]]:
        listed = [(s, s["Resource"] if isinstance(s["Resource"], list) else [s["Resource"]]) for s in statements]
        return {(action, arn) for statement, arns in listed for action in statement["Action"] for arn in arns}

    policies = [r.statements for r in stack.resources.values() if r.kind == "policy"]  # type: ignore[attr-defined]
    printed = deployer_policy.boundary(stack)["Statement"]
    assert pairs(printed) == set().union(*map(pairs, policies))
    assert sum(len(s["Action"]) * len(s["Resource"]) for s in printed) == len(pairs(printed))
    assert not [action for action, _ in pairs(printed) if action == "dynamodb:GetItem"]


def test_no_policy_can_remove_a_boundary_and_each_that_changes_roles_requires_it() -> None:
    stack = build(with_(stacks.TUTORIAL, permissions_boundary=LIMIT), stacks.without_calls().aws)
    for command in ("all", *deployer_policy.COMMANDS):
        for statement in deployer_policy.policy(stack, command)["Statement"]:
            assert "iam:DeleteRolePermissionsBoundary" not in statement["Action"]
            requires = statement.get("Condition", {}).get("StringEquals", {}).get("iam:PermissionsBoundary") == LIMIT
            assert requires == bool(policy_conditions.BOUNDED & {*statement["Action"]})
    assert not policy_conditions.BOUNDED - {
        a for s in deployer_policy.policy(stack, "up")["Statement"] for a in s["Action"]
    }
    without = [
        action for s in deployer_policy.policy(stacks.without_calls(), "up")["Statement"] for action in s["Action"]
    ]
    assert policy_conditions.PUT_BOUNDARY not in without


def test_a_policy_is_printed_with_notes_on_what_else_it_allows(bounded: Deployer, advent: Run, tmp_path: Path) -> None:
    administrator, every = "amounts to administrator access", "every subscription of the account"
    (tmp_path / "config.yaml").rename(tmp_path / "bounded.yaml")
    for command, notes in {
        "all": [administrator, every],
        "up": [administrator, every],
        "down": [every],
        "say": [],
    }.items():
        done = advent("policy", command)
        assert json.loads(done.stdout)["Version"] == "2012-10-17"
        assert [words for words in (administrator, every) if words in done.stderr] == notes
        assert len(json.loads(advent("policy", command, "--json").stdout)["notes"]) == len(notes)
    assert "`advent policy boundary`" in advent("policy", "up").stderr
    assert "sns:Unsubscribe cannot be limited" in advent("policy", "down").stderr
    local = advent("--config", "bounded.yaml", "policy", "up").stderr
    assert "the local engine ignores permissions_boundary" in local
    done = bounded.run("--config", "bounded.yaml", "policy", "up")
    assert administrator not in done.stderr
    trust = "can change who may assume the roles"
    assert trust in done.stderr
    assert trust not in bounded.run("--config", "bounded.yaml", "policy", "down").stderr
    assert every in done.stderr


def test_the_local_engine_ignores_the_boundary(bounded: Deployer, advent: Run) -> None:
    bounded.iam.delete_policy(PolicyArn=LIMIT)
    advent("up", "--yes")
    assert boundaries(bounded.iam) == {None}
