"""A route of the API, and the integration that sends its requests to a function."""

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

PAYLOAD = "2.0"  # the payload format that handlers/app.py reads
INTEGRATION_ID = "INTEGRATION_ID"
# The time for the run that created the API to create the route too. AWS refuses a second one of the same key; other
# servers may not.
YIELD_SECONDS = 5
Parts = tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]


@dataclass(frozen=True)
class Route(Resource):
    """A route of `api`; the name is its route key, as in `POST /aws_advent`. `all_keys` are all wanted route keys.

    `shares` says that an earlier route has the same function, and so the same integration.
    """

    kind: ClassVar[str] = "route"
    actions: ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("apigateway:GET",),
        "create": ("apigateway:POST", "apigateway:PATCH", "apigateway:DELETE"),
    }
    console: ClassVar[dict[str, str]] = {
        "create": "API Gateway > APIs > {it.api.name} > Develop > Routes > Create, then Attach integration",
        "update": "API Gateway > APIs > {it.api.name} > Develop > Routes > {it.name}",
        "delete": "API Gateway > APIs > {it.api.name} > Develop > Routes > {it.name} > Delete",
    }
    deleted_with_parent: ClassVar[bool] = True
    aws: Aws
    name: str
    api: Api
    function_arn: str
    all_keys: tuple[str, ...] = ()
    parent: str | None = None
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
        # Not in `create` and the like, which have to see what this run has changed.
        parts: Parts = self.aws.cached(("parts of", api_id), lambda: self._parts(api_id))
        routes, integrations = parts
        route = self._own_route(parts)
        if route is None:
            return None
        integration = integrations.get(route.get("Target", ""), {})
        used = {other.get("Target") for other in routes if other["RouteKey"] in self.all_keys}
        return {
            "function": integration.get("IntegrationUri"),
            "payload": integration.get("PayloadFormatVersion"),
            "authorization": route.get("AuthorizationType", "NONE"),
            "other_routes": sorted(other["RouteKey"] for other in routes if self._is_extra(other, route)),
            "spare_integrations": len(integrations.keys() - used),
        }

    def create(self, waiter: Waiter) -> None:
        api_id = self.api.require_id()
        # An API created since the inspection is empty, except for what this run has put into it.
        is_first = self.api.key in self.aws.made and self.key not in self.aws.made and not self.shares
        self.aws.made.add(self.key)
        parts: Parts = ([], {}) if is_first else self._parts_of_other_run(api_id, waiter)
        integration = self._matching_integration(parts) or create_once(
            self._integration(api_id).on(self.aws, attempts=1),
            lambda: self._matching_integration(self._parts(api_id)),
            waiter,
        )
        for call in self._changes(api_id, parts, str(integration["IntegrationId"])):
            if call.method == "create_route":
                create_once(call.on(self.aws, attempts=1), lambda: self._own_route(self._parts(api_id)), waiter)
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
        existing = self._matching_integration(parts)
        first = [] if existing else [self._lookup(api_id) if self.shares else self._integration(api_id)]
        integration_id = str(existing["IntegrationId"]) if existing else placeholder(INTEGRATION_ID)
        return [*first, *self._changes(api_id or API_ID, parts, integration_id)]

    def to_update(self, now: Settings) -> list[Line]:
        return self.to_create()

    def to_delete(self) -> list[Line]:
        return [*self._deletions()]

    def _changes(self, api_id: str, parts: Parts, integration_id: str) -> list[Call]:
        """The calls after the one for the integration: set the route, delete what config.yaml does not have."""
        routes, integrations = parts
        own, target = self._own_route(parts), f"integrations/{integration_id}"
        settings = {"ApiId": api_id, "RouteKey": self.name, "Target": target, "AuthorizationType": "NONE"}
        calls = []
        if own is None:
            calls.append(Call("apigatewayv2", "create_route", settings))
        elif own.get("Target") != target or own.get("AuthorizationType", "NONE") != "NONE":
            calls.append(Call("apigatewayv2", "update_route", {**settings, "RouteId": own["RouteId"]}))
        others = [other for other in routes if self._is_extra(other, own)]
        calls += [Call("apigatewayv2", "delete_route", {"ApiId": api_id, "RouteId": r["RouteId"]}) for r in others]
        used = {target, *(r.get("Target", "") for r in routes if r is not own and r not in others)}
        spare = [integrations[name]["IntegrationId"] for name in sorted(integrations.keys() - used)]
        return calls + [
            Call("apigatewayv2", "delete_integration", {"ApiId": api_id, "IntegrationId": name}) for name in spare
        ]

    def _deletions(self) -> list[Call]:
        api_id = self.api.api_id()
        own = [route for route in self._parts(api_id)[0] if route["RouteKey"] == self.name] if api_id else []
        return [Call("apigatewayv2", "delete_route", {"ApiId": api_id, "RouteId": r["RouteId"]}) for r in own]

    def _is_extra(self, other: dict[str, Any], own: dict[str, Any] | None) -> bool:
        """Whether a route is not in config.yaml, or a second one with this key."""
        return other is not own and (other["RouteKey"] == self.name or other["RouteKey"] not in self.all_keys)

    def _own_route(self, parts: Parts) -> dict[str, Any] | None:
        return next((route for route in parts[0] if route["RouteKey"] == self.name), None)

    def _matching_integration(self, parts: Parts) -> dict[str, Any] | None:
        """An integration with this function, if there is one; preferably the one that the route uses."""
        matching = {name: each for name, each in parts[1].items() if self._settings().items() <= each.items()}
        target = (self._own_route(parts) or {}).get("Target", "")
        return matching.get(target) or next(iter(matching.values()), None)

    def _parts_of_other_run(self, api_id: str, waiter: Waiter) -> Parts:
        """The parts of an existing API, read once the run that created it has had time to create the route."""
        parts = self._parts(api_id)
        is_in_progress = self.api.key not in self.aws.made and (self.aws.contested or not parts[0])
        if self._own_route(parts) or not is_in_progress:
            return parts
        self.aws.contested.add(self.key)

        def has_route() -> bool:
            nonlocal parts
            parts = self._parts(api_id)
            return self._own_route(parts) is not None

        with suppress(GaveUpError):
            words = "API Gateway has an API of another run, which may be creating the route"
            waiter.until(has_route, words, within=YIELD_SECONDS)
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

    def _lookup(self, api_id: str | None) -> Call:
        """The call that looks up the integration of an earlier route."""
        capture = Capture(INTEGRATION_ID, f'Items[?IntegrationUri==`"{self.function_arn}"`] | [0].IntegrationId')
        return Call("apigatewayv2", "get_integrations", {"ApiId": api_id or API_ID}, capture)

    def _parts(self, api_id: str) -> Parts:
        """The routes, and the integrations by the target name that a route has; empty if the API is gone."""

        def items(operation: str) -> list[dict[str, Any]]:
            pages = self.aws.client("apigatewayv2").get_paginator(operation).paginate(ApiId=api_id)
            return [
                item for page in get_or_none(lambda: list(pages), "NotFoundException") or [] for item in page["Items"]
            ]

        routes, integrations = in_parallel(lambda: items("get_routes"), lambda: items("get_integrations"))
        return routes, {f"integrations/{item['IntegrationId']}": item for item in integrations}
