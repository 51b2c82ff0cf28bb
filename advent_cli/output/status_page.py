"""Prints a stack's health, with only what is wrong, and how to reach it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from advent_cli.deploy.decide import Action, Difference, Step
from advent_cli.deploy.inspection import Inspection
from advent_cli.errors import AdventError, UsesForeignError
from advent_cli.output import header
from advent_cli.output.branches import Parts
from advent_cli.output.group_rows import MARGIN, details, mark
from advent_cli.output.groups import groups
from advent_cli.output.labels import KIND_WIDTH, kind_and_name, setting
from advent_cli.output.plan_page import blocked
from advent_cli.output.styled_lines import complete, line, unwrapped_line

STATES = {
    Action.CREATE: ("missing", "red"),
    Action.UPDATE: ("differs", "yellow"),
    Action.NOTHING: ("ok", "green"),
    Action.DELETE: ("orphan", "red"),
    Action.BLOCKED: ("unknown", "magenta"),
}
FOREIGN = ("foreign", "magenta")
BLOCKED = ("blocked", "magenta")
PLURALS = {"differs": "differ", "orphan": "orphans"}
LABEL = 14  # columns
OPEN, OPEN_LOCALLY = "anyone with the URL can post", "anyone on this machine can post"
RESTRICT = "; `advent slack secret` restricts it to Slack"
RESTRICTED = "only requests with the Slack secret; `advent slack secret` changes it"


def page(
    console: Console, inspection: Inspection, steps: Sequence[Step], arns: Mapping[str, str], *, every_resource: bool
) -> None:
    """Print the header, the health of the resources, and the notes on the stack."""
    header.show(console, inspection.stack)
    if all(step.action is Action.CREATE for step in steps) and not every_resource:
        line(console, "  nothing is deployed; `advent up` deploys it")
    else:
        health(console, steps, arns, every_resource=every_resource)
    for note in inspection.notes:
        line(console, f"  {note}")


def health(console: Console, steps: Sequence[Step], arns: Mapping[str, str], *, every_resource: bool) -> None:
    """Print how many resources are healthy, and each that is not, or with `every_resource` all, by group."""
    bad = [step for step in steps if step.action is not Action.NOTHING]
    total = len(steps)
    if not bad:
        line(console, "  ", mark(console, is_good=True), f" {total} of {total} healthy")
    else:
        healthy = f" {total - len(bad)} of {total} healthy: {', '.join(counts(bad))}"
        line(console, "  ", mark(console, is_good=False), healthy)
    if every_resource:
        for group in groups(steps):
            line(console, f"{' ' * (MARGIN + 2)}{group.title}  ", (group.name, "bold"))
            for step in group.steps:
                details(console, _resource(step, arns, with_settings=True))
    else:
        waiting = [step for step in bad if isinstance(step.seen, UsesForeignError)]
        for step in bad:
            details(console, _resource(step, arns) if step not in waiting else [], indent=MARGIN + 2)
        details(console, [blocked(waiting)] if waiting else [], indent=MARGIN + 2)
    if any(step.action in (Action.CREATE, Action.UPDATE, Action.DELETE) for step in bad):
        details(console, [[("repair: `advent up`; `advent plan` shows what it would do", "")]], indent=MARGIN + 2)


def counts(steps: Iterable[Step]) -> list[str]:
    """How many resources are in each state, as in `1 missing`."""
    numbers: dict[str, int] = {}
    for step in steps:
        word = state(step)[0]
        numbers[word] = numbers.get(word, 0) + 1
    return [f"{number} {word if number == 1 else PLURALS.get(word, word)}" for word, number in numbers.items()]


def state(step: Step) -> tuple[str, str]:
    """The state of a resource in one word, and its style."""
    if isinstance(step.seen, UsesForeignError):
        return BLOCKED
    return FOREIGN if step.foreign else STATES[step.action]


def difference(one: Difference) -> str:
    """How a setting differs from config.yaml; of code, whose hashes say nothing, only that it does."""
    should = f"{setting(one.now)}, should be {setting(one.want)}"
    return "code: not that of your files" if one.setting == "code" else f"{one.setting}: {should}"


def fact(console: Console, label: str, text: str, style: str = "") -> None:
    """Print a labelled fact; a terminal wraps it between words and keeps its column, but a URL stays whole."""
    name, value = f"{' ' * MARGIN}{label:{LABEL}}", Text.assemble(*complete(console, [(text, style)]))
    if not console.is_terminal or " " not in text:
        return unwrapped_line(console, name, (text, style))
    grid = Table.grid()
    grid.add_row(Text(name), value)
    return console.print(grid)


def api(console: Console, inspection: Inspection, urls: Sequence[str]) -> None:
    """Print the API's URLs, who can post, and what to enter in Slack."""
    slack, is_open = inspection.stack.config.slack, inspection.is_open
    for url in urls:
        fact(console, "URL", url)
    if is_open is not None:
        fact(console, "Access", access(inspection) if is_open else RESTRICTED)
    if slack:
        fact(console, "Slack's form", f"trigger word {slack.trigger_word}, name {slack.bot_name}; see `advent slack`")


def access(inspection: Inspection) -> str:
    """Who can post to an API without a secret, and how to restrict it."""
    stack = inspection.stack
    return f"{OPEN_LOCALLY if stack.aws.endpoint else OPEN}{RESTRICT if stack.config.slack else ''}"


def dead_letters(console: Console, queue: str, number: int) -> None:
    """Print the number of dead letters, and the command that redelivers them."""
    if number:
        text = f"{number} in {queue}; `advent replay` redelivers them"
        return fact(console, "Dead letters", text, "bold red")
    return fact(console, "Dead letters", f"none in {queue}")


def _resource(step: Step, arns: Mapping[str, str], *, with_settings: bool = False) -> Iterator[Parts]:
    """A resource with its state, and under it what differs, or its settings."""
    word, style = state(step)
    kind, name = kind_and_name(step.key)
    orphan = "  (not in config.yaml)" if step.action is Action.DELETE else ""
    yield [(f"{word:8}", style), (f" {kind:{KIND_WIDTH}} {name}", ""), (orphan, "dim")]
    for one in step.differences:
        yield [(f"  {difference(one)}", "")]
    if isinstance(step.seen, AdventError):
        yield [(f"  {step.seen}", "")]
        if step.seen.hint:
            yield [(f"  try: {step.seen.hint}", "")]
    if with_settings and isinstance(step.seen, dict):
        for name, value in (({"arn": arns[step.key]} if step.key in arns else {}) | step.seen).items():
            yield [(f"  {name}: {setting(value)}", "")]
