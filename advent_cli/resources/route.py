"""A route of the API, and the integration that hands its requests to a function."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar

from advent_cli.aws.account import Aws, in_parallel
from advent_cli.aws.aws_errors import get_or_none
from advent_cli.aws.calls import Call, Capture, Line, placeholder
from advent_cli.aws.retry import GaveUpError, Waiter
from advent_cli.resources.api import API_ID, Api
from advent_cli.resources.api_gateway import create_once, scope, send
from advent_cli.resources.base import Resource, Settings

PAYLOAD = "2.0"  # the shape of the event that handlers/app.py reads
INTEGRATION_ID = "INTEGRATION_ID"
YIELDS = 5  # seconds for the run that made the API to make the route; AWS refuses a second one, other servers may not
Parts = tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]


@dataclass(frozen=True)
class Route(Resource):
    """A route of `api`; the name is its key, as in `POST /aws_advent`. `all_keys` are all that the API should have.

    `shares` says that a route before it has the same function, and so the same integration.
    """

    kind: ClassVar[str] = "route"
    actions: ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("apigateway:GET",),
        "create": (
            "apigateway:POST",
            "apigateway:PATCH",
            "apigateway:DELETE",
        ),
    }
    console: ClassVar[dict[str, str]] = {
        "create": "API Gateway > APIs > {it.api.name} > Develop > Routes > Create, then Attach integration",
        "update": "API Gateway > APIs > {it.api.name} > Develop > Routes > {it.name}",
        "delete": "API Gateway > APIs > {it.api.name} > Develop > Routes > {it.name} > Delete",
    }
    goes_with_host: ClassVar[bool] = True
    aws: Aws
    name: str
    api: Api
    function_arn: str
    all_keys: tuple[str, ...] = ()
    host: str | None = None
    shares: bool = False

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

    def create(self, waiter: Waiter) -> None:
        api_id = self.api.known_id()
        # In an API made since the last look nothing that matters can be there yet, unless we put it there.
        is_first = self.api.key in self.aws.made and self.key not in self.aws.made and not self.shares
        self.aws.made.add(self.key)
        parts: Parts = ([], {}) if is_first else self._settled(api_id, waiter)
        made = self._fitting(parts) or create_once(
            self._integration(api_id).on(self.aws, attempts=1), lambda: self._fitting(self._parts(api_id)), waiter
        )
        for call in self._changes(api_id, parts, str(made["IntegrationId"])):
            if call.method == "create_route":
                create_once(call.on(self.aws, attempts=1), lambda: self._mine(self._parts(api_id)), waiter)
            else:
                send(self.aws, call, waiter)

    def update(self, now: Settings, waiter: Waiter) -> None:
        self.create(waiter)

    def delete(self, waiter: Waiter) -> None:
        for call in self._deletions():
            send(self.aws, call, waiter)

    def to_create(self) -> list[Line]:
        api_id = self.api.api_id()
        parts: Parts = self._parts(api_id) if api_id else ([], {})
        made = self._fitting(parts)
        integration = [] if made else [self._listed(api_id) if self.shares else self._integration(api_id)]
        integration_id = str(made["IntegrationId"]) if made else placeholder(INTEGRATION_ID)
        return [*integration, *self._changes(api_id or API_ID, parts, integration_id)]

    def to_update(self, now: Settings) -> list[Line]:
        return self.to_create()

    def to_delete(self) -> list[Line]:
        return [*self._deletions()]

    def _changes(self, api_id: str, parts: Parts, integration_id: str) -> list[Call]:
        """What is to be done besides the integration: the route, and what is too much."""
        routes, integrations = parts
        mine, target = self._mine(parts), f"integrations/{integration_id}"
        settings = {"ApiId": api_id, "RouteKey": self.name, "Target": target, "AuthorizationType": "NONE"}
        calls = []
        if mine is None:
            calls.append(Call("apigatewayv2", "create_route", settings))
        elif mine.get("Target") != target or mine.get("AuthorizationType", "NONE") != "NONE":
            calls.append(Call("apigatewayv2", "update_route", {**settings, "RouteId": mine["RouteId"]}))
        others = [other for other in routes if self._is_too_much(other, mine)]
        calls += [Call("apigatewayv2", "delete_route", {"ApiId": api_id, "RouteId": r["RouteId"]}) for r in others]
        used = {target, *(r.get("Target", "") for r in routes if r is not mine and r not in others)}
        spare = [integrations[name]["IntegrationId"] for name in sorted(integrations.keys() - used)]
        return calls + [
            Call("apigatewayv2", "delete_integration", {"ApiId": api_id, "IntegrationId": name}) for name in spare
        ]

    def _deletions(self) -> list[Call]:
        api_id = self.api.api_id()
        mine = [route for route in self._parts(api_id)[0] if route["RouteKey"] == self.name] if api_id else []
        return [Call("apigatewayv2", "delete_route", {"ApiId": api_id, "RouteId": r["RouteId"]}) for r in mine]

    def _is_too_much(self, other: dict[str, Any], mine: dict[str, Any] | None) -> bool:
        """Whether a route is not in config.yaml, or one of our own name is there twice."""
        return other is not mine and (other["RouteKey"] == self.name or other["RouteKey"] not in self.all_keys)

    def _mine(self, parts: Parts) -> dict[str, Any] | None:
        return next((route for route in parts[0] if route["RouteKey"] == self.name), None)

    def _fitting(self, parts: Parts) -> dict[str, Any] | None:
        """An integration with our function, if there is one; the one that the route has before all others."""
        fitting = {name: each for name, each in parts[1].items() if self._settings().items() <= each.items()}
        target = (self._mine(parts) or {}).get("Target", "")
        return fitting.get(target) or next(iter(fitting.values()), None)

    def _settled(self, api_id: str, waiter: Waiter) -> Parts:
        """The parts of an API that is there, once whoever made it has had the time to make the route as well."""
        parts = self._parts(api_id)
        is_being_made = self.api.key not in self.aws.made and (self.aws.contested or not parts[0])
        if self._mine(parts) or not is_being_made:
            return parts
        self.aws.contested.add(self.key)

        def is_there() -> bool:
            nonlocal parts
            parts = self._parts(api_id)
            return self._mine(parts) is not None

        with suppress(GaveUpError):
            waiter.until(
                is_there, "API Gateway has the API of another run, which may be making the route", within=YIELDS
            )
        return parts

    def _settings(self) -> dict[str, str]:
        return {
            "IntegrationType": "AWS_PROXY",
            "IntegrationUri": self.function_arn,
            "PayloadFormatVersion": PAYLOAD,
        }

    def _integration(self, api_id: str | None) -> Call:
        capture = Capture(INTEGRATION_ID, "IntegrationId")
        return Call("apigatewayv2", "create_integration", {"ApiId": api_id or API_ID, **self._settings()}, capture)

    def _listed(self, api_id: str | None) -> Call:
        """Asking for the integration that a route before this one has made."""
        capture = Capture(INTEGRATION_ID, f'Items[?IntegrationUri==`"{self.function_arn}"`] | [0].IntegrationId')
        return Call("apigatewayv2", "get_integrations", {"ApiId": api_id or API_ID}, capture)

    def _parts(self, api_id: str) -> Parts:
        """The routes, and the integrations by the name under which a route knows them; nothing if the API is gone."""

        def items(operation: str) -> list[dict[str, Any]]:
            pages = self.aws.client("apigatewayv2").get_paginator(operation).paginate(ApiId=api_id)
            return [
                item for page in get_or_none(lambda: list(pages), "NotFoundException") or [] for item in page["Items"]
            ]

        routes, integrations = in_parallel(lambda: items("get_routes"), lambda: items("get_integrations"))
        return routes, {f"integrations/{item['IntegrationId']}": item for item in integrations}
