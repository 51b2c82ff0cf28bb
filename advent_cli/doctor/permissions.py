"""Pure: which questions to ask IAM's policy simulator, and what its answers mean for each command."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any

from advent_cli.doctor.findings import Finding, ok, problem

Right = tuple[str, str]  # an action, and the ARN it is on


def rights(policy: Mapping[str, Any]) -> set[Right]:
    """What a policy document of `advent policy` allows; `${*}` is how a policy writes an asterisk."""
    pairs = ((action, arn) for each in policy["Statement"] for action in each["Action"] for arn in each["Resource"])
    return {(action, arn.replace("${*}", "*")) for action, arn in pairs}


def conditions(policies: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The condition keys of policies, each with the one value that it must have."""
    statements = [each for policy in policies for each in policy["Statement"] if "Condition" in each]
    return {key: value for each in statements for key, value in each["Condition"]["StringEquals"].items()}


def by_second(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The first of each pair by the second, as in the actions to ask about by ARN; all in order."""
    grouped: dict[str, list[str]] = defaultdict(list)
    for first, second in sorted(pairs, key=itemgetter(1, 0)):
        grouped[second].append(first)
    return dict(grouped)


def role_name(arn: str) -> str | None:
    """The name of the role behind the ARN of a session of it; None for any other ARN."""
    match = re.fullmatch(r"arn:[\w-]+:sts::[0-9]+:assumed-role/([^/]+)/.+", arn)
    return match[1] if match else None


def role_arn(session_arn: str) -> str:
    """The ARN of a session's role, as it is if the role has no path, which a session's ARN does not tell."""
    partition, account = session_arn.split(":")[1], session_arn.split(":")[4]
    return f"arn:{partition}:iam::{account}:role/{role_name(session_arn)}"


def can_be_simulated(arn: str) -> bool:
    """Whether the simulator knows such a principal: users and roles, but not root nor federated users."""
    return ":user/" in arn or ":role/" in arn


def judge(needed: Mapping[str, set[Right]], denied: set[Right]) -> Finding:
    """Which of the rights that the commands need are `denied`, and to which commands.

    The ARNs are told where an action is denied on some of those that it is needed on, and not on all.
    """
    everything = set().union(*needed.values())
    lacking = by_second((arn, action) for action, arn in everything & denied)
    if not lacking:
        return ok("permissions", f"all that the commands need: {len({action for action, _ in everything})} actions")
    asked = by_second((arn, action) for action, arn in everything)
    details = []
    for action, arns in lacking.items():
        commands = [name for name, rights in needed.items() if any((action, arn) in rights for arn in arns)]
        where = "" if arns == asked[action] else f" on {', '.join(arns)}"
        details.append(f"{action}{where}, for {', '.join(commands)}")
    free = [command for command in needed if not needed[command] & denied]
    text = f"{len(lacking)} actions are not allowed" if len(lacking) != 1 else "1 action is not allowed"
    may = f"; what goes without them: {', '.join(free)}" if free else ""
    return problem("permissions", text + may, "ask for them; `advent policy` prints them as a policy", details)
