"""A stack: its resources by key, and what each of them needs first."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from advent_cli.aws.account import Aws
from advent_cli.config.config_file import Config
from advent_cli.resources.api import Api
from advent_cli.resources.base import Resource
from advent_cli.resources.parameter import Parameter
from advent_cli.resources.queue import Queue
from advent_cli.resources.table import Table
from advent_cli.resources.topic import Topic


@dataclass
class Stack:
    """The resources by key, in the order of the article, and for each the keys of those it needs first.

    `uses` are those that it would touch when it works, and so must be ours, though it can be made before them.
    `outlives` names what has to be gone before it is deleted, if anything; all else can be deleted side by side.
    `secrets` are none of them: a person sets them, `up` leaves them as they are, and `down` deletes them.
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
    uses: dict[str, set[str]] = field(default_factory=dict)
    outlives: dict[str, str] = field(default_factory=dict)

    def add(
        self, resource: Resource, *needs: Resource, uses: Iterable[Resource] = (), outlives: Resource | None = None
    ) -> None:
        """Put a resource into the stack."""
        self.outlives |= {resource.key: outlives.key} if outlives else {}
        self.resources[resource.key] = resource
        self.needs[resource.key] = {need.key for need in needs}
        self.uses[resource.key] = {use.key for use in uses}

    @property
    def boundary(self) -> str | None:
        """The permissions boundary of the functions' roles; none on the local engine, which has no such policy."""
        return None if self.aws.endpoint else self.config.permissions_boundary

    @property
    def urls(self) -> list[str]:
        """The addresses of the API's routes; none if there is no API yet. Asks AWS for the API's id."""
        endpoint = self.api.endpoint() if self.config.routes else None
        return [f"{endpoint}{route.partition(' ')[2]}" for route in self.config.routes] if endpoint else []

    @property
    def url(self) -> str | None:
        """Where Slack posts to, the first route that it could. None if there is none, or no API yet."""
        addresses = dict(zip(self.config.routes, self.urls, strict=False))
        return next((addresses[route] for route in self.config.post_routes if route in addresses), None)
