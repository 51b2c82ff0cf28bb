"""How long a run waited, and for which service of AWS."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from advent_cli.deploy.events import Event, Finished, Waiting

SERVICES = ("API Gateway", "CloudWatch Logs", "DynamoDB", "IAM", "Lambda", "SNS", "SQS", "Systems Manager")
"""What the words of whoever waits begin with."""


@dataclass
class Waits:
    """Takes note of events; steps wait side by side, so a second in which several wait for one service is a second."""

    clock: Callable[[], float] = time.monotonic
    by_step: dict[str, str] = field(default_factory=dict)
    since: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def note(self, event: Event) -> None:
        """A step waits for a service from its first word about it to its end, or to its word about another."""
        if isinstance(event, Waiting):
            self._leave(event.key)
            service = service_of(event.words)
            self.by_step[event.key] = service
            self.since.setdefault(service, self.clock())
        elif isinstance(event, Finished):
            self._leave(event.key)

    def _leave(self, key: str) -> None:
        service = self.by_step.pop(key, None)
        if service and service not in self.by_step.values():
            self.seconds[service] = self.seconds.get(service, 0) + self.clock() - self.since.pop(service)


def service_of(words: str) -> str:
    """The service that is waited for."""
    return next((service for service in SERVICES if words.startswith(service)), "AWS")
