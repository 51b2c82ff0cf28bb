"""The deployer policy does not allow changing other APIs in the region, nor tagging them as part of the stack."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from advent_cli.local.lifecycle import Engine
from tests.stack.test_permissions_boundary import Deployer
from tests.support import proxy as proxies
from tests.support import stacks
from tests.support.person import statements

OURS = {"advent:stack": "awsadvent"}
ARN = "arn:aws:apigateway:us-east-1::/apis/{}"


@pytest.fixture
def person(engine: Engine, tmp_path: Path) -> Iterator[Deployer]:
    """A person who may run up and down, with the stack deployed."""
    with proxies.running(engine) as proxy:
        person = Deployer(proxy, tmp_path)
        person.allow(statements("up", "down"))
        person.prints("up", "--yes")
        yield person


def refused(call: Callable[..., Any], **params: Any) -> None:
    with pytest.raises(ClientError, match=r"AccessDenied.*apigateway:(POST|PATCH|DELETE)"):
        call(**params)


@pytest.mark.parametrize("tags", [{}, {"advent:stack": "another"}, {"advent:stack": "awsadvent2", "team": "awsadvent"}])
def test_a_foreign_api_cannot_be_changed(person: Deployer, tags: dict[str, str]) -> None:
    root = stacks.tutorial(person.engine).aws.client("apigatewayv2")
    api = root.create_api(Name="theirs", ProtocolType="HTTP", Tags=tags)["ApiId"]
    route = root.create_route(ApiId=api, RouteKey="GET /")["RouteId"]
    before = root.get_api(ApiId=api)["Tags"], root.get_routes(ApiId=api)["Items"]
    holder = person.client("apigatewayv2")
    refused(holder.delete_api, ApiId=api)
    refused(holder.update_api, ApiId=api, Name="ours")
    refused(holder.create_stage, ApiId=api, StageName="$default")
    refused(holder.create_route, ApiId=api, RouteKey="POST /")
    refused(holder.delete_route, ApiId=api, RouteId=route)
    refused(holder.tag_resource, ResourceArn=ARN.format(api), Tags=OURS)  # it would become part of the stack
    refused(holder.untag_resource, ResourceArn=ARN.format(api), TagKeys=["advent:stack"])
    assert before == (root.get_api(ApiId=api)["Tags"], root.get_routes(ApiId=api)["Items"])


def test_an_api_is_created_only_with_the_tag_of_this_stack(person: Deployer) -> None:
    holder = person.client("apigatewayv2")
    refused(holder.create_api, Name="theirs", ProtocolType="HTTP")
    refused(holder.create_api, Name="theirs", ProtocolType="HTTP", Tags={"advent:stack": "another"})
    assert holder.create_api(Name="aws_advent", ProtocolType="HTTP", Tags=OURS)["ApiId"]
    assert "duplicates: 1 -> 0" in person.prints("plan")
    person.prints("up", "--yes")
    person.prints("down", "--yes")
    assert not stacks.tutorial(person.engine).aws.client("apigatewayv2").get_apis()["Items"]
