"""The API Gateway in front of function 1: an open HTTP API with the stage `$default`."""

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from advent_cli.aws.account import Aws, in_parallel
from advent_cli.aws.aws_errors import error_code, get_or_none
from advent_cli.aws.calls import Call, Capture, Line, placeholder
from advent_cli.aws.retry import Waiter
from advent_cli.errors import AdventError, RefusedError
from advent_cli.resources.api_gateway import all_apis, api_arn, create_once, scope, send
from advent_cli.resources.base import Resource, Settings

STAGE = "$default"  # served at the root of the URL
API_ID = placeholder("API_ID")  # the shell variable for the id of an API that does not exist yet


@dataclass(frozen=True)
class Api(Resource):
    """An API, found by its name and the stack's tag: AWS chooses a random id and allows several APIs of one name."""

    kind: ClassVar[str] = "api"
    actions: ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("apigateway:GET",),
        "create": ("apigateway:POST",),
        "update": (
            "apigateway:PATCH",
            "apigateway:DELETE",
        ),
        "delete": ("apigateway:DELETE",),
    }
    console: ClassVar[dict[str, str]] = {
        "create": "API Gateway > APIs > Create API > HTTP API > Build",
        "update": "API Gateway > APIs > {it.name} > Stages > $default; Protect > Throttling",
        "delete": "API Gateway > APIs > {it.name} > Delete",
    }
    aws: Aws
    name: str
    rate: int = 0
    burst: int = 0

    def find(self) -> dict[str, Any] | None:
        """The stack's API as GetApis describes it; the oldest if there are several, None if there is none."""
        return next(iter(self._managed()), None)

    def api_id(self) -> str | None:
        """The id of the stack's API; None if there is none."""
        known, api = self.aws.ids.get(self.name), None
        if known is None and (api := self.find()):
            known = str(api["ApiId"])
        return known

    def require_id(self) -> str:
        """The id of the stack's API; raises AdventError if there is none."""
        api_id = self.api_id()
        if api_id is None:
            raise AdventError(f"{self.title} no longer exists", hint="run the same command again")
        return api_id

    def endpoint(self) -> str | None:
        """The URL of the API without a path, as last seen; None if the stack has no API."""
        if self.key not in self.aws.ids:
            self._managed()
        return self.aws.ids.get(self.key)

    def source_arn(self, route: str) -> str | None:
        """The source ARN with which the API invokes a function for a route, at any stage; None if there is no API."""
        api_id = self.api_id()
        return self.source_arn_of(api_id, route) if api_id else None

    def source_arn_of(self, api_id: str, route: str) -> str:
        """The same for an API with this id."""
        method, _, path = route.partition(" ")
        path = re.sub(r"{[^}]*}", "*", path)  # a path parameter matches anything
        return self.aws.arn("execute-api", f"{api_id}/*/{method.replace('ANY', '*')}{path}")

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

    def is_managed(self) -> bool:
        return bool(self._managed())

    def read(self) -> Settings | None:
        apis = self._managed()
        if not apis:
            return None
        call = self.aws.client("apigatewayv2").get_stage
        stage = get_or_none(call, "NotFoundException", ApiId=apis[0]["ApiId"], StageName=STAGE)
        deployed = "deployed automatically" if stage and stage.get("AutoDeploy") else "deployed by hand"
        throttle = (stage or {}).get("DefaultRouteSettings", {})
        return {
            "protocol": apis[0]["ProtocolType"],
            "stage": f"{STAGE}, {deployed}" if stage else "none",
            "rate": throttle.get("ThrottlingRateLimit"),
            "burst": throttle.get("ThrottlingBurstLimit"),
            "duplicates": len(apis) - 1,
        }

    def adopt(self) -> None:
        named = [api for api in all_apis(self.aws) if api["Name"] == self.name]
        if len(named) != 1:
            why = f"there are {len(named)} APIs of this name"
            raise RefusedError(f"cannot adopt {self.title}", why=why, hint="choose another API name in config.yaml")
        self.aws.client("apigatewayv2").tag_resource(ResourceArn=api_arn(self.aws, named[0]), Tags=self.aws.owner_tag)

    def create(self, waiter: Waiter) -> None:
        created = str(create_once(self._creation().on(self.aws, attempts=1), self.find, waiter)["ApiId"])
        # Another run may create one at the same moment; both runs then keep the first of `_managed`.
        apis, _ = in_parallel(self._managed, lambda: self._put_stage(created, waiter))
        chosen = self.aws.ids[self.name] = str(apis[0]["ApiId"]) if apis else created
        for extra in apis[1:]:
            self.aws.contested.add(self.key)
            send(self.aws, _deletion(extra), waiter)
        if chosen == created:
            self.aws.made.add(self.key)
        else:
            self.aws.contested.add(self.key)
            self._put_stage(chosen, waiter)

    def update(self, now: Settings, waiter: Waiter) -> None:
        for call in self._changes(now):
            send(self.aws, call, waiter)

    def delete(self, waiter: Waiter) -> None:
        self.forget()
        for api in self._managed():
            send(self.aws, _deletion(api), waiter)

    def to_create(self) -> list[Line]:
        return [self._creation(), self._throttled("create_stage", API_ID)]

    def to_update(self, now: Settings) -> list[Line]:
        return [*self._changes(now)]

    def to_delete(self) -> list[Line]:
        return [_deletion(api) for api in self._managed()]

    def _managed(self) -> list[dict[str, Any]]:
        named = [api for api in all_apis(self.aws) if api["Name"] == self.name]
        managed = [api for api in named if self.aws.owns(api.get("Tags"))]
        if named and not managed:  # the list may lag behind a tag just set
            call = self.aws.client("apigatewayv2").get_tags
            found = [call(ResourceArn=api_arn(self.aws, api))["Tags"] for api in named]
            managed = [api for api, tags in zip(named, found, strict=True) if self.aws.owns(tags)]
            if not managed:
                self.require_owned(found[0], api_arn(self.aws, named[0]), f"created {named[0]['CreatedDate']}")
        managed.sort(key=lambda api: (api["CreatedDate"], api["ApiId"]))
        if managed:
            local = self.aws.endpoint
            first = managed[0]
            self.aws.ids[self.key] = local.api_url.format(api_id=first["ApiId"]) if local else first["ApiEndpoint"]
        else:
            self.aws.ids.pop(self.key, None)
        return managed

    def _creation(self) -> Call:
        params = {"Name": self.name, "ProtocolType": "HTTP", "Tags": self.aws.owner_tag}
        return Call("apigatewayv2", "create_api", params, Capture("API_ID", "ApiId"))

    def _changes(self, now: Settings) -> list[Call]:
        extras = [_deletion(extra) for extra in self._managed()[1:]]
        as_wanted = {**now, "duplicates": 0} == self.want()
        return extras if as_wanted else [*extras, self._stage(self.require_id())]

    def _stage(self, api_id: str) -> Call:
        """The call that creates or updates the stage."""
        call = self.aws.client("apigatewayv2").get_stage
        stage = get_or_none(call, "NotFoundException", ApiId=api_id, StageName=STAGE)
        return self._throttled("update_stage" if stage else "create_stage", api_id)

    def _put_stage(self, api_id: str, waiter: Waiter) -> None:
        """Create the stage, or update the existing one."""
        try:
            send(self.aws, self._throttled("create_stage", api_id), waiter)
        except Exception as error:
            if error_code(error) != "ConflictException":
                raise
            send(self.aws, self._throttled("update_stage", api_id), waiter)

    def _throttled(self, method: str, api_id: str) -> Call:
        throttle = {"ThrottlingRateLimit": float(self.rate), "ThrottlingBurstLimit": self.burst}
        params = {"ApiId": api_id, "StageName": STAGE, "AutoDeploy": True, "DefaultRouteSettings": throttle}
        return Call("apigatewayv2", method, params)


def _deletion(api: dict[str, Any]) -> Call:
    return Call("apigatewayv2", "delete_api", {"ApiId": api["ApiId"]})
