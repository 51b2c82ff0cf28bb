"""A server other than AWS, with keys of its own: the local engine."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from advent_cli.errors import TargetError


@dataclass(frozen=True)
class Endpoint:
    """An AWS-compatible server with keys of its own, and how it spells the address of an API."""

    url: str
    access_key: str
    secret_key: str = field(repr=False)
    region: str
    api_url: str  # with {api_id} in it, without the path of the call
    has_ended: Callable[[], bool] = lambda: False  # asked when it does not answer

    def check(self) -> None:
        """Raise TargetError if the server has ended."""
        if self.has_ended():
            raise TargetError(
                "the local engine ended while it was in use",
                hint="`advent local logs` shows its last words, and `advent up` starts it again",
            )

    def guard(self, client: Any) -> None:
        """Have a client of botocore's ask at once whether the server has ended if there is no answer to a call."""

        def heed(caught_exception: Exception | None, **_: Any) -> None:
            if caught_exception is not None:
                self.check()

        client.meta.events.register("needs-retry", heed)
