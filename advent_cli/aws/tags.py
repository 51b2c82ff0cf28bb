"""The tag that marks a resource as belonging to a stack, in the two forms in which AWS's services have tags."""

OWNER_TAG = "advent:stack"
Tags = dict[str, str] | list[dict[str, str]]
"""The tags of a resource, as `{key: value}` or, with the older services, as a list of Key and Value."""


def as_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """The tags as a list of Key and Value."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def owner(tags: Tags | None) -> str | None:
    """The stack that a resource with these tags belongs to; None if its tags name none."""
    if isinstance(tags, list):
        tags = {tag["Key"]: tag["Value"] for tag in tags}
    return (tags or {}).get(OWNER_TAG)
