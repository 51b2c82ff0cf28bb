"""Pure: which actions of the deployer's policy need a condition, and what no condition can limit.

The condition keys of each action are those of the Service Authorization Reference.
"""

from dataclasses import dataclass
from typing import Any

from advent_cli.resources import api_gateway
from advent_cli.stack.build import Stack

TO_LAMBDA = "iam:PassRole"
PUT_BOUNDARY = "iam:PutRolePermissionsBoundary"
# With the boundary, what a role may do is limited whatever its policies say. DeleteRolePolicy and DetachRolePolicy know
# the key too, and need no condition: they add nothing to a role, and `down` has to clear one older than the boundary.
BOUNDED = frozenset({"iam:CreateRole", "iam:PutRolePolicy", PUT_BOUNDARY})
MAKING_APIS = frozenset({"apigateway:POST", "apigateway:TagResource"})
CHANGING_APIS = frozenset({"apigateway:POST", "apigateway:PATCH", "apigateway:DELETE"})
UNLIMITED = ("sns:SetSubscriptionAttributes", "sns:Unsubscribe")  # neither a resource nor a condition key

ADMINISTRATOR = (
    "whoever has this policy can put any permission into a role of this stack and use it through a Lambda function: "
    "that is as good as administrator. A permissions boundary prevents it: `advent policy boundary` prints one, and "
    "permissions_boundary in config.yaml takes its ARN"
)
TRUST = (
    "whoever has this policy can change who may take on the roles of this stack (iam:UpdateAssumeRolePolicy): "
    "a permissions boundary limits what a role may do, not who uses it"
)
NOT_HERE = "the local engine uses no permissions_boundary: `advent --target aws policy` prints the policy with it"
EVERY_SUBSCRIPTION = (
    "{} cannot be limited to this stack: AWS knows no resource and no condition for such calls, so they are allowed on "
    "every subscription of the account"
)


@dataclass(frozen=True)
class Rule:
    """What `actions` are allowed on, and the condition keys that must have these very values."""

    actions: frozenset[str]
    resources: set[str]
    condition: dict[str, str]


def rules(stack: Stack, roles: set[str]) -> list[Rule]:
    """All rules for a stack, whose roles have these ARNs. An action may be in several.

    Stages, routes and integrations of an API are under `/apis/*` too, and the reference lists aws:ResourceTag for each
    of them. That they have the tags of their API is documented for REST APIs ("API Gateway resources that can be
    tagged"); for HTTP APIs nothing is said, and it was not tried on AWS.
    """
    ((tag, name),) = stack.aws.owner_tag.items()
    bounded = [Rule(BOUNDED, roles, {"iam:PermissionsBoundary": stack.boundary})] if stack.boundary else []
    return [
        *bounded,
        Rule(frozenset({TO_LAMBDA}), roles, {"iam:PassedToService": "lambda.amazonaws.com"}),
        Rule(MAKING_APIS, {*api_gateway.making(stack.aws)}, {f"aws:RequestTag/{tag}": name}),
        Rule(CHANGING_APIS, {*api_gateway.inside(stack.aws)}, {f"aws:ResourceTag/{tag}": name}),
    ]


def notes(stack: Stack, policy: dict[str, Any]) -> list[str]:
    """What the holder of a policy could do beyond this stack, and how to prevent it; nothing if there is nothing."""
    actions = {action for statement in policy["Statement"] for action in statement["Action"]}
    told = []
    if "iam:PutRolePolicy" in actions and not stack.boundary:
        told.append(NOT_HERE if stack.config.permissions_boundary else ADMINISTRATOR)
    if "iam:UpdateAssumeRolePolicy" in actions and stack.boundary:
        told.append(TRUST)
    if unlimited := [action for action in UNLIMITED if action in actions]:
        told.append(EVERY_SUBSCRIPTION.format(" and ".join(unlimited)))
    return told
