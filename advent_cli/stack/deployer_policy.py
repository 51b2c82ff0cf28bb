"""The least-privilege IAM policy for running each command on a stack, built from what the resources need."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from advent_cli.resources import api_gateway, iam
from advent_cli.resources.base import Resource
from advent_cli.resources.role_policy import RolePolicy
from advent_cli.resources.table import Table
from advent_cli.stack import command_actions, policy_conditions
from advent_cli.stack.build import Stack
from advent_cli.stack.command_actions import COUNT_WORDS, FIND_API, INSPECTING

COMMANDS = (*command_actions.VERBS,)


def policy(stack: Stack, command: str, orphans: Iterable[Resource] = ()) -> dict[str, Any]:
    """The policy document for a command, or for `all`; it covers these orphans too.

    It has one statement for each service with the stack's resources there, one with the orphans, and others for what
    has a condition or cannot be limited to a resource.
    """
    needs, orphans = Needs(), [*orphans]
    for name in COMMANDS if command == "all" else [command]:
        needs.unscoped |= {*command_actions.UNSCOPED.get(name, ())}
        for resource in (*stack.resources.values(), *stack.secrets.values()):
            needs.add(resource, command_actions.verbs(name, resource))
        for orphan in orphans:
            needs.add(orphan, command_actions.verbs_for_orphan(name, orphan), "orphans")
            if orphan.kind == Table.kind and name in ("up", "down"):
                needs.scoped["dynamodb", "orphans"].add(COUNT_WORDS, orphan.scope())
        for action in command_actions.DATA.get(name, ()):
            if arns := command_actions.data_arns(stack, name, action):
                needs.scoped[_service(action), ""].add(action, arns)
        if name in INSPECTING:  # they list the account's APIs and the roles under the stack's path, and read these
            needs.scoped["apigateway", ""].add(FIND_API, api_gateway.list_scope(stack.aws))
            needs.scoped["iam", "listed"].add("iam:GetRole", [iam.path_scope(stack.aws)])
    return _document(needs.statements(stack))


@dataclass
class Scope:
    """Actions, and the ARNs on which they are needed."""

    actions: set[str] = field(default_factory=set)
    arns: set[str] = field(default_factory=set)

    def add(self, action: str, arns: Iterable[str]) -> None:
        """Add an action, which is needed on these ARNs."""
        self.actions.add(action)
        self.arns |= {*arns}


@dataclass
class Needs:
    """What a policy must allow: actions by service and purpose, and actions that no resource can limit."""

    scoped: dict[tuple[str, str], Scope] = field(default_factory=lambda: defaultdict(Scope))
    unscoped: set[str] = field(default_factory=set)

    def add(self, resource: Resource, verbs: Iterable[str], purpose: str = "") -> None:
        """Add the actions that these verbs need on a resource."""
        for verb in verbs:
            self.unscoped |= {*resource.unscoped_actions.get(verb, ())}
            apart = verb == "read" and not {*resource.read_scope()} <= {*resource.scope()}
            arns = resource.read_scope() if verb == "read" else resource.scope()
            for action in resource.actions.get(verb, ()):
                of_service = [arn for arn in arns if arn.split(":")[2] == _service(action)]
                self.scoped[_service(action), f"{purpose} {verb}" if apart else purpose].add(action, of_service)

    def statements(self, stack: Stack) -> list[dict[str, Any]]:
        """The statements, of which those with conditions are last."""
        if not stack.boundary:
            for scope in self.scoped.values():
                scope.actions -= {policy_conditions.PUT_BOUNDARY}
        rules = policy_conditions.rules(stack, self.scoped["iam", ""].arns)
        limited = set[str]().union(*(rule.actions for rule in rules))
        statements = [_allow(self.unscoped, {"*"})] if self.unscoped else []
        for _, scope in sorted(self.scoped.items()):
            if free := scope.actions - limited:
                statements.append(_allow(free, scope.arns))
        actions = set[str]().union(*(scope.actions for scope in self.scoped.values()))
        for rule in rules:
            if some := actions & rule.actions:
                condition = {"Condition": {"StringEquals": rule.condition}}
                statements.append({**_allow(some, rule.resources), **condition})
        return statements


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


def _service(action: str) -> str:
    return action.partition(":")[0]


def _allow(actions: set[str], arns: set[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": sorted(actions), "Resource": sorted(arns)}
