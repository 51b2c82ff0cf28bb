"""A stack: its resources by key, and for each the resources that it needs first."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from advent_cli.aws.account import Aws
from advent_cli.config.config_file import Config
from advent_cli.resources.api import Api
from advent_cli.resources.base import Resource
from advent_cli.resources.given_role import GivenRole, given_role
from advent_cli.resources.parameter import Parameter
from advent_cli.resources.queue import Queue
from advent_cli.resources.table import Table
from advent_cli.resources.topic import Topic


@dataclass
class Stack:
    """The resources by key, in the order of the article; `needs` has for each the keys that come before it.

    `needs_existing` has those of them that only have to exist, so that it may be created before they are ready.
    `uses` are the resources that it touches at run time: it may be created before them, but not if they are foreign.
    `outlives` maps a resource to the one that must be deleted before it; all others can be deleted in parallel.
    `groups` maps each resource to the main one of its group, which is one step of the article: screens fold a group
    into one line. `secrets` are not among the resources: you set them, `up` does not change them, and `down` deletes
    them.
    """

    aws: Aws
    config: Config
    table: Table
    topics: dict[str, Topic]
    queue: Queue
    api: Api
    secrets: dict[str, Parameter]
    resources: dict[str, Resource] = field(default_factory=dict)
    needs: dict[str, set[str]] = field(default_factory=dict)
    needs_existing: dict[str, set[str]] = field(default_factory=dict)
    uses: dict[str, set[str]] = field(default_factory=dict)
    outlives: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)

    def add(
        self,
        resource: Resource,
        *needs: Resource,
        existing: Resource | None = None,
        uses: Iterable[Resource] = (),
        outlives: Resource | None = None,
        group: Resource | None = None,
    ) -> None:
        """Add a resource, which `up` creates after those it `needs`; see the class for the others.

        Of `existing`, which it needs too, it only needs the existence. Without a `group` it is in one of its own.
        """
        self.groups[resource.key] = (group or resource).key
        self.outlives |= {resource.key: outlives.key} if outlives else {}
        self.resources[resource.key] = resource
        self.needs[resource.key] = {need.key for need in (*needs, *([existing] if existing else []))}
        self.needs_existing |= {resource.key: {existing.key}} if existing else {}
        self.uses[resource.key] = {use.key for use in uses}

    @property
    def boundary(self) -> str | None:
        """The permissions boundary of the functions' roles; None on the local engine, which does not support them."""
        return None if self.aws.endpoint else self.config.permissions_boundary

    @property
    def execution_role(self) -> GivenRole | None:
        """The role that config.yaml gives all functions; None if each has a role of its own."""
        return given_role(self.config.execution_role, self.aws)

    @property
    def urls(self) -> list[str]:
        """The URLs of the API's routes; empty if there is no API yet. Reads the API's id from AWS."""
        endpoint = self.api.endpoint() if self.config.routes else None
        return [f"{endpoint}{route.partition(' ')[2]}" for route in self.config.routes] if endpoint else []

    @property
    def url(self) -> str | None:
        """The URL that Slack posts to: the first route that takes POST. None if there is no such route or no API."""
        by_route = dict(zip(self.config.routes, self.urls, strict=False))
        return next((by_route[route] for route in self.config.post_routes if route in by_route), None)
