"""Prints plans, resources, words and errors as lines of text."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console

from advent_cli.aws.retry import AGAIN
from advent_cli.config.schema import Slack
from advent_cli.deploy.decide import Action, Step, count_actions
from advent_cli.deploy.events import Finished
from advent_cli.errors import AdventError
from advent_cli.output.bars import bars
from advent_cli.output.labels import ACTION_STYLES, KIND_WIDTH, kind_and_name, setting
from advent_cli.output.styled_lines import line
from advent_cli.words.counts import Counts

OPEN = "the API is open: anyone with the URL can post"
RESTRICT = "; `advent slack secret` restricts it to Slack"
RESTRICTED = "only requests with the Slack secret are accepted; `advent slack secret` changes it"
STATES = {
    Action.CREATE: ("missing", "red"),
    Action.UPDATE: ("differs", "yellow"),
    Action.NOTHING: ("ok", "green"),
    Action.DELETE: ("orphan", "red"),
    Action.BLOCKED: ("unknown", "magenta"),
}
VERBS = {
    Action.CREATE: "to create",
    Action.UPDATE: "to update",
    Action.DELETE: "to delete",
    Action.BLOCKED: "blocked",
}


def plan(console: Console, steps: Iterable[Step], *, show_settings: bool) -> None:
    """Print each change with the settings that differ, and the totals; `show_settings` adds those of new resources."""
    steps = list(steps)
    for step in steps:
        for parts in step_lines(step, show_settings=show_settings) if step.action is not Action.NOTHING else ():
            line(console, *parts)
    line(console, (summary(steps), "bold"))


def step_lines(step: Step, *, show_settings: bool) -> Iterator[list[tuple[str, str]]]:
    """What a step will do, as lines of parts with their styles."""
    kind, name = kind_and_name(step.key)
    yield [(f"{step.action.value} {kind:{KIND_WIDTH}} {name}", ACTION_STYLES[step.action])]
    for name, value in (step.want or {}).items() if step.action is Action.CREATE and show_settings else ():
        yield [(f"    {name}: {setting(value)}", "")]
    for difference in step.differences:
        change = f"{setting(difference.now)} -> {setting(difference.want)}"
        yield [(f"    {difference.setting}: ", ""), (change, "yellow")]
    yield from _problem(step)


def summary(steps: Iterable[Step]) -> str:
    """The number of steps of each action, as in `2 to create, 1 to update`."""
    parts = [f"{number} {VERBS[action]}" for action, number in count_actions(steps).items() if number]
    return ", ".join(parts) or "nothing to do: everything matches config.yaml"


def settings(console: Console, values: dict[str, Any]) -> None:
    """Print settings, indented, one per line."""
    for name, value in values.items():
        line(console, f"    {name}: {setting(value)}")


def resources(console: Console, steps: Iterable[Step], arns: Mapping[str, str], *, show_settings: bool) -> None:
    """Print each resource with its state; `show_settings` adds its current settings."""
    for step in steps:
        word, style = ("foreign", "magenta") if step.foreign else STATES[step.action]
        kind, name = kind_and_name(step.key)
        line(console, (f"{word:8}", style), f" {kind:{KIND_WIDTH}} {name}")
        for difference in step.differences:
            line(console, f"    {difference.setting}: {setting(difference.now)}, wanted {setting(difference.want)}")
        for parts in _problem(step):
            line(console, *parts)
        if show_settings and isinstance(step.seen, dict):
            settings(console, ({"arn": arns[step.key]} if step.key in arns else {}) | step.seen)


def _problem(step: Step) -> Iterator[list[tuple[str, str]]]:
    if isinstance(step.seen, AdventError):
        yield [(f"    {step.seen}", "")]
        if step.seen.hint:
            yield [(f"    try: {step.seen.hint}", "")]


def notes(console: Console, sentences: Iterable[str]) -> None:
    """Print sentences about the stack as a whole."""
    for sentence in sentences:
        line(console, sentence)


def api(console: Console, urls: list[str], slack: Slack | None, *, is_open: bool | None) -> None:
    """Print the API's URLs, the settings to enter in Slack, and who can post."""
    line(console)
    for url in urls:
        line(console, url)
    if slack:
        line(console, f"Slack outgoing webhook: trigger word {slack.trigger_word}, name {slack.bot_name}")
    if is_open is not None:
        line(console, open_notice(slack) if is_open else RESTRICTED)


def open_notice(slack: Slack | None) -> str:
    """A line that says that the API is open, and how to restrict it."""
    return f"{OPEN}{RESTRICT if slack else ''}"


def after_up(console: Console, slack: Slack | None, advice: str, *, is_open: bool | None) -> None:
    """Print a notice if the API is open, and the next command; `advice` is `advent` with the run's global options."""
    if is_open:
        line(console, open_notice(slack))
    if slack:
        line(console, f"next: {advice} say {slack.trigger_word} some words")


def data_loss(console: Console, data_losses: Mapping[str, str], steps: Iterable[Step], *, agreed: bool) -> None:
    """Print what will be deleted and the data lost with it; once `agreed`, only what loses data."""
    for step in steps:
        loss = data_losses[step.key]
        if step.action is Action.DELETE and (loss or not agreed):
            line(console, ("- ", "red"), step.title, (loss, "bold red"))


def remaining(console: Console, steps: Sequence[Step], kept: Sequence[Step]) -> None:
    """Print what is still there after `down`, and what it kept."""
    for step in steps:
        line(console, ("left: ", "bold red"), step.title)
    line(console, (f"{len(steps)} left", "bold"))
    if steps:
        line(console, f"  try: {AGAIN}")
    for step in kept:
        line(console, f"kept: {step.title}")


def stacks(console: Console, by_stack: Mapping[str, Mapping[str, int]]) -> None:
    """Print each stack with its number of resources of each kind."""
    for name, kinds in by_stack.items():
        counts = [f"{number} {kind}{'s' if number != 1 else ''}" for kind, number in sorted(kinds.items())]
        line(console, (name, "bold"), f"  {', '.join(counts)}")
    if not by_stack:
        line(console, "no stacks")


def dead_letters(console: Console, queue: str, number: int) -> None:
    """Print the number of dead letters, and the command that redelivers them."""
    if number:
        count = f"{number} dead letter{'s' if number != 1 else ''} in {queue}"
        return line(console, (count, "bold red"), ": `advent replay` redelivers them\n")
    return line(console, f"no dead letters in {queue}\n")


def words(console: Console, counts: Counts) -> None:
    """Print the most frequent words as bars, the totals, and the number of items without a count."""
    top, number, others = counts.top, counts.words, counts.others
    if others:
        line(console, f"{others} items in the table" if others != 1 else "1 item in the table", ", without a count")
    if not number:
        return line(console, "no words counted yet") if not others else None
    for bar in bars(console, top):
        console.print(bar, soft_wrap=True)
    shown = f"; top {len(top)} above" if number > len(top) > 0 else ""
    return line(console, (f"{totals(number, counts.total)}{shown}", "bold"))


def totals(number: int, total: int) -> str:
    """The number of words and the sum of their counts."""
    return f"{number:,} word{'s' if number != 1 else ''} counted, {total:,} in total"


def run_totals(events: Iterable[Finished], time: float, waited: Mapping[str, float]) -> str:
    """How a whole run ended, as in `22 created, 1 attached in 14.2 s, of which 8.9 s waiting for IAM`."""
    counts = Counter(event.outcome.value for event in events)
    waits = sorted((took, service) for service, took in waited.items() if took >= 0.05)[::-1]
    waiting = " and ".join(f"{took:.1f} s waiting for {service}" for took, service in waits)
    outcomes = ", ".join(f"{number} {outcome}" for outcome, number in counts.items())
    return f"{outcomes} in {time:.1f} s" + (f", of which {waiting}" if waiting else "")


def error(console: Console, problem: AdventError) -> None:
    """Print what happened, why, and what to do next."""
    line(console, ("error: ", "bold red"), problem.what, f": {problem.why}" if problem.why else "")
    if problem.hint:
        line(console, f"  try: {problem.hint}")
