"""Takes over foreign resources, as `up --adopt` asks."""

from advent_cli.deploy.inspection import Inspection
from advent_cli.errors import ForeignError, UsageError


def adopt(inspection: Inspection, keys: tuple[str, ...]) -> None:
    """Adopt these foreign resources into the stack; raises before the first if one of them does not block a step."""
    resources = inspection.stack.resources
    for key in keys:
        if key not in resources or not isinstance(inspection.seen[key], ForeignError):
            foreign = [key for key, seen in inspection.seen.items() if isinstance(seen, ForeignError)]
            hint = f"use one of: {', '.join(foreign)}" if foreign else "there is nothing to adopt: leave out --adopt"
            raise UsageError(f"cannot adopt {key!r}: it is not a foreign resource that the stack needs", hint=hint)
    for key in keys:
        resources[key].adopt()
