"""Asks IAM's policy simulator what we may do, without trying it."""

from concurrent.futures import ThreadPoolExecutor

from advent_cli.aws.account import Aws
from advent_cli.aws.aws_errors import REFUSALS, error_code, explain
from advent_cli.doctor import permissions
from advent_cli.doctor.findings import Finding, note, ok
from advent_cli.stack import deployer_policy
from advent_cli.stack.build import Stack

AT_ONCE = 10  # questions; AWS lets through only a few of them a second, and the rest are tried again
MAY_SIMULATE = "`advent policy doctor` prints what would let this be told"


def simulated(stack: Stack) -> Finding:
    """What of all that the commands need the principal we are may not do."""
    arn = stack.aws.identity[1]
    if arn.endswith(":root"):
        return ok("permissions", "root may do everything")
    policies = {command: deployer_policy.policy(stack, command) for command in deployer_policy.VERBS}
    needed = {command: permissions.rights(policy) for command, policy in policies.items()}
    try:
        principal = _role(stack.aws, arn) if permissions.role_name(arn) else arn
        if not permissions.can_be_simulated(principal):
            return note("permissions", f"cannot be told of {arn}: IAM simulates only users and roles")
        keys = permissions.conditions(policies.values())
        denied = _denied(stack.aws, principal, set().union(*needed.values()), keys)
    except Exception as error:
        if error_code(error) not in {*REFUSALS, "NoSuchEntity"}:
            raise
        return note("permissions", f"cannot be told: {explain(error)}", MAY_SIMULATE)
    return permissions.judge(needed, denied)


def _role(aws: Aws, session_arn: str) -> str:
    """The ARN of a session's role; from IAM, for it may have a path, as those of IAM Identity Center have."""
    try:
        role = aws.client("iam").get_role(RoleName=permissions.role_name(session_arn))["Role"]
    except Exception as error:
        if error_code(error) not in REFUSALS:
            raise
        return permissions.role_arn(session_arn)
    return str(role["Arn"])


def _denied(aws: Aws, principal: str, asked: set[permissions.Right], keys: dict[str, str]) -> set[permissions.Right]:
    """Those of the rights that IAM's simulator does not allow: it knows the policies of the principal, its boundary
    and its organization's, but not those of a session, nor what `keys` of conditions would be in a real call.

    One ARN a call: the answer about an action on several is told in another shape.
    """
    pages = aws.client("iam").get_paginator("simulate_principal_policy")
    context = [
        {"ContextKeyName": key, "ContextKeyType": "string", "ContextKeyValues": [value]} for key, value in keys.items()
    ]

    def denied_on(question: tuple[str, list[str]]) -> set[permissions.Right]:
        arn, actions = question
        answers = pages.paginate(
            PolicySourceArn=principal, ActionNames=actions, ResourceArns=[arn], ContextEntries=context
        )
        results = [result for page in answers for result in page["EvaluationResults"]]
        return {(result["EvalActionName"], arn) for result in results if result["EvalDecision"] != "allowed"}

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return set().union(*pool.map(denied_on, permissions.by_second(asked).items()))
