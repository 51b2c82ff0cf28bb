"""The tags that say whose a resource is, in the two forms in which AWS's services have tags."""

OWNER_TAG = "advent:stack"
CLOUDFORMATION = "aws:cloudformation:"
"""The prefix of the tags that only CloudFormation sets, whatever their case.

It puts them on what it creates and what it imports, where the kind of resource supports that: "CloudFormation resource
tagging" in its template reference.
"""
Tags = dict[str, str] | list[dict[str, str]]
"""The tags of a resource, as `{key: value}` or, with the older services, as a list of Key and Value."""


def as_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """The tags as a list of Key and Value."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def as_dict(tags: Tags | None) -> dict[str, str]:
    """The tags as `{key: value}`."""
    return {tag["Key"]: tag["Value"] for tag in tags} if isinstance(tags, list) else tags or {}


def owner(tags: Tags | None) -> str | None:
    """The stack that a resource with these tags belongs to; None if its tags name none.

    What CloudFormation manages belongs to no stack of advent, whatever other tags it has.
    """
    return None if cloudformation(tags) else as_dict(tags).get(OWNER_TAG)


def cloudformation(tags: Tags | None) -> str:
    """What manages a resource with these tags, as in `CloudFormation stack web`; empty if CloudFormation does not."""
    found = {key.lower().removeprefix(CLOUDFORMATION): value for key, value in as_dict(tags).items() if _is_set(key)}
    return f"CloudFormation stack {found['stack-name']}" if "stack-name" in found else "CloudFormation" if found else ""


def _is_set(key: str) -> bool:
    return key.lower().startswith(CLOUDFORMATION)
