"""Pure: folds steps into groups, each one step of the article, and names each in a line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from advent_cli.deploy.decide import Step
from advent_cli.output.labels import kind_and_name

TITLES = {
    "api": "API Gateway",
    "destination": "Failure queue of",
    "function": "Lambda function",
    "log-group": "Log group",
    "parameter": "Secret",
    "permission": "Invoke permission",
    "policy": "Publish permission",
    "queue": "Dead-letter queue",
    "role": "IAM role",
    "route": "Route",
    "subscription": "Subscription",
    "table": "DynamoDB table",
    "topic": "SNS topic",
}
VARIABLE = "variable"
PARTS = ("role", "policy", "log-group", "subscription", "permission", "destination")  # in order of interest


@dataclass(frozen=True)
class Group:
    """Steps that belong together; `key` is that of the main resource, which names the group."""

    key: str
    steps: tuple[Step, ...]

    @property
    def title(self) -> str:
        """What it is, as in `Lambda function`."""
        kind, name = kind_and_name(self.key)
        return name.partition(" on ")[0] if kind == VARIABLE else TITLES.get(kind, kind)

    @property
    def name(self) -> str:
        """Which one it is, as in `aws_advent` or, of an API, its routes."""
        kind, name = kind_and_name(self.key)
        if kind == VARIABLE:
            return f"on {name.partition(' on ')[2]}"
        return ", ".join(self._routes) or name

    def subject(self, columns: int) -> str:
        """Its name and the kinds of its other resources; of those, only as many as fit, and how many more there are."""
        kinds = [kind_and_name(step.key)[0] for step in self.steps if step.key != self.key]
        unnamed = [kind for kind in kinds if kind != "route" or not self._routes]
        ordered = sorted(unnamed, key=lambda kind: PARTS.index(kind) if kind in PARTS else len(PARTS))
        words = [kind.replace("-", " ") for kind in ordered]
        for number in range(len(words), 0, -1):
            more = [f"{len(words) - number} more"] if number < len(words) else []
            if len(full := f"{self.name} · {', '.join([*words[:number], *more])}") <= columns:
                return full
        return self.name

    @property
    def _routes(self) -> list[str]:
        """The routes of an API, which say more than its name; empty for other groups."""
        names = [kind_and_name(step.key) for step in self.steps]
        return [name for kind, name in names if kind == "route"] if self.key.startswith("api/") else []


def groups(steps: Iterable[Step]) -> list[Group]:
    """The groups of these steps, in the order of the first step of each."""
    members: dict[str, list[Step]] = {}
    for step in steps:
        members.setdefault(step.group or step.key, []).append(step)
    return [Group(key, tuple(each)) for key, each in members.items()]


def title_width(shown: Sequence[Group]) -> int:
    """The columns of the widest title."""
    return max((len(group.title) for group in shown), default=0)
