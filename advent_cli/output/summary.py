"""The results of plan and status, and errors, as lines of text."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from advent_cli.aws.retry import AGAIN
from advent_cli.config.schema import Slack
from advent_cli.deploy.decide import Action, Step, count_actions
from advent_cli.errors import AdventError
from advent_cli.output.bars import bars
from advent_cli.output.text import ACTION_STYLES, kind_and_name, setting
from advent_cli.words.counts import Counts

OPEN = "the API is open: who knows the URL gets in"
LOCK = "; `advent slack secret` lets only Slack in"
LOCKED = "only who knows the secret gets in; `advent slack secret` changes it"
STATES = {
    Action.CREATE: ("missing", "red"),
    Action.UPDATE: ("differs", "yellow"),
    Action.NOTHING: ("ok", "green"),
    Action.DELETE: ("leftover", "red"),
    Action.BLOCKED: ("unknown", "magenta"),
}
VERBS = {
    Action.CREATE: "to create",
    Action.UPDATE: "to update",
    Action.DELETE: "to delete",
    Action.BLOCKED: "cannot be done",
}


def line(console: Console, *parts: str | tuple[str, str]) -> None:
    """One line, each part with its style or none; on a terminal it is broken between words, in a pipe never."""
    text = Text.assemble(*parts)
    console.print(text, soft_wrap=not console.is_terminal or " " not in text.plain)


def unbroken(console: Console, *parts: str | tuple[str, str]) -> None:
    """One line that can be copied as a whole, however long it is."""
    console.print(Text.assemble(*parts), soft_wrap=True)


def plan(console: Console, steps: Iterable[Step], *, show_settings: bool) -> None:
    """What there is to do, with the settings that differ, and the sum; with `show_settings` those of new things too."""
    steps = list(steps)
    for step in steps:
        for parts in told(step, show_settings=show_settings) if step.action is not Action.NOTHING else ():
            line(console, *parts)
    line(console, (summary(steps), "bold"))


def told(step: Step, *, show_settings: bool) -> Iterator[list[tuple[str, str]]]:
    """What there is to do about one thing, line by line, in parts with their styles."""
    kind, name = kind_and_name(step.key)
    yield [(f"{step.action.value} {kind:12} {name}", ACTION_STYLES[step.action])]
    for name, value in (step.want or {}).items() if step.action is Action.CREATE and show_settings else ():
        yield [(f"    {name}: {setting(value)}", "")]
    for difference in step.differences:
        change = f"{setting(difference.now)} -> {setting(difference.want)}"
        yield [(f"    {difference.setting}: ", ""), (change, "yellow")]
    yield from _problem(step)


def summary(steps: Iterable[Step]) -> str:
    """How much there is to do, as in `2 to create, 1 to update`."""
    parts = [f"{number} {VERBS[action]}" for action, number in count_actions(steps).items() if number]
    return ", ".join(parts) or "nothing to do: everything is as config.yaml wants it"


def settings(console: Console, values: dict[str, Any]) -> None:
    """Settings, one a line, indented."""
    for name, value in values.items():
        line(console, f"    {name}: {setting(value)}")


def resources(console: Console, steps: Iterable[Step], arns: Mapping[str, str], *, show_settings: bool) -> None:
    """Each resource with its state; with `show_settings` what it is set to as well."""
    for step in steps:
        word, style = ("not ours", "magenta") if step.foreign else STATES[step.action]
        kind, name = kind_and_name(step.key)
        line(console, (f"{word:8}", style), f" {kind:12} {name}")
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


def api(console: Console, urls: list[str], slack: Slack | None, *, is_open: bool | None) -> None:
    """The addresses of the API, what to tell Slack, and who gets in."""
    line(console)
    for url in urls:
        line(console, url)
    if slack:
        line(console, f"for Slack's outgoing webhook: trigger word {slack.trigger_word}, name {slack.bot_name}")
    if is_open is not None:
        line(console, door(slack) if is_open else LOCKED)


def door(slack: Slack | None) -> str:
    """That the API is open, and how to lock it."""
    return f"{OPEN}{LOCK if slack else ''}"


def after_up(console: Console, slack: Slack | None, advice: str, *, is_open: bool | None) -> None:
    """Who may post, and what to do next; `advice` is `advent` with the options of this run."""
    if is_open:
        line(console, door(slack))
    if slack:
        line(console, f"next: {advice} say {slack.trigger_word} some words")


def data_loss(console: Console, losses: Mapping[str, str], steps: Iterable[Step], *, agreed: bool) -> None:
    """What will be deleted, and what is lost with it; of what is `agreed` only the losses."""
    for step in steps:
        loss = losses[step.key]
        if step.action is Action.DELETE and (loss or not agreed):
            line(console, ("- ", "red"), step.title, (loss, "bold red"))


def remaining(console: Console, steps: Sequence[Step]) -> None:
    """What is still there after `down`."""
    for step in steps:
        line(console, ("left: ", "bold red"), step.title)
    line(console, (f"{len(steps)} left", "bold"))
    if steps:
        line(console, f"  try: {AGAIN}")


def stacks(console: Console, found: Mapping[str, Mapping[str, int]]) -> None:
    """Each stack with how many things of each kind it has."""
    for name, kinds in found.items():
        things = [f"{number} {kind}{'s' if number != 1 else ''}" for kind, number in sorted(kinds.items())]
        line(console, (name, "bold"), f"  {', '.join(things)}")
    if not found:
        line(console, "no stacks")


def dead_letters(console: Console, queue: str, number: int) -> None:
    """How many messages nobody could take, and what can be done about them."""
    if number:
        letters = f"{number} dead letter{'s' if number != 1 else ''} in {queue}"
        return line(console, (letters, "bold red"), ": `advent replay` hands them out again\n")
    return line(console, f"no dead letters in {queue}\n")


def words(console: Console, counts: Counts) -> None:
    """The most frequent words with their counts as bars, their sum, and how many items are of another kind."""
    top, number, others = counts.top, counts.words, counts.others
    if others:
        line(console, f"{others} items in the table" if others != 1 else "1 item in the table", ", without a count")
    if not number:
        return line(console, "no words counted yet") if not others else None
    for bar in bars(console, top):
        console.print(bar, soft_wrap=True)
    shown = f"; the {len(top)} most frequent above" if number > len(top) > 0 else ""
    return line(console, (f"{in_all(number, counts.total)}{shown}", "bold"))


def in_all(number: int, total: int) -> str:
    """How many words there are, and the sum of their counts."""
    return f"{number:,} word{'s' if number != 1 else ''} counted, {total:,} in all"


def error(console: Console, problem: AdventError) -> None:
    """What happened, why, and what to do next."""
    line(console, ("error: ", "bold red"), problem.what, f": {problem.why}" if problem.why else "")
    if problem.hint:
        line(console, f"  try: {problem.hint}")
