"""Pure: which actions of the deployer policy need a condition, and what no condition can limit.

The condition keys of each action are those of the Service Authorization Reference.
"""

from dataclasses import dataclass
from typing import Any

from advent_cli.resources import api_gateway
from advent_cli.stack.build import Stack

TO_LAMBDA = "iam:PassRole"
PUT_BOUNDARY = "iam:PutRolePermissionsBoundary"
# A boundary limits a role whatever its policies say. DeleteRolePolicy and DetachRolePolicy support the condition key
# too, but need no condition: they add nothing to a role, and `down` must also clear roles older than the boundary.
BOUNDED = frozenset({"iam:CreateRole", "iam:PutRolePolicy", PUT_BOUNDARY})
# Not apigateway:TagResource, which is in no reference of AWS: its denials are about stages and VPC links with tags.
CREATE_API = frozenset({"apigateway:POST"})
CHANGE_API = frozenset({"apigateway:POST", "apigateway:PATCH", "apigateway:DELETE"})
UNRESTRICTED = ("sns:SetSubscriptionAttributes", "sns:Unsubscribe")  # neither a resource nor a condition key

ADMINISTRATOR = (
    "anyone with this policy can put any permission into a role of this stack and use it through a Lambda function, "
    "which amounts to administrator access. A permissions boundary prevents this: `advent policy boundary` prints one; "
    "set permissions_boundary in config.yaml to its ARN"
)
TRUST = (
    "anyone with this policy can change who may assume the roles of this stack (iam:UpdateAssumeRolePolicy): "
    "a permissions boundary limits what a role may do, not who may assume it"
)
LOCAL_ENGINE = "the local engine ignores permissions_boundary: `advent --target aws policy` prints the policy with it"
AS_THE_ROLE = (
    "anyone with this policy can run code as role {}, through a Lambda function, and do whatever that role may do"
)
EVERY_SUBSCRIPTION = (
    "{} cannot be limited to this stack: AWS has no resource type and no condition key for these calls, so the policy "
    "allows them on every subscription of the account"
)


@dataclass(frozen=True)
class Rule:
    """The resources on which `actions` are allowed, and the values that the condition keys must have."""

    actions: frozenset[str]
    resources: set[str]
    condition: dict[str, str]


def rules(stack: Stack, roles: set[str]) -> list[Rule]:
    """The rules for a stack whose roles have these ARNs; an action may be in several rules.

    Stages, routes and integrations of an API are under `/apis/*` too, and the reference lists aws:ResourceTag for each
    of them. That they inherit the tags of their API is documented for REST APIs ("API Gateway resources that can be
    tagged") but not for HTTP APIs, and has not been tried on AWS.
    """
    ((tag, name),) = stack.aws.owner_tag.items()
    bounded = [Rule(BOUNDED, roles, {"iam:PermissionsBoundary": stack.boundary})] if stack.boundary else []
    return [
        *bounded,
        Rule(frozenset({TO_LAMBDA}), roles, {"iam:PassedToService": "lambda.amazonaws.com"}),
        Rule(CREATE_API, {*api_gateway.create_scope(stack.aws)}, {f"aws:RequestTag/{tag}": name}),
        Rule(CHANGE_API, {*api_gateway.apis_scope(stack.aws)}, {f"aws:ResourceTag/{tag}": name}),
    ]


def notes(stack: Stack, policy: dict[str, Any]) -> list[str]:
    """What the policy allows beyond this stack, and how to prevent it; empty if it allows nothing more."""
    actions = {action for statement in policy["Statement"] for action in statement["Action"]}
    notes = []
    if "iam:PutRolePolicy" in actions and not stack.boundary:
        notes.append(LOCAL_ENGINE if stack.config.permissions_boundary else ADMINISTRATOR)
    if TO_LAMBDA in actions and stack.execution_role:
        notes.append(AS_THE_ROLE.format(stack.execution_role.name))
    if "iam:UpdateAssumeRolePolicy" in actions and stack.boundary:
        notes.append(TRUST)
    if unlimited := [action for action in UNRESTRICTED if action in actions]:
        notes.append(EVERY_SUBSCRIPTION.format(" and ".join(unlimited)))
    return notes
