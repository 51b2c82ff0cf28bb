"""Pure: decides what to do about a resource from what is wanted and what was seen."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from advent_cli.errors import ForeignError
from advent_cli.resources.base import Settings

Seen = Settings | Exception | None
"""What an inspection saw of a resource: its settings, None if it does not exist, or why it could not be read."""


class Action(Enum):
    """What a step does; the value is its sign in a plan."""

    CREATE = "+"
    UPDATE = "~"
    DELETE = "-"
    NOTHING = " "
    BLOCKED = "!"


@dataclass(frozen=True)
class Step:
    """One resource on its way from what was seen to what is wanted."""

    key: str
    title: str
    want: Settings | None
    seen: Seen
    group: str = ""
    """The key of the main resource of its group; empty if it is in one of its own."""
    deleted_with: str = ""
    """The key of the resource with which AWS deletes it; empty if it is deleted by a call of its own."""

    @property
    def action(self) -> Action:
        """What to do."""
        return decide(self.want, self.seen)

    @property
    def foreign(self) -> bool:
        """Whether a resource that the stack does not manage has this name."""
        return isinstance(self.seen, ForeignError)

    @property
    def differences(self) -> list["Difference"]:
        """The settings that an update changes."""
        return list(differences(self.want, self.seen)) if self.action is Action.UPDATE else []


@dataclass(frozen=True)
class Difference:
    """One setting that is not as wanted; None stands for a missing setting."""

    setting: str
    now: Any
    want: Any


def decide(want: Settings | None, seen: Seen) -> Action:
    """What to do about a resource."""
    if isinstance(seen, Exception):
        return Action.BLOCKED
    if want is None:
        return Action.NOTHING if seen is None else Action.DELETE
    if seen is None:
        return Action.CREATE
    return Action.NOTHING if seen == want else Action.UPDATE


def differences(want: Any, now: Any, setting: str = "") -> Iterator[Difference]:
    """The settings that differ, named with dots inside groups of settings."""
    if want == now:
        return
    if isinstance(want, Mapping) and isinstance(now, Mapping):
        for name in {**want, **now}:
            inner = f"{setting}.{name}" if setting else str(name)
            yield from differences(want.get(name), now.get(name), inner)
    else:
        yield Difference(setting, now, want)


def is_done(steps: Iterable[Step]) -> bool:
    """Whether there is nothing to do."""
    return all(step.action is Action.NOTHING for step in steps)


def count_actions(steps: Iterable[Step]) -> dict[Action, int]:
    """The number of steps with each action, except NOTHING."""
    counts: dict[Action, int] = {action: 0 for action in Action if action is not Action.NOTHING}
    for step in steps:
        if step.action in counts:
            counts[step.action] += 1
    return counts
