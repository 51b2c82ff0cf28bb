"""API Gateway's own ways: it is slow to take changes, makes a thing twice if asked twice, and gives out random ids."""

from collections.abc import Callable
from functools import partial
from typing import Any

from advent_cli.aws.account import Aws
from advent_cli.aws.aws_errors import get_or_none, may_have_succeeded
from advent_cli.aws.calls import Call
from advent_cli.aws.retry import Transient, Waiter

RACES = (
    Transient("TooManyRequestsException", "", "API Gateway takes only a few requests a second"),
    Transient("ConflictException", "concurrent modification", "API Gateway is busy with the API"),
)


def send(aws: Aws, call: Call, waiter: Waiter) -> None:
    """Send a call; what is to be deleted may be gone already."""
    missing = ["NotFoundException"] if call.method.startswith("delete_") else []
    waiter.retry(partial(get_or_none, call.on(aws), *missing), *RACES)


def create_once(
    make: Callable[[], dict[str, Any]], find: Callable[[], dict[str, Any] | None], waiter: Waiter
) -> dict[str, Any]:
    """Make a thing for which API Gateway knows no token, and so would make a second one if asked again.

    `make` must not retry by itself; if its answer is lost, `find` looks whether it was made.
    """
    try:
        return waiter.retry(make, *RACES)
    except Exception as error:
        if not may_have_succeeded(error):
            raise
        return find() or waiter.retry(make, *RACES)


def all_apis(aws: Aws) -> list[dict[str, Any]]:
    """All HTTP and WebSocket APIs of the account in this region, as GetApis describes them."""
    pages = aws.client("apigatewayv2").get_paginator("get_apis").paginate()
    return aws.cached(("apis",), lambda: [api for page in pages for api in page["Items"]])


def scope(aws: Aws) -> list[str]:
    """The ARNs of the account's APIs and of all that is in them: ours has no other name there than a random id."""
    return [_arn(aws, "apis"), *inside(aws), _arn(aws, "tags/*")]


def making(aws: Aws) -> list[str]:
    """The ARNs on which AWS judges CreateApi with tags: the list of APIs, and the tags of one that has no id yet.

    AWS writes such an API's id as an asterisk, as refusals show: `apigateway:POST on resource: arn:aws:apigateway:
    REGION::/tags/arn%3Aaws%3Aapigateway%3AREGION%3A%3A%2Fv2%2Fapis%2F*`. A policy writes that very character as `${*}`
    ("IAM policy elements: Variables and tags"). So the tags of an API that is there cannot be changed.
    """
    return [_arn(aws, "apis"), _arn(aws, "tags/*${*}")]


def inside(aws: Aws) -> list[str]:
    """The ARNs of the account's APIs and of what is in them."""
    return [_arn(aws, "apis/*")]


def api_arn(aws: Aws, api: dict[str, Any]) -> str:
    """The ARN of an API, of which GetApis does not tell it."""
    return _arn(aws, f"apis/{api['ApiId']}")


def _arn(aws: Aws, path: str) -> str:
    partition = aws.identity[1].split(":")[1]
    return f"arn:{partition}:apigateway:{aws.region}::/{path}"
