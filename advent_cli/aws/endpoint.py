"""An AWS-compatible server with keys of its own: the local engine."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from advent_cli.errors import TargetError


@dataclass(frozen=True)
class Endpoint:
    """An AWS-compatible server, its keys, and the form of the URL that it gives an API."""

    url: str
    access_key: str
    secret_key: str = field(repr=False)
    region: str
    api_url: str  # contains {api_id}; without the path of the request
    has_ended: Callable[[], bool] = lambda: False  # called when the server does not respond

    def check(self) -> None:
        """Raise TargetError if the server has ended."""
        if self.has_ended():
            raise TargetError(
                "the local engine stopped while it was in use",
                hint="see why with `advent local logs`, then start it again with `advent up`",
            )

    def guard(self, client: Any) -> None:
        """Make a botocore client check whether the server has ended as soon as a call gets no response."""

        def check_on_error(caught_exception: Exception | None, **_: Any) -> None:
            if caught_exception is not None:
                self.check()

        client.meta.events.register("needs-retry", check_on_error)
