"""How long a run waited for each AWS service."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from advent_cli.deploy.events import Event, Finished, Waiting

SERVICES = ("API Gateway", "CloudWatch Logs", "DynamoDB", "IAM", "Lambda", "SNS", "SQS", "Systems Manager")
"""What the words of a Waiting event begin with."""


@dataclass
class Waits:
    """Adds up waits from events; a second in which several steps wait for one service counts once."""

    clock: Callable[[], float] = time.monotonic
    by_step: dict[str, str] = field(default_factory=dict)
    since: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def note(self, event: Event) -> None:
        """Record an event. A step waits from its first Waiting about a service to its end, or to one about another."""
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
    """The service that a Waiting event is about; `AWS` if its words name none."""
    return next((service for service in SERVICES if words.startswith(service)), "AWS")
