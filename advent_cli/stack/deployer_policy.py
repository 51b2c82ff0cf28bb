"""The least-privilege IAM policy for running each command on a stack, built from what the resources need."""

from collections import defaultdict
from itertools import groupby
from typing import Any

from advent_cli.resources.base import Resource
from advent_cli.resources.role_policy import RolePolicy
from advent_cli.stack import policy_conditions
from advent_cli.stack.build import Stack

VERBS = {  # what each command does to a resource; `up` deletes orphans, and what it has to recreate
    "up": ("read", "create", "update", "delete"),
    "plan": ("read",),
    "status": ("read",),
    "diagram": ("read",),
    "down": ("read", "delete"),
    "say": (),
    "replay": (),
    "slack": (),
    "list": (),
    "logs": (),
    "doctor": (),
    "slack-check": (),
}
SECRET = {"up": ("read", "delete"), "plan": ("read",), "status": ("read",), "down": ("read", "delete")}
SECRET |= {"diagram": ("read",), "say": ("read",), "slack": ("read", "update", "delete"), "doctor": ("read",)}
TRACED_KINDS = ("topic", "subscription", "permission", "variable")  # `say` reads them to explain a missing message
SIMULATE = ("iam:GetRole", "iam:SimulatePrincipalPolicy")  # on the caller's own role, which the stack does not know
FIND_ORPHANS = ("iam:ListRoles", "tag:GetResources")
DATA_ACTIONS = {  # what each command does to the data in the resources: words, messages, logs
    "up": ("dynamodb:Scan", "dynamodb:BatchWriteItem"),
    "status": ("dynamodb:Scan", "dynamodb:BatchGetItem", "logs:FilterLogEvents"),
    "logs": ("logs:FilterLogEvents",),
    "doctor": ("apigateway:GET",),
    "slack-check": ("apigateway:GET", "logs:FilterLogEvents"),
    "down": ("dynamodb:Scan",),
    "say": ("dynamodb:BatchGetItem", "apigateway:GET", "ssm:GetParameter", "logs:FilterLogEvents"),
    "replay": (
        "sqs:GetQueueAttributes",
        "sqs:ListQueueTags",
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sns:ListSubscriptionsByTopic",
        "sns:Publish",
        "lambda:InvokeFunction",
    ),
}


def policy(stack: Stack, command: str) -> dict[str, Any]:
    """The policy document for a command, or for `all`: one statement per service, on the stack's resources there."""
    actions: set[str] = set()
    unscoped: set[str] = set()
    for name in VERBS if command == "all" else [command]:
        actions |= {*DATA_ACTIONS.get(name, ())}
        unscoped |= set(FIND_ORPHANS) if VERBS[name] or name == "list" else set()
        unscoped |= set(SIMULATE) if name == "doctor" else set()
        for resource in _all(stack):
            for verb in _verbs(name, resource.kind):
                actions |= {*resource.actions.get(verb, ())}
                unscoped |= {*resource.unscoped_actions.get(verb, ())}
    if not stack.boundary:
        actions -= {policy_conditions.PUT_BOUNDARY}
    rules = policy_conditions.rules(stack, _arns(stack, "iam"))
    statements = [_allow(unscoped, {"*"})] if unscoped else []
    for service, of_service in groupby(sorted(actions.difference(*(rule.actions for rule in rules))), key=_service):
        statements.append(_allow(set(of_service), _arns(stack, service)))
    for rule in rules:
        if limited := actions & rule.actions:
            condition = {"Condition": {"StringEquals": rule.condition}}
            statements.append({**_allow(limited, rule.resources), **condition})
    return _document(statements)


def boundary(stack: Stack) -> dict[str, Any]:
    """The permissions boundary for the app's roles: everything that its functions together may do, and nothing else.

    A boundary allows nothing by itself: a function may do what both the boundary and its role's policies allow.
    """
    actions_on: dict[str, set[str]] = defaultdict(set)
    for policy in stack.resources.values():
        for statement in policy.statements if isinstance(policy, RolePolicy) else ():
            resource = statement["Resource"]
            for arn in [resource] if isinstance(resource, str) else resource:
                actions_on[arn] |= {*statement["Action"]}
    by_actions = sorted(actions_on, key=lambda arn: sorted(actions_on[arn]))
    return _document([_allow(actions, {*arns}) for actions, arns in groupby(by_actions, key=actions_on.__getitem__)])


def _document(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}


def _verbs(command: str, kind: str) -> tuple[str, ...]:
    """What a command does to a resource of this kind."""
    if kind == "parameter":
        return SECRET.get(command, ())
    return ("read",) if command == "say" and kind in TRACED_KINDS else VERBS[command]


def _all(stack: Stack) -> list[Resource]:
    return [*stack.resources.values(), *stack.secrets.values()]


def _service(action: str) -> str:
    return action.partition(":")[0]


def _arns(stack: Stack, service: str) -> set[str]:
    return {arn for resource in _all(stack) for arn in resource.scope() if arn.split(":")[2] == service}


def _allow(actions: set[str], arns: set[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": sorted(actions), "Resource": sorted(arns)}
