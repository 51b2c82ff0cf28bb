"""The tag of a function that keeps the unique id of its role, and what it says about the role.

A function whose role was deleted and recreated stays broken although its settings look the same, because Lambda's grant
for the environment variables belongs to the old role. The tag says nothing while the function has another role, such as
a given one, whose id advent does not ask for; then an update of the role makes a new grant.
"""

from advent_cli.resources.given_role import GivenRole
from advent_cli.resources.role import Role

ROLE_ID_TAG = "advent:role-id"
OLD_ROLE = "one of the same name that was deleted since"


def tag(role: Role | GivenRole | None) -> dict[str, str]:
    """The tag for a function with this role; a shell variable stands for an id that IAM has not chosen yet."""
    return {ROLE_ID_TAG: role.id_in_shell()} if isinstance(role, Role) else {}


def seen(arn: str, tags: dict[str, str], role: Role | GivenRole | None) -> str:
    """The ARN of a function's role as Lambda reports it, or OLD_ROLE; `role` is the one that it should have."""
    if not isinstance(role, Role) or arn != role.arn:
        return arn
    role_id = role.unique_id()
    return arn if tags.get(ROLE_ID_TAG, role_id) == role_id else OLD_ROLE
