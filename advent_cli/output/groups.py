"""Pure: folds steps into groups, each one step of the article, and names each in a line."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from advent_cli.deploy.decide import Action, Step
from advent_cli.errors import UsesForeignError
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
PARTS = ("api", "subscription", "role", "policy", "log-group", "permission", "destination")  # in order of interest


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

    @property
    def is_whole(self) -> bool:
        """Whether it is created or deleted as a whole."""
        actions = {step.action for step in self.steps if not isinstance(step.seen, UsesForeignError)}
        return len(actions) == 1 and actions <= {Action.CREATE, Action.DELETE}

    def subject(self, columns: int) -> str:
        """Its name and, if it is created or deleted as a whole, what it is made of; else what changes.

        Of that, only as much as fits in these columns, and how much more there is.
        """
        words = self._parts() if self.is_whole else self._changes()
        for number in range(len(words), 0, -1):
            more = [f"{len(words) - number} more"] if number < len(words) else []
            if len(full := f"{self.name} · {', '.join([*words[:number], *more])}") <= columns:
                return full
        short = f"{self.name} · {len(self.steps)} resources"
        return short if words and self.is_whole and len(short) <= columns else self.name

    def _parts(self) -> list[str]:
        """The kinds of the resources that its name does not show."""
        named = "route" if self._routes else kind_and_name(self.key)[0]
        steps = [step for step in self.steps if not isinstance(step.seen, UsesForeignError)]
        kinds = Counter(kind for kind, _ in (kind_and_name(step.key) for step in steps) if kind != named)
        ordered = sorted(kinds, key=lambda kind: PARTS.index(kind) if kind in PARTS else len(PARTS))
        words = {kind: kind.replace("-", " ").replace("api", "API") for kind in ordered}
        return [words[kind] if kinds[kind] == 1 else f"{kinds[kind]} {plural(words[kind])}" for kind in ordered]

    def _changes(self) -> list[str]:
        """The settings that an update changes, and the kinds of resources that are created or deleted."""
        settings = [one.setting for step in self.steps for one in step.differences]
        acts = {Action.CREATE: "new", Action.DELETE: "delete"}
        kinds = [
            f"{acts[step.action]} {kind_and_name(step.key)[0].replace('-', ' ')}"
            for step in self.steps
            if step.action in acts
        ]
        return list(dict.fromkeys([*settings, *kinds]))

    @property
    def _routes(self) -> list[str]:
        """The routes of an API, which say more than its name; empty for other groups."""
        names = [kind_and_name(step.key) for step in self.steps]
        return [name for kind, name in names if kind == "route"] if self.key.startswith("api/") else []


def plural(word: str) -> str:
    """The plural of a kind."""
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"


def groups(steps: Iterable[Step]) -> list[Group]:
    """The groups of these steps, in the order of the first step of each."""
    members: dict[str, list[Step]] = {}
    for step in steps:
        members.setdefault(step.group or step.key, []).append(step)
    return [_named(key, each) for key, each in members.items()]


def _named(key: str, steps: list[Step]) -> Group:
    """The group; without its main resource, it has the name of its first one."""
    return Group(key if any(step.key == key for step in steps) else steps[0].key, tuple(steps))


def title_width(shown: Sequence[Group]) -> int:
    """The columns of the widest title."""
    return max((len(group.title) for group in shown), default=0)
