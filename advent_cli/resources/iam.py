"""What roles and their inline policies share: IAM's transient errors, and reading and removing policies."""

from functools import partial
from typing import Any

from advent_cli.aws.account import Aws, in_parallel
from advent_cli.aws.aws_errors import REFUSALS, error_code, get_or_none
from advent_cli.aws.calls import Call
from advent_cli.aws.retry import Transient, Waiter

ROLE_IS_BUSY = Transient("ConcurrentModification", "", "IAM is busy with the role")
ROLE_IS_NEW = Transient("NoSuchEntity", "", "IAM does not know the new role everywhere yet")
REFUSED_AS_NEW = Transient("AccessDenied", "", ROLE_IS_NEW.words)
KNOWN_WITHIN = 30  # seconds until all of IAM knows a new role
LISTS_LAG = Transient("DeleteConflict", "", "IAM has not removed the policies of the role yet")

Policies = tuple[list[str], list[str]]  # names of the inline ones, ARNs of the attached ones


def read_scope(aws: Aws, arn: str) -> list[str]:
    """The ARNs on which IAM judges the reading of a role with this ARN.

    While the role does not exist, IAM does not know its path, and judges GetRole on the ARN without one: a policy that
    names only the ARN with the path gets AccessDenied in place of NoSuchEntity. Seen by users of other tools with roles
    under a path (keikoproj/iam-manager #31 and #35); not in IAM's documentation.
    """
    return [arn, aws.arn("iam", f"role/{arn.rpartition('/')[2]}")]


def path_scope(aws: Aws) -> str:
    """The ARN of every role under the stack's path, also of one that the same stack has in another region."""
    return aws.arn("iam", f"role/advent/{aws.stack}/*")


def get_role(aws: Aws, name: str) -> dict[str, Any] | None:
    """The role as GetRole describes it, or None if there is none."""
    role: dict[str, Any] | None = aws.cached(("role", name), partial(_fetch, aws, name))
    return role


def transients(aws: Aws, role: str | None) -> tuple[Transient, ...]:
    """The errors that pass by themselves of a write to the role with this key, or to its policies.

    A part of IAM that does not know a role yet judges the request on the role's ARN without its path, which the policy
    of `advent policy` does not allow: it refuses, instead of saying that there is no role. For GetRole of a role that
    does not exist, this is known (ConductorOne/AppHub, terraform/modules/deploy-target); that PutRolePolicy right after
    CreateRole meets it too is an inference. Of a role that this run did not make, a refusal is meant as it is.
    """
    return (ROLE_IS_BUSY, ROLE_IS_NEW, *([REFUSED_AS_NEW] if role in aws.made else []))


def policies_of(aws: Aws, role: str) -> Policies:
    """The policies of a role; empty lists if the role is gone."""
    iam = aws.client("iam")

    def pages(operation: str) -> list[dict[str, Any]]:
        paginated = iam.get_paginator(operation).paginate(RoleName=role)
        return get_or_none(lambda: list(paginated), "NoSuchEntity") or []

    inline, attached = in_parallel(
        lambda: [name for page in pages("list_role_policies") for name in page["PolicyNames"]],
        lambda: [p["PolicyArn"] for page in pages("list_attached_role_policies") for p in page["AttachedPolicies"]],
    )
    return inline, attached


def removals(role: str, policies: Policies, keep: set[str]) -> list[Call]:
    """The calls that remove the policies of a role, except the inline ones in `keep`."""
    inline, attached = policies
    deleted = [{"RoleName": role, "PolicyName": name} for name in sorted({*inline} - keep)]
    detached = [{"RoleName": role, "PolicyArn": arn} for arn in attached]
    return [
        *(Call("iam", "delete_role_policy", params) for params in deleted),
        *(Call("iam", "detach_role_policy", params) for params in detached),
    ]


def send(aws: Aws, call: Call, waiter: Waiter) -> None:
    """Send a call; it is no error if what it deletes is gone already.

    For a role that is gone IAM may answer AccessDenied: see `read_scope`.
    """
    deletes = call.method.startswith(("delete_", "detach_"))
    missing = ["NoSuchEntity"] if deletes else []
    try:
        waiter.retry(partial(get_or_none, call.on(aws), *missing), ROLE_IS_BUSY)
    except Exception as error:
        # Asked anew: what the run knows of the role is from before the call.
        if not deletes or error_code(error) not in REFUSALS or _fetch(aws, call.params["RoleName"]):
            raise


def _fetch(aws: Aws, name: str) -> dict[str, Any] | None:
    answer = get_or_none(partial(aws.client("iam").get_role, RoleName=name), "NoSuchEntity")
    return answer["Role"] if answer else None
