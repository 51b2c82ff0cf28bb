"""Checks which of the permissions that the commands need are missing, by IAM's policy simulator."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from operator import itemgetter
from typing import Any

from advent_cli.aws.account import Aws
from advent_cli.aws.aws_errors import REFUSALS, error_code, explain
from advent_cli.aws.rate_limit import THROTTLED
from advent_cli.aws.retry import AGAIN
from advent_cli.doctor.findings import Finding, note, ok, problem
from advent_cli.stack import deployer_policy
from advent_cli.stack.build import Stack

AT_ONCE = 10  # simulations; AWS throttles more than a few per second, and botocore retries those
MAY_SIMULATE = "`advent policy doctor` prints the permissions for this check"
COMPARE = "look for them in your own policies; `advent policy` prints all that the commands need"
NO_ANSWER = "IAM's simulator gave no answer"
NOT_ASKED_SO = {"InvalidInput", "ValidationError"}  # the question is refused, whatever the principal may do
NO_SIMULATION = {*REFUSALS, "NoSuchEntity", "PolicyEvaluation", *THROTTLED}  # nothing is known about any action
Permission = tuple[str, str]  # an action, and the ARN of a resource
Answers = tuple[set[Permission], dict[Permission, str]]  # what is denied; what is not known, with the reason


def permissions(stack: Stack) -> Finding:
    """The finding for the permissions that all commands together need."""
    arn = stack.aws.identity[1]
    if arn.endswith(":root"):
        return ok("permissions", "root may do everything")
    policies = {command: deployer_policy.policy(stack, command) for command in deployer_policy.COMMANDS}
    needed = {command: granted(policy) for command, policy in policies.items()}
    try:
        principal = _role(stack.aws, arn) if role_name(arn) else arn
        if not can_be_simulated(principal):
            return note("permissions", f"cannot check {arn}: IAM simulates only users and roles")
        denied, unknown = _simulate(
            stack.aws, principal, set().union(*needed.values()), _condition_keys(policies.values())
        )
    except Exception as error:
        if error_code(error) not in NO_SIMULATION:
            raise
        hint = AGAIN if error_code(error) in THROTTLED else MAY_SIMULATE
        return note("permissions", f"cannot check: {explain(error)}", hint)
    return judge_permissions(needed, denied, unknown)


def judge_permissions(
    needed: Mapping[str, set[Permission]], denied: set[Permission], unknown: Mapping[Permission, str]
) -> Finding:
    """Pure: which of the permissions that each command needs are `denied`, and which are `unknown`, with the reason.

    An action has its ARNs beside it only if this is so on some of those that need it, and not on all.
    """
    everything = set().union(*needed.values())
    lacking, details = _described(needed, everything & denied)
    unchecked, unclear = _described(needed, everything & unknown.keys())
    number = len({action for action, _ in everything})
    reasons = [f"why: {reason}" for reason in dict.fromkeys(unknown.values())]
    details += [*(f"could not be checked: {line}" for line in unclear), *reasons]
    if lacking:
        free = [command for command in needed if not needed[command] & denied]
        text = f"{lacking} actions are not allowed" if lacking != 1 else "1 action is not allowed"
        text += f"; {unchecked} could not be checked" if unchecked else ""
        text += f"; not needed by: {', '.join(free)}" if free else ""
        return problem("permissions", text, "ask for the policy that `advent policy` prints", details)
    if unchecked == number:
        return note("permissions", f"none of the {number} actions could be checked", COMPARE, reasons)
    if unchecked:
        allowed = f"{number - unchecked} of the {number} actions that the commands need are allowed"
        return note("permissions", f"{allowed}; {unchecked} could not be checked", COMPARE, details)
    return ok("permissions", f"all {number} actions that the commands need are allowed")


def _described(needed: Mapping[str, set[Permission]], some: set[Permission]) -> tuple[int, list[str]]:
    """How many actions are in `some`, and a line for each."""
    everything = _by_second((arn, action) for pairs in needed.values() for action, arn in pairs)
    lines = []
    for action, arns in (by_action := _by_second((arn, action) for action, arn in some)).items():
        commands = [name for name, pairs in needed.items() if any((action, arn) in pairs for arn in arns)]
        where = "" if {*arns} == {*everything[action]} else f" on {', '.join(arns)}"
        lines.append(f"{action}{where}, for {', '.join(commands)}")
    return len(by_action), lines


def granted(policy: Mapping[str, Any]) -> set[Permission]:
    """What a policy document of `advent policy` allows; `${*}` is a literal asterisk in a policy."""
    pairs = ((action, arn) for each in policy["Statement"] for action in each["Action"] for arn in each["Resource"])
    return {(action, arn.replace("${*}", "*")) for action, arn in pairs}


def _condition_keys(policies: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The condition keys of policies, each with the one value that it must have."""
    statements = [each for policy in policies for each in policy["Statement"] if "Condition" in each]
    return {key: value for each in statements for key, value in each["Condition"]["StringEquals"].items()}


def _by_second(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The first elements of pairs by the second, all in order: of (action, ARN) pairs the actions by ARN."""
    grouped: dict[str, list[str]] = defaultdict(list)
    for first, second in sorted(pairs, key=itemgetter(1, 0)):
        grouped[second].append(first)
    return dict(grouped)


def role_name(arn: str) -> str | None:
    """The role's name in the ARN of an assumed-role session; None for any other ARN."""
    match = re.fullmatch(r"arn:[\w-]+:sts::[0-9]+:assumed-role/([^/]+)/.+", arn)
    return match[1] if match else None


def role_arn(session_arn: str) -> str:
    """The ARN of a session's role, assuming that the role has no path: a session's ARN does not contain it."""
    partition, account = session_arn.split(":")[1], session_arn.split(":")[4]
    return f"arn:{partition}:iam::{account}:role/{role_name(session_arn)}"


def can_be_simulated(arn: str) -> bool:
    """Whether the simulator accepts the principal: users and roles, but not root or federated users."""
    return ":user/" in arn or ":role/" in arn


def _role(aws: Aws, session_arn: str) -> str:
    """The ARN of a session's role, from IAM because it may have a path, as the roles of IAM Identity Center do."""
    try:
        role = aws.client("iam").get_role(RoleName=role_name(session_arn))["Role"]
    except Exception as error:
        if error_code(error) not in REFUSALS:
            raise
        return role_arn(session_arn)
    return str(role["Arn"])


def _simulate(aws: Aws, principal: str, asked: set[Permission], keys: dict[str, str]) -> Answers:
    """The answers of IAM's simulator, with these values of condition keys.

    The simulator knows the policies of the principal, its boundary and its organization's, but not those of a session,
    nor the values that condition keys have in a real call. One ARN per call, because the response about an action on
    several has another shape.

    It refuses a call as a whole if the actions "require different authorization information": if it knows some of them
    and not the others, as actions that no catalogue of AWS has. Each of those it answers alone. Its documentation does
    not say so; aws-cloudformation/rain (internal/aws/iam) quotes the error and asks one at a time, as this does.
    """
    pages = aws.client("iam").get_paginator("simulate_principal_policy")
    context = [
        {"ContextKeyName": key, "ContextKeyType": "string", "ContextKeyValues": [value]} for key, value in keys.items()
    ]

    def about(arn: str, actions: list[str]) -> Answers:
        responses = pages.paginate(
            PolicySourceArn=principal, ActionNames=actions, ResourceArns=[arn], ContextEntries=context
        )
        try:
            results = [result for page in responses for result in page["EvaluationResults"]]
        except Exception as error:
            if error_code(error) not in NOT_ASKED_SO:
                raise
            if actions[1:]:
                return _joined(about(arn, [each]) for each in actions)
            return set(), {(actions[0], arn): str(explain(error))}
        decisions = {result["EvalActionName"].lower(): result["EvalDecision"] for result in results}
        denied = {(action, arn) for action in actions if decisions.get(action.lower(), "allowed") != "allowed"}
        return denied, {(action, arn): NO_ANSWER for action in actions if action.lower() not in decisions}

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return _joined(pool.map(lambda question: about(*question), _by_second(asked).items()))


def _joined(answers: Iterable[Answers]) -> Answers:
    denied, unknown = zip(*answers, strict=True)
    return set().union(*denied), {pair: reason for each in unknown for pair, reason in each.items()}
