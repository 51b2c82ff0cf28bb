"""The API Gateway in front of function 1: an HTTP API, open, with the stage `$default`."""

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from advent_cli.aws import Aws, code, found
from advent_cli.errors import ForeignError
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
    aws: Aws
    name: str

    def find(self) -> dict[str, Any] | None:
        """Our API as GetApis describes it; the oldest, should there be more."""
        return next(iter(self._ours()), None)

    def endpoint(self) -> str | None:
        """Where the API answers, without a path; None if there is no API of ours."""
        api = self.find()
        if api is None:
            return None
        if self.aws.endpoint:
            return self.aws.endpoint.api_url.format(api_id=api["ApiId"])
        return str(api["ApiEndpoint"])

    def want(self) -> Settings:
        return {"protocol": "HTTP", "stage": f"{STAGE}, deployed automatically", "duplicates": 0}

    def read(self) -> Settings | None:
        ours = self._ours()
        if not ours:
            return None
        call = self.aws.client("apigatewayv2").get_stage
        stage = found(call, "NotFoundException", ApiId=ours[0]["ApiId"], StageName=STAGE)
        deployed = "deployed automatically" if stage and stage.get("AutoDeploy") else "deployed by hand"
        return {
            "protocol": ours[0]["ProtocolType"],
            "stage": f"{STAGE}, {deployed}" if stage else "none",
            "duplicates": len(ours) - 1,
        }

    def create(self, wait: Patience) -> None:
        from botocore.exceptions import ClientError, HTTPClientError

        try:
            self._create_once(wait)
        except (ClientError, HTTPClientError) as error:
            # CreateApi knows no token: a second call after a lost answer makes a second API. So look first.
            if code(error).endswith("Exception") and code(error) != "InternalServerErrorException":
                raise
            if self.find() is None:
                self._create_once(wait)
        self._put_stage(wait)

    def update(self, now: Settings, wait: Patience) -> None:
        for extra in self._ours()[1:]:
            self._delete_one(extra["ApiId"], wait)
        if now["stage"] != self.want()["stage"]:
            self._put_stage(wait)

    def delete(self, wait: Patience) -> None:
        for api in self._ours():
            self._delete_one(api["ApiId"], wait)

    def _ours(self) -> list[dict[str, Any]]:
        pages = self.aws.client("apigatewayv2").get_paginator("get_apis").paginate()
        named = [api for page in pages for api in page["Items"] if api["Name"] == self.name]
        ours = [api for api in named if self.aws.owns(api.get("Tags"))]
        if named and not ours:
            arn = f"arn:aws:apigateway:{self.aws.region}::/apis/{named[0]['ApiId']}"
            raise ForeignError(self.title, arn, str(named[0]["CreatedDate"]))
        return sorted(ours, key=lambda api: (api["CreatedDate"], api["ApiId"]))

    def _create_once(self, wait: Patience) -> None:
        call = self.aws.client("apigatewayv2", attempts=1).create_api
        wait.retry(partial(call, Name=self.name, ProtocolType="HTTP", Tags=self.aws.owner_tag), *RACES)

    def _put_stage(self, wait: Patience) -> None:
        client = self.aws.client("apigatewayv2")
        api = self.find()
        params = {"ApiId": api["ApiId"] if api else "", "StageName": STAGE, "AutoDeploy": True}
        there = found(client.get_stage, "NotFoundException", ApiId=params["ApiId"], StageName=STAGE)
        wait.retry(partial(client.update_stage if there else client.create_stage, **params), *RACES)

    def _delete_one(self, api_id: str, wait: Patience) -> None:
        call = self.aws.client("apigatewayv2").delete_api
        wait.retry(partial(found, call, "NotFoundException", ApiId=api_id), *RACES)
