"""A policy of `advent policy` can be created in IAM as docs/aws.md says, in one piece or in several."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advent_cli.aws.connect import offline
from advent_cli.config import config_file
from advent_cli.local.lifecycle import Engine
from advent_cli.stack import deployer_policy, policy_size
from advent_cli.stack.build import build
from tests.conftest import ADVENT, Run
from tests.support import iam_quotas, installed_aws, stacks
from tests.support import proxy as proxies

PAGE = (stacks.ROOT / "docs" / "aws.md").read_text(encoding="utf-8")
BLOCKS = [block.split("```")[0] for block in PAGE.split("```sh\n# needs an AWS account\n")[1:]]
ONE, SEVERAL, AGAIN = (
    next(block for block in BLOCKS if text in block)
    for text in ("--policy-name advent ", "--split", "create-policy-version --policy-arn")
)
CONSUMERS = 30
POLICY = st.builds(
    lambda statements: {"Version": "2012-10-17", "Statement": statements},
    st.lists(
        st.fixed_dictionaries(
            {
                "Effect": st.just("Allow"),
                "Action": st.lists(st.sampled_from(["a:Get", "a:Put", "b:List"]), min_size=1, unique=True),
                "Resource": st.lists(st.integers(0, 99).map("arn:aws:a:::resource/{}".format), min_size=1, unique=True),
            },
            optional={"Condition": st.just({"StringEquals": {"a:b": "c"}})},
        ),
        min_size=1,
        max_size=8,
    ),
)


def allowed(policies: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    return {
        (action, arn, str(statement.get("Condition")))
        for policy in policies
        for statement in policy["Statement"]
        for action in statement["Action"]
        for arn in statement["Resource"]
    }


@given(POLICY, st.integers(250, 900))
def test_the_parts_allow_the_same_and_are_short_enough(policy: dict[str, Any], longest: int) -> None:
    before, parts = json.dumps(policy), policy_size.split(policy, longest)
    assert allowed(parts) == allowed([policy])
    assert all(policy_size.size(part) <= longest and part["Statement"] for part in parts)
    assert (len(parts) == 1) == (policy_size.size(policy) <= longest)
    assert json.dumps(policy) == before


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """The folder of an app with many consumers."""
    consumers = "".join(f"  consumer-{n}: {{handler: sns_logger.handler, subscribes: t}}\n" for n in range(CONSUMERS))
    head = "stack: large\nprefix: large-\ntable: {name: words, key: word}\ntopics: [t]\napi: {name: api}\nfunctions:\n"
    (tmp_path / "config.yaml").write_text(head + consumers, encoding="utf-8")
    (tmp_path / "handlers").symlink_to(stacks.ROOT / "handlers")
    return tmp_path


def run(block: str, engine: Engine, folder: Path) -> list[dict[str, Any]]:
    """Run a block of docs/aws.md where IAM has AWS's quotas; the managed policies after it."""
    iam = stacks.tutorial(engine).aws.client("iam")
    if not iam.list_users()["Users"]:
        iam.create_user(UserName="ann")
    with proxies.running(engine) as proxy, installed_aws.installed(folder / "bin"):
        proxy.meet = iam_quotas.meet
        path = f"{folder / 'bin'}{os.pathsep}{ADVENT.parent}{os.pathsep}{os.environ['PATH']}"
        variables = {**os.environ, **engine.environment(None), "AWS_ENDPOINT_URL": proxy.endpoint.url, "PATH": path}
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block], cwd=folder, env=variables, capture_output=True, text=True
        )
    assert done.returncode == 0, done.stderr
    policies = [each["Arn"] for each in iam.list_policies(Scope="Local")["Policies"]]
    return [iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"] for arn in policies]


def attached(engine: Engine) -> list[str]:
    """The names of the managed policies of the user."""
    listed = stacks.tutorial(engine).aws.client("iam").list_attached_user_policies(UserName="ann")
    return sorted(each["PolicyName"] for each in listed["AttachedPolicies"])


def test_the_number_of_functions_that_fit_into_one_policy_is_the_pages(large: Path) -> None:
    text = (large / "config.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
    head = text.index("functions:\n") + 1
    sizes = []
    for number in (5, 9):
        (large / "config.yaml").write_text("".join(text[: head + number]), encoding="utf-8")
        stack = build(config_file.load(large / "config.yaml"), offline("large"))
        sizes.append(policy_size.size(deployer_policy.policy(stack, "all")))
    assert sizes[0] <= policy_size.LONGEST < sizes[1]
    assert "more than about five functions" in PAGE


def test_the_tutorials_policy_is_created_and_attached_as_the_page_says(
    engine: Engine, advent: Run, tmp_path: Path
) -> None:
    assert run(ONE, engine, tmp_path) == [json.loads(advent("policy").stdout)]
    assert attached(engine) == ["advent"]
    (tmp_path / "bin").rename(tmp_path / "before")
    run(AGAIN, engine, tmp_path)
    iam = stacks.tutorial(engine).aws.client("iam")
    (policy,) = iam.list_policies(Scope="Local")["Policies"]
    assert policy["DefaultVersionId"] == "v2"


def test_the_policy_of_a_large_app_is_created_in_parts(engine: Engine, advent: Run, large: Path) -> None:
    whole = advent("policy")
    number = len(policy_size.split(json.loads(whole.stdout)))
    assert f"`advent policy all --split` prints {number} policies that together allow the same" in whole.stderr
    assert allowed(run(SEVERAL, engine, large)) == allowed([json.loads(whole.stdout)])
    assert attached(engine) == [f"advent-{n}" for n in range(1, number + 1)]
    document = json.loads(advent("policy", "--json").stdout)
    assert document["policy"] == json.loads(whole.stdout)
    assert len(document["policies"]) == number > 1
    assert "--split" not in advent("policy", "--split").stderr
    assert "characters" not in advent("policy", "logs").stderr


def test_what_cannot_be_split_or_allows_nothing_is_said(advent: Run, large: Path) -> None:
    assert "a permissions boundary cannot be split" in advent("policy", "boundary", "--split", code=2).stderr
    for words in ([], ["--split"]):
        assert "needs no permission on this stack" in advent("policy", "slack", *words).stderr


def test_what_is_no_longer_in_config_yaml_is_included(engine: Engine, advent: Run, large: Path) -> None:
    advent("up")
    file = large / "config.yaml"
    file.write_text(file.read_text().replace("  consumer-7: {handler: sns_logger.handler, subscribes: t}\n", ""))
    done = advent("policy", "up")
    assert "function large-consumer-7, log-group /aws/lambda/large-consumer-7, " in done.stderr
    arn = "arn:aws:lambda:us-east-1:000000000000:function:large-consumer-7"
    granted = {action for statement in json.loads(done.stdout)["Statement"] if arn in statement["Resource"]
               for action in statement["Action"]}  # fmt: skip
    assert "lambda:DeleteFunction" in granted
    assert "lambda:CreateFunction" not in granted
