"""A route of the API, and the integration that hands its requests to a function."""

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from advent_cli.aws import Aws, together
from advent_cli.aws_errors import found
from advent_cli.patience import Patience
from advent_cli.resource import Resource, Settings
from advent_cli.resources.api import RACES, Api, create_once, scope

PAYLOAD = "2.0"  # the shape of the event that handlers/app.py reads


@dataclass(frozen=True)
class Route(Resource):
    """A route of `api`; the name is its key, as in `POST /aws_advent`. `all_keys` are all that the API should have."""

    kind: ClassVar[str] = "route"
    rights: ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("apigateway:GET",),
        "create": (
            "apigateway:POST",
            "apigateway:PATCH",
            "apigateway:DELETE",
        ),
    }
    goes_with_host: ClassVar[bool] = True
    aws: Aws
    name: str
    api: Api
    function_arn: str
    all_keys: tuple[str, ...] = ()
    host: str | None = None

    def scope(self) -> list[str]:
        return scope(self.aws)

    def want(self) -> Settings:
        return {
            "function": self.function_arn,
            "payload": PAYLOAD,
            "authorization": "NONE",
            "other_routes": [],
            "spare_integrations": 0,
        }

    def read(self) -> Settings | None:
        api_id = self.api.api_id()
        if api_id is None:
            return None
        routes, integrations = self._parts(api_id)
        route = next((route for route in routes if route["RouteKey"] == self.name), None)
        if route is None:
            return None
        integration = integrations.get(route.get("Target", ""), {})
        ours = {other.get("Target") for other in routes if other["RouteKey"] in self.all_keys}
        return {
            "function": integration.get("IntegrationUri"),
            "payload": integration.get("PayloadFormatVersion"),
            "authorization": route.get("AuthorizationType", "NONE"),
            "other_routes": sorted(other["RouteKey"] for other in routes if self._is_too_much(other, route)),
            "spare_integrations": len(integrations.keys() - ours),
        }

    def create(self, wait: Patience) -> None:
        client, api_id = self.aws.client("apigatewayv2"), self.api.known_id()
        routes, integrations = self._parts(api_id)
        target = self._integration(api_id, integrations, wait)
        settings = {"ApiId": api_id, "RouteKey": self.name, "Target": target, "AuthorizationType": "NONE"}
        mine = next((route for route in routes if route["RouteKey"] == self.name), None)
        if mine is None:
            make = partial(self.aws.client("apigatewayv2", attempts=1).create_route, **settings)
            create_once(make, lambda: self._route(api_id), wait)
        elif mine.get("Target") != target or mine.get("AuthorizationType", "NONE") != "NONE":
            wait.retry(partial(client.update_route, RouteId=mine["RouteId"], **settings), *RACES)
        kept = {target}
        for other in routes:
            if self._is_too_much(other, mine):
                self._delete(client.delete_route, wait, ApiId=api_id, RouteId=other["RouteId"])
            elif other is not mine:
                kept.add(other.get("Target", ""))
        for spare in integrations.keys() - kept:
            integration_id = integrations[spare]["IntegrationId"]
            self._delete(client.delete_integration, wait, ApiId=api_id, IntegrationId=integration_id)

    def update(self, now: Settings, wait: Patience) -> None:
        self.create(wait)

    def delete(self, wait: Patience) -> None:
        api_id = self.api.api_id()
        for route in self._parts(api_id)[0] if api_id else []:
            if route["RouteKey"] == self.name:
                call = self.aws.client("apigatewayv2").delete_route
                self._delete(call, wait, ApiId=api_id, RouteId=route["RouteId"])

    def _is_too_much(self, other: dict[str, Any], mine: dict[str, Any] | None) -> bool:
        """Whether a route is not in config.yaml, or one of our own name is there twice."""
        return other is not mine and (other["RouteKey"] == self.name or other["RouteKey"] not in self.all_keys)

    def _route(self, api_id: str) -> dict[str, Any] | None:
        return next((route for route in self._parts(api_id)[0] if route["RouteKey"] == self.name), None)

    def _parts(self, api_id: str) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
        """The routes, and the integrations by the name under which a route knows them; nothing if the API is gone."""

        def items(operation: str) -> list[dict[str, Any]]:
            pages = self.aws.client("apigatewayv2").get_paginator(operation).paginate(ApiId=api_id)
            return [item for page in found(lambda: list(pages), "NotFoundException") or [] for item in page["Items"]]

        routes, integrations = together(lambda: items("get_routes"), lambda: items("get_integrations"))
        return routes, {f"integrations/{item['IntegrationId']}": item for item in integrations}

    def _integration(self, api_id: str, there: dict[str, dict[str, Any]], wait: Patience) -> str:
        """The name of an integration with our function, made if there is none."""
        settings = {
            "IntegrationType": "AWS_PROXY",
            "IntegrationUri": self.function_arn,
            "PayloadFormatVersion": PAYLOAD,
        }

        def fitting(integrations: dict[str, dict[str, Any]]) -> dict[str, Any] | None:
            return next((each for each in integrations.values() if settings.items() <= each.items()), None)

        create = self.aws.client("apigatewayv2", attempts=1).create_integration
        made = fitting(there) or create_once(
            partial(create, ApiId=api_id, **settings), lambda: fitting(self._parts(api_id)[1]), wait
        )
        return f"integrations/{made['IntegrationId']}"

    def _delete(self, call: Any, wait: Patience, **params: Any) -> None:
        wait.retry(partial(found, call, "NotFoundException", **params), *RACES)
