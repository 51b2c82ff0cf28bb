"""advent policy trust: exactly one kind of workflow of one repository can take on the role."""

import json

import pytest

from advent_cli.errors import USAGE
from advent_cli.stack.build import Stack
from tests.conftest import Run
from tests.support.conditions import allows
from tests.support.schemas import checked

MAIN, PULL_REQUEST = "repo:octo-org@123456/octo-repo@456789:ref:refs/heads/main", "repo:octo-org/octo-repo:pull_request"
ISSUER, ACTION = "token.actions.githubusercontent.com", "sts:AssumeRoleWithWebIdentity"


def trusts(document: str, subject: str, audience: str = "sts.amazonaws.com", issuer: str = ISSUER) -> bool:
    (statement,) = json.loads(document)["Statement"]
    (provider,) = statement.pop("Principal").values()
    keys: dict[str, str | None] = {f"{issuer}:sub": subject, f"{issuer}:aud": audience}
    return allows(
        {**statement, "Resource": [provider]}, ACTION, f"arn:aws:iam::000000000000:oidc-provider/{issuer}", keys
    )


def test_only_this_subject_can_take_on_the_role(deployed: Stack, advent: Run) -> None:
    printed = advent("policy", "trust", "--subject", MAIN).stdout
    assert trusts(printed, MAIN)
    spaced = "repo:octo-org/octo-repo:environment:my prod"
    assert trusts(advent("policy", "trust", "--subject", spaced).stdout, spaced)
    for other in (PULL_REQUEST, MAIN.replace("main", "mine"), MAIN.replace("octo-repo", "other"), f"{MAIN}s", "*"):
        assert not trusts(printed, other), other
    assert not trusts(printed, MAIN, audience="https://github.com/octo-org")
    assert not trusts(printed, MAIN, issuer="token.example.com")
    iam = deployed.aws.client("iam")
    iam.create_role(RoleName="up", AssumeRolePolicyDocument=printed)
    iam.delete_role(RoleName="up")


def test_the_role_of_pull_requests_comes_with_a_warning(deployed: Stack, advent: Run) -> None:
    done = advent("policy", "trust", "--subject", PULL_REQUEST)
    assert "anyone who can push a branch" in done.stderr
    assert "anyone" not in advent("policy", "trust", "--subject", MAIN).stderr
    document = checked(json.loads(advent("policy", "trust", "--subject", PULL_REQUEST, "--json").stdout))
    assert document["policies"] == [document["policy"]] == [json.loads(done.stdout)]
    assert len(document["notes"]) == 1


@pytest.mark.parametrize(
    "words",
    [
        ["trust"],
        ["up", "--subject", MAIN],
        ["trust", "--subject", MAIN, "--split"],
        ["trust", "--subject", "repo:octo-org/*"],
        ["trust", "--subject", "repo:octo-org/octo-repo:*"],
        ["trust", "--subject", "repo:octo-org/octo-repo"],
        ["trust", "--subject", ""],
    ],
)
def test_what_would_trust_nobody_or_too_many_is_refused(deployed: Stack, advent: Run, words: list[str]) -> None:
    done = advent("policy", *words, code=USAGE)
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
