"""Pure: the trust policy of a role that a GitHub workflow assumes with the token that GitHub gives it (OIDC).

"Configuring OpenID Connect in Amazon Web Services" and "OpenID Connect reference" in GitHub's documentation have the
issuer, the audience of aws-actions/configure-aws-credentials, and the forms of the subject.
"""

import re
from typing import Any

from advent_cli.aws.account import Aws
from advent_cli.errors import UsageError

ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"
# No wildcard: StringEquals knows none. OWNER and REPO are followed by @ID in repositories since July 2026. The name of
# an environment may contain spaces.
SUBJECT = re.compile(r"repo:[\w.@-]+/[\w.@-]+:([^\s*?$]+(?: [^\s*?$]+)*)")
PULL_REQUEST = "pull_request"
ON_PULL_REQUESTS = (
    "anyone who can push a branch to the repository can take on this role, because a pull request may change the "
    "workflow: give the role only what `advent policy plan` prints"
)


def trust_policy(aws: Aws, subject: str) -> tuple[dict[str, Any], list[str]]:
    """The policy that lets workflows with exactly this subject take on a role of the account, and notes on it.

    Raises UsageError for what cannot be a subject.
    """
    found = SUBJECT.fullmatch(subject)
    if found is None:
        why = f"{subject!r} is not the subject of one workflow's token; wildcards are not allowed"
        hint = "repo:OWNER/REPO:pull_request, or repo:OWNER/REPO:ref:refs/heads/main"
        raise UsageError("--subject cannot be used", why=why, hint=hint)
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": aws.arn("iam", f"oidc-provider/{ISSUER}")},
        "Action": ["sts:AssumeRoleWithWebIdentity"],
        "Condition": {"StringEquals": {f"{ISSUER}:aud": AUDIENCE, f"{ISSUER}:sub": subject}},
    }
    notes = [ON_PULL_REQUESTS] if found[1] == PULL_REQUEST else []
    return {"Version": "2012-10-17", "Statement": [statement]}, notes
