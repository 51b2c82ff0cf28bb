"""What API and routes share. API Gateway throttles changes, has no idempotency tokens, and chooses random ids."""

from collections.abc import Callable
from functools import partial
from typing import Any

from advent_cli.aws.account import ALL_APIS, Aws
from advent_cli.aws.aws_errors import get_or_none, may_have_succeeded
from advent_cli.aws.calls import Call
from advent_cli.aws.retry import Transient, Waiter

TRANSIENTS = (
    Transient("TooManyRequestsException", "", "API Gateway allows only a few requests a second"),
    Transient("ConflictException", "concurrent modification", "API Gateway is busy with the API"),
)


def send(aws: Aws, call: Call, waiter: Waiter) -> None:
    """Send a call; it is no error if what it deletes is gone already."""
    missing = ["NotFoundException"] if call.method.startswith("delete_") else []
    waiter.retry(partial(get_or_none, call.on(aws), *missing), *TRANSIENTS)


def create_once(
    create: Callable[[], dict[str, Any]], find: Callable[[], dict[str, Any] | None], waiter: Waiter
) -> dict[str, Any]:
    """Create something once, although API Gateway would create a second one on a retry: it has no idempotency token.

    `create` must not retry by itself. If its answer is lost, `find` looks for what it created before it is sent again.
    """
    try:
        return waiter.retry(create, *TRANSIENTS)
    except Exception as error:
        if not may_have_succeeded(error):
            raise
        return find() or waiter.retry(create, *TRANSIENTS)


def all_apis(aws: Aws) -> list[dict[str, Any]]:
    """The HTTP and WebSocket APIs of the account in this region, as GetApis describes them."""

    def ask() -> list[dict[str, Any]]:
        pages = aws.client("apigatewayv2").get_paginator("get_apis").paginate()
        return [api for page in pages for api in page["Items"]]

    return aws.cached(ALL_APIS, ask)


def scope(aws: Aws) -> list[str]:
    """The ARNs of the account's APIs, their parts and their tags; an ARN names an API by its random id only."""
    return [*find_scope(aws), *apis_scope(aws)]


def list_scope(aws: Aws) -> list[str]:
    """The ARN that IAM checks for GetApis."""
    return [_arn(aws, "apis")]


def find_scope(aws: Aws) -> list[str]:
    """The ARNs that IAM checks for finding the stack's API: the list of APIs, and the tags of one of its name."""
    return [*list_scope(aws), _arn(aws, "tags/*")]


def create_scope(aws: Aws) -> list[str]:
    """The ARNs that IAM checks for CreateApi with tags: the list of APIs, and the tags of an API that has no id yet.

    IAM writes an asterisk for the missing id, as its denials show: `apigateway:POST on resource: arn:aws:apigateway:
    REGION::/tags/arn%3Aaws%3Aapigateway%3AREGION%3A%3A%2Fv2%2Fapis%2F*`. In a policy, `${*}` is that literal character
    ("IAM policy elements: Variables and tags"). So the policy does not allow changing the tags of an existing API.
    """
    return [*list_scope(aws), _arn(aws, "tags/*${*}")]


def apis_scope(aws: Aws) -> list[str]:
    """The ARNs of the account's APIs and their parts."""
    return [_arn(aws, "apis/*")]


def api_arn(aws: Aws, api: dict[str, Any]) -> str:
    """The ARN of an API, which GetApis does not return."""
    return _arn(aws, f"apis/{api['ApiId']}")


def _arn(aws: Aws, path: str) -> str:
    partition = aws.identity[1].split(":")[1]
    return f"arn:{partition}:apigateway:{aws.region}::/{path}"
