"""The least IAM policy with which a person can run each command on this stack, put together from the resources."""

from collections import defaultdict
from itertools import groupby
from typing import Any

from advent_cli.resources.base import Resource
from advent_cli.resources.role_policy import Policy
from advent_cli.stack import policy_conditions
from advent_cli.stack.build import Stack

VERBS = {  # what each command does to a resource; `up` deletes what has left config.yaml, or must be made anew
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
LINKS = ("topic", "subscription", "permission", "variable")  # which `say` looks at, to tell why a message does not come
SIMULATING = ("iam:GetRole", "iam:SimulatePrincipalPolicy")  # on whoever we are, of which the stack does not know
LOOKING = ("iam:ListRoles", "tag:GetResources")  # for what is left over
BESIDES = {  # what commands do to the words and messages in the resources
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
    """The policy document for a command, or for `all`: a statement for each service, on what is ours there."""
    actions: set[str] = set()
    anywhere: set[str] = set()
    for name in VERBS if command == "all" else [command]:
        actions |= {*BESIDES.get(name, ())}
        anywhere |= set(LOOKING) if VERBS[name] or name == "list" else set()
        anywhere |= set(SIMULATING) if name == "doctor" else set()
        for resource in _all(stack):
            for verb in _verbs(name, resource.kind):
                actions |= {*resource.actions.get(verb, ())}
                anywhere |= {*resource.unscoped_actions.get(verb, ())}
    if not stack.boundary:
        actions -= {policy_conditions.PUT_BOUNDARY}
    rules = policy_conditions.rules(stack, _arns(stack, "iam"))
    statements = [_allow(anywhere, {"*"})] if anywhere else []
    for service, of_service in groupby(sorted(actions.difference(*(rule.actions for rule in rules))), key=_service):
        statements.append(_allow(set(of_service), _arns(stack, service)))
    for rule in rules:
        if asked := actions & rule.actions:
            condition = {"Condition": {"StringEquals": rule.condition}}
            statements.append({**_allow(asked, rule.resources), **condition})
    return _document(statements)


def boundary(stack: Stack) -> dict[str, Any]:
    """The permissions boundary that fits the app: what its functions may do, all of them together, and nothing else.

    A boundary allows nothing by itself: what a function may do is what both it and the role's policies allow.
    """
    on: dict[str, set[str]] = defaultdict(set)
    for policy in stack.resources.values():
        for statement in policy.statements if isinstance(policy, Policy) else ():
            resource = statement["Resource"]
            for arn in [resource] if isinstance(resource, str) else resource:
                on[arn] |= {*statement["Action"]}
    alike = groupby(sorted(on, key=lambda arn: sorted(on[arn])), key=on.__getitem__)
    return _document([_allow(actions, {*arns}) for actions, arns in alike])


def _document(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}


def _verbs(command: str, kind: str) -> tuple[str, ...]:
    """What a command does to a resource of this kind."""
    if kind == "parameter":
        return SECRET.get(command, ())
    return ("read",) if command == "say" and kind in LINKS else VERBS[command]


def _all(stack: Stack) -> list[Resource]:
    return [*stack.resources.values(), *stack.secrets.values()]


def _service(action: str) -> str:
    return action.partition(":")[0]


def _arns(stack: Stack, service: str) -> set[str]:
    return {arn for resource in _all(stack) for arn in resource.scope() if arn.split(":")[2] == service}


def _allow(actions: set[str], arns: set[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": sorted(actions), "Resource": sorted(arns)}
