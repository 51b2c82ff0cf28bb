"""The API Gateway in front of function 1: an HTTP API, open, with the stage `$default`."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from advent_cli.aws import Aws
from advent_cli.aws_errors import found, lost
from advent_cli.errors import AdventError, ForeignError, RefusedError
from advent_cli.patience import Patience, Race
from advent_cli.resource import Resource, Settings

STAGE = "$default"  # served at the root of the address
RACES = (
    Race("TooManyRequestsException", "", "API Gateway takes only a few requests a second"),
    Race("ConflictException", "concurrent modification", "API Gateway is busy with the API"),
)


@dataclass(frozen=True)
class Api(Resource):
    """An API by its name and our tag. AWS gives it a random id and allows several of one name, so it is looked up."""

    kind: ClassVar[str] = "api"
    rights: ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("apigateway:GET",),
        "create": (
            "apigateway:POST",
            "apigateway:PUT",
            "apigateway:TagResource",
        ),
        "update": (
            "apigateway:PATCH",
            "apigateway:DELETE",
        ),
        "delete": ("apigateway:DELETE",),
    }
    aws: Aws
    name: str
    rate: int = 0
    burst: int = 0

    def find(self) -> dict[str, Any] | None:
        """Our API as GetApis describes it; the oldest, should there be more."""
        return next(iter(self._ours()), None)

    def api_id(self) -> str | None:
        """The id of our API; None if there is none."""
        if self.name not in self.aws.ids:
            api = self.find()
            return str(api["ApiId"]) if api else None
        return self.aws.ids[self.name]

    def known_id(self) -> str:
        """The id of our API, which has to be there."""
        api_id = self.api_id()
        if api_id is None:
            raise AdventError(f"{self.title} is gone", hint="run the same command again")
        return api_id

    def endpoint(self) -> str | None:
        """Where the API answers, without a path; None if there is no API of ours."""
        api = self.find()
        if api is None:
            return None
        if self.aws.endpoint:
            return self.aws.endpoint.api_url.format(api_id=api["ApiId"])
        return str(api["ApiEndpoint"])

    def calls_as(self, route: str) -> str | None:
        """The ARN in whose name the API calls a function for a route, at any stage; None if there is no API."""
        method, _, path = route.partition(" ")
        path = re.sub(r"{[^}]*}", "*", path)  # a parameter in the path may be anything
        api_id = self.api_id()
        return self.aws.arn("execute-api", f"{api_id}/*/{method.replace('ANY', '*')}{path}") if api_id else None

    def scope(self) -> list[str]:
        return scope(self.aws)

    def want(self) -> Settings:
        return {
            "protocol": "HTTP",
            "stage": f"{STAGE}, deployed automatically",
            "rate": self.rate,
            "burst": self.burst,
            "duplicates": 0,
        }

    def read(self) -> Settings | None:
        ours = self._ours()
        if not ours:
            return None
        call = self.aws.client("apigatewayv2").get_stage
        stage = found(call, "NotFoundException", ApiId=ours[0]["ApiId"], StageName=STAGE)
        deployed = "deployed automatically" if stage and stage.get("AutoDeploy") else "deployed by hand"
        throttle = (stage or {}).get("DefaultRouteSettings", {})
        return {
            "protocol": ours[0]["ProtocolType"],
            "stage": f"{STAGE}, {deployed}" if stage else "none",
            "rate": throttle.get("ThrottlingRateLimit"),
            "burst": throttle.get("ThrottlingBurstLimit"),
            "duplicates": len(ours) - 1,
        }

    def adopt(self) -> None:
        named = [api for api in all_apis(self.aws) if api["Name"] == self.name]
        if len(named) != 1:
            why = f"there are {len(named)} of this name"
            raise RefusedError(f"{self.title} cannot be adopted", why=why, hint="give ours another name in config.yaml")
        self.aws.client("apigatewayv2").tag_resource(ResourceArn=self._arn(named[0]["ApiId"]), Tags=self.aws.owner_tag)

    def create(self, wait: Patience) -> None:
        call = self.aws.client("apigatewayv2", attempts=1).create_api
        make = partial(call, Name=self.name, ProtocolType="HTTP", Tags=self.aws.owner_tag)
        made = create_once(make, self.find, wait)
        # Another run may have made one at the same moment; both then keep the same one, the oldest.
        ours = self._ours()
        self.aws.ids[self.name] = str((ours or [made])[0]["ApiId"])
        for extra in ours[1:]:
            self._delete_one(extra["ApiId"], wait)
        self._put_stage(self.known_id(), wait)

    def update(self, now: Settings, wait: Patience) -> None:
        for extra in self._ours()[1:]:
            self._delete_one(extra["ApiId"], wait)
        if {**now, "duplicates": 0} != self.want():
            self._put_stage(self.known_id(), wait)

    def delete(self, wait: Patience) -> None:
        self.aws.ids.pop(self.name, None)
        for api in self._ours():
            self._delete_one(api["ApiId"], wait)

    def _ours(self) -> list[dict[str, Any]]:
        named = [api for api in all_apis(self.aws) if api["Name"] == self.name]
        ours = [api for api in named if self.aws.owns(api.get("Tags"))]
        if named and not ours:  # the list may lag behind a tag just set
            call = self.aws.client("apigatewayv2").get_tags
            ours = [api for api in named if self.aws.owns(call(ResourceArn=self._arn(api["ApiId"]))["Tags"])]
        if named and not ours:
            raise ForeignError(self.key, self.title, self._arn(named[0]["ApiId"]), f"made {named[0]['CreatedDate']}")
        return sorted(ours, key=lambda api: (api["CreatedDate"], api["ApiId"]))

    def _arn(self, api_id: str) -> str:
        partition = self.aws.identity[1].split(":")[1]
        return f"arn:{partition}:apigateway:{self.aws.region}::/apis/{api_id}"

    def _put_stage(self, api_id: str, wait: Patience) -> None:
        client = self.aws.client("apigatewayv2")
        params = {"ApiId": api_id, "StageName": STAGE}
        there = found(client.get_stage, "NotFoundException", **params)
        call = client.update_stage if there else client.create_stage
        throttle = {"ThrottlingRateLimit": float(self.rate), "ThrottlingBurstLimit": self.burst}
        wait.retry(partial(call, **params, AutoDeploy=True, DefaultRouteSettings=throttle), *RACES)

    def _delete_one(self, api_id: str, wait: Patience) -> None:
        call = self.aws.client("apigatewayv2").delete_api
        wait.retry(partial(found, call, "NotFoundException", ApiId=api_id), *RACES)


def create_once(
    make: Callable[[], dict[str, Any]], find: Callable[[], dict[str, Any] | None], wait: Patience
) -> dict[str, Any]:
    """Make a thing for which API Gateway knows no token, and so would make a second one if asked again.

    `make` must not retry by itself; if its answer is lost, `find` looks whether it was made.
    """
    try:
        return wait.retry(make, *RACES)
    except Exception as error:
        if not lost(error):
            raise
        return find() or wait.retry(make, *RACES)


def all_apis(aws: Aws) -> list[dict[str, Any]]:
    """All HTTP and WebSocket APIs of the account in this region, as GetApis describes them."""
    pages = aws.client("apigatewayv2").get_paginator("get_apis").paginate()
    return aws.once(("apis",), lambda: [api for page in pages for api in page["Items"]])


def scope(aws: Aws) -> list[str]:
    """The ARNs of the account's APIs and of all that is in them: ours has no other name there than a random id."""
    partition = aws.identity[1].split(":")[1]
    apis = f"arn:{partition}:apigateway:{aws.region}::"
    return [f"{apis}/apis", f"{apis}/apis/*", f"{apis}/tags/*"]
