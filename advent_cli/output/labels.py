"""Words and times that all displays share."""

import json
from typing import Any

from advent_cli.deploy.decide import Action
from advent_cli.deploy.events import Finished

KIND_WIDTH = 12  # columns
STOPPING = "stopping: calls in flight finish, nothing new starts"
DOING = {
    Action.CREATE: "creating",
    Action.UPDATE: "updating",
    Action.DELETE: "deleting",
    Action.NOTHING: "",
    Action.BLOCKED: "",
}
ACTION_STYLES = {
    Action.CREATE: "green",
    Action.UPDATE: "yellow",
    Action.DELETE: "red",
    Action.NOTHING: "dim",
    Action.BLOCKED: "magenta",
}
LOST = {  # what is lost for good with one resource of a kind, and with all of them
    "table": ("its items", "the word counts"),
    "log-group": ("its logs", "the functions' logs"),
    "queue": ("its messages", "the dead letters"),
    "parameter": ("a secret that only you know", "secrets that only you know"),
}


def outcome_words(event: Finished) -> str:
    """How a step ended, in a few words."""
    return f"{event.outcome.value} ({event.reason})" if event.reason else event.outcome.value


def seconds(time: float) -> str:
    """A duration for people; empty if it rounds to zero."""
    return f"{time:.1f} s" if time >= 0.05 else ""


def kind_and_name(key: str) -> tuple[str, str]:
    """A step's key as two columns."""
    kind, _, name = key.partition("/")
    return kind, name


def setting(value: Any) -> str:
    """A setting on one line."""
    if value is None or value == {} or value == []:
        return "none"
    return value if isinstance(value, str) else json.dumps(value)
