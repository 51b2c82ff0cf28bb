"""Takes over foreign resources, as `up --adopt` asks."""

from advent_cli.deploy.inspection import Inspection
from advent_cli.errors import RELEASE, ForeignError, RefusedError, UsageError


def adopt(inspection: Inspection, keys: tuple[str, ...]) -> None:
    """Adopt these foreign resources into the stack.

    Raises before the first if one of them does not block a step, or if somebody else manages it.
    """
    resources = inspection.stack.resources
    for key in keys:
        seen = inspection.seen.get(key)
        if key not in resources or not isinstance(seen, ForeignError):
            foreign = [key for key, seen in inspection.seen.items() if isinstance(seen, ForeignError)]
            hint = f"use one of: {', '.join(foreign)}" if foreign else "there is nothing to adopt: leave out --adopt"
            raise UsageError(f"cannot adopt {key!r}: it is not a foreign resource that the stack needs", hint=hint)
        if seen.manager:
            why = f"{seen.manager} manages it"
            raise RefusedError(f"cannot adopt {resources[key].title}", why=why, hint=RELEASE)
    for key in keys:
        resources[key].adopt()
