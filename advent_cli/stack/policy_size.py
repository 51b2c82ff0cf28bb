"""Pure: how long a policy is for IAM, and the same policy in several that are short enough."""

import json
import re
from typing import Any

LONGEST = 6144  # characters of a managed policy, white space not counted ("IAM and AWS STS quotas")
MOST_ATTACHED = 10  # managed policies of a user or a role, unless you ask AWS for more (the same page)
Policy = dict[str, Any]


def size(policy: Policy) -> int:
    """The length of a policy in the characters that IAM counts."""
    return len(re.sub(r"\s", "", json.dumps(policy)))


def split(policy: Policy, longest: int = LONGEST) -> list[Policy]:
    """Policies that together allow exactly what this one does, each of at most so many characters.

    It is one policy if it is short enough. A statement that is too long becomes two, each with half of its resources.
    """
    parts: list[Policy] = []
    for statement in [piece for whole in policy["Statement"] for piece in _pieces(policy, whole, longest)]:
        longer = ((each, {**each, "Statement": [*each["Statement"], statement]}) for each in parts)
        fitting = next((each for each, with_it in longer if size(with_it) <= longest), None)
        if fitting is None:
            parts.append({**policy, "Statement": [statement]})
        else:
            fitting["Statement"].append(statement)
    return parts


def _pieces(policy: Policy, statement: dict[str, Any], longest: int) -> list[dict[str, Any]]:
    arns = statement.get("Resource", [])  # a trust policy has none
    middle = len(arns) // 2
    if size({**policy, "Statement": [statement]}) <= longest or not middle:
        return [statement]
    halves = ({**statement, "Resource": half} for half in (arns[:middle], arns[middle:]))
    return [piece for half in halves for piece in _pieces(policy, half, longest)]


def notes(policy: Policy, command: str, *, is_split: bool) -> list[str]:
    """Why a policy cannot be created in one piece, or attached, and what to do; empty if it can."""
    number = len(split(policy))
    if not number:
        return ["the command needs no permission on this stack, and IAM does not accept an empty policy"]
    if number == 1:
        return []
    too_long = f"this policy has {size(policy):,} characters, and IAM allows {LONGEST:,} in one"
    if command == "boundary":
        return [
            f"{too_long}; a role has only one boundary, so create it from a shorter policy that allows at least this"
        ]
    most = f"AWS attaches up to {MOST_ATTACHED} policies to a user or a role unless you ask for more"
    if is_split:
        return [f"these are {number} policies; {most}"] if number > MOST_ATTACHED else []
    advice = f"`advent policy {command} --split` prints {number} policies that together allow the same"
    return [f"{too_long}; {advice}" + (f"; {most}" if number > MOST_ATTACHED else "")]
