"""The stacks of an account and a region, found by their tag and by the path of their roles."""

from collections import Counter

from advent_cli.aws.account import Aws, in_parallel
from advent_cli.aws.tags import OWNER_TAG, owner

KINDS = {  # the kind of the tagged resources of each service
    "apigateway": "api",
    "dynamodb": "table",
    "sns": "topic",
    "sqs": "queue",
    "lambda": "function",
    "logs": "log group",
    "ssm": "secret",
}


def list_stacks(aws: Aws) -> dict[str, Counter[str]]:
    """The stacks by name, with the number of resources of each kind. Just deleted resources may show: lists lag.

    Roles count by their path alone, because IAM lists them without tags.
    """
    tagged, roles = in_parallel(lambda: _tagged(aws), lambda: _roles(aws))
    stacks: dict[str, Counter[str]] = {}
    for stack, kind in tagged:
        stacks.setdefault(stack, Counter())[kind] += 1
    for stack, kind in roles:  # roles have no region: count those of stacks in this region only
        if stack in stacks:
            stacks[stack][kind] += 1
    return dict(sorted(stacks.items()))


def _tagged(aws: Aws) -> list[tuple[str, str]]:
    pages = aws.client("resourcegroupstaggingapi").get_paginator("get_resources")
    entries = [
        entry for page in pages.paginate(TagFilters=[{"Key": OWNER_TAG}]) for entry in page["ResourceTagMappingList"]
    ]
    tagged = []
    for entry in entries:
        service = entry["ResourceARN"].split(":")[2]
        if stack := owner(entry["Tags"]):
            tagged.append((stack, KINDS.get(service, service)))
    return tagged


def _roles(aws: Aws) -> list[tuple[str, str]]:
    pages = aws.client("iam").get_paginator("list_roles").paginate(PathPrefix="/advent/")
    return [(role["Path"].split("/")[2], "role") for page in pages for role in page["Roles"]]
