"""The stacks of an account and a region, found by their tag, and by the path of their roles."""

from collections import Counter

from advent_cli.aws.account import OWNER_TAG, Aws, in_parallel

KINDS = {  # what we call the things of a service
    "apigateway": "api",
    "dynamodb": "table",
    "sns": "topic",
    "sqs": "queue",
    "lambda": "function",
    "logs": "log group",
    "ssm": "secret",
}


def all_of(aws: Aws) -> dict[str, Counter[str]]:
    """The stacks by name, with how many things of each kind they have. Lists lag: what was just deleted may show."""
    tagged, roles = in_parallel(lambda: _tagged(aws), lambda: _roles(aws))
    found: dict[str, Counter[str]] = {}
    for stack, kind in tagged:
        found.setdefault(stack, Counter())[kind] += 1
    for stack, kind in roles:  # which have no region: a stack of another region is not one of this
        if stack in found:
            found[stack][kind] += 1
    return dict(sorted(found.items()))


def _tagged(aws: Aws) -> list[tuple[str, str]]:
    pages = aws.client("resourcegroupstaggingapi").get_paginator("get_resources")
    entries = [
        entry for page in pages.paginate(TagFilters=[{"Key": OWNER_TAG}]) for entry in page["ResourceTagMappingList"]
    ]
    found = []
    for entry in entries:
        stack = next(tag["Value"] for tag in entry["Tags"] if tag["Key"] == OWNER_TAG)
        service = entry["ResourceARN"].split(":")[2]
        found.append((stack, KINDS.get(service, service)))
    return found


def _roles(aws: Aws) -> list[tuple[str, str]]:
    pages = aws.client("iam").get_paginator("list_roles").paginate(PathPrefix="/advent/")
    return [(role["Path"].split("/")[2], "role") for page in pages for role in page["Roles"]]
