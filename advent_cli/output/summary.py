"""Prints how a run ended, words, stacks and errors as lines of text."""

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.text import Text

from advent_cli.deploy.apply import Result
from advent_cli.deploy.decide import Step
from advent_cli.deploy.events import Outcome
from advent_cli.deploy.inspection import Inspection
from advent_cli.deploy.place import target
from advent_cli.errors import DONE, AdventError
from advent_cli.output.bars import bars
from advent_cli.output.group_progress import plain_outcome
from advent_cli.output.group_rows import details, mark
from advent_cli.output.status_page import access
from advent_cli.output.styled_lines import Part, line
from advent_cli.words.counts import Counts


def up_to_date(inspection: Inspection, steps: Sequence[Step]) -> str:
    """The words for a run that has nothing to do, as in `awsadvent on ...: up to date, 26 resources`."""
    stack, number = inspection.stack, sum(step.want is not None for step in steps)
    state = f"up to date, {number} resources" if number else "nothing to delete"
    return f"{stack.aws.stack} on {target(stack.aws)}: {state}"


def run_ended(console: Console, steps: Sequence[Step], result: Result, nothing: str, saved: str | None) -> None:
    """Print the totals of a run: `nothing` if it had nothing to do, and in one line if it was for a `saved` file."""
    ended = [plain_outcome(step, result.finished[step.key]) for step in steps if step.key in result.finished]
    outcomes = [outcome for outcome in ended if outcome is not Outcome.ABSENT]  # what is gone is nobody's news
    changed = [outcome for outcome in outcomes if outcome is not Outcome.UNCHANGED]
    if nothing and not changed:
        text = "nothing to do" if saved else nothing
    else:
        text = run_totals(outcomes, result.seconds, result.waited)
    sign = mark(console, is_good=result.exit_code == DONE)
    if saved:
        text = run_totals(changed, result.seconds, {}) if changed else text
        line(console, *_saved(saved, sign), text)
    elif nothing and not changed:
        line(console, sign, f" {text}")
    else:
        details(console, [[(text, "bold")]], indent=2)
    if result.stopped:
        line(console, "  stopped: run the same command again to finish")


def answered(console: Console, seconds: float) -> None:
    """Print that the app answered, after this many seconds."""
    took = f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"
    line(console, "  ", mark(console, is_good=True), f" The app answered in {took}")


def after_up(console: Console, inspection: Inspection, advice: str) -> None:
    """Print who can post if the API is open, and the next commands; `advice` is `advent` with the global options."""
    stack, slack = inspection.stack, inspection.stack.config.slack
    if inspection.is_open:
        details(console, [[(access(inspection), "")]], indent=2)
    if slack:
        details(console, [[(f"next: {advice} say {slack.trigger_word} some words", "")]], indent=2)
    if slack and not stack.aws.endpoint:
        details(console, [[(f"connect Slack: {advice} slack", "")]], indent=2)


def stacks(console: Console, by_stack: Mapping[str, Mapping[str, int]]) -> None:
    """Print each stack with its number of resources of each kind."""
    for name, kinds in by_stack.items():
        counts = [f"{number} {kind}{'s' if number != 1 else ''}" for kind, number in sorted(kinds.items())]
        line(console, (name, "bold"), f"  {', '.join(counts)}")
    if not by_stack:
        line(console, "no stacks")


def words(console: Console, counts: Counts) -> None:
    """Print the most frequent words as bars, the totals, and the number of items without a count."""
    top, number, others = counts.top, counts.words, counts.others
    if others:
        line(console, f"  {others} item{'s' if others != 1 else ''} in the table, without a count")
    if not number:
        return line(console, "  no words counted yet") if not others else None
    line(console)
    for bar in bars(console, top):
        console.print(Text("  ").append_text(bar), soft_wrap=True)
    shown = f"; top {len(top)} above" if number > len(top) > 0 else ""
    return line(console, (f"  {totals(number, counts.total)}{shown}", "bold"))


def totals(number: int, total: int) -> str:
    """The number of words and the sum of their counts."""
    return f"{number:,} word{'s' if number != 1 else ''}, {total:,} in total"


def run_totals(outcomes: Iterable[Outcome], seconds: float, waited: Mapping[str, float]) -> str:
    """How a whole run ended, as in `23 resources in 14.2 s: 1 created, 22 unchanged (8.9 s waiting for IAM)`."""
    counts = Counter(outcomes)
    waits = sorted((took, service) for service, took in waited.items() if took >= 1)[::-1]
    waiting = " and ".join(f"{took:.1f} s waiting for {service}" for took, service in waits)
    words = (
        ", ".join(f"{counts[outcome]} {outcome.value}" for outcome in Outcome if counts[outcome]) or "nothing changed"
    )
    took = f"{seconds:.1f} s"
    ended = f"{counts.total()} resources in {took}: {words}" if len(counts) > 1 else f"{words} in {took}"
    return f"{ended} ({waiting})" if waiting else ended


def error(console: Console, problem: AdventError, saved: str | None = None) -> None:
    """Print what happened, why, and what to do next; of a file that was `saved`, first the time and its name."""
    about = [*_saved(saved, mark(console, is_good=False))] if saved else []
    line(console, *about, ("error: ", "bold red"), problem.what, f": {problem.why}" if problem.why else "")
    if problem.hint:
        line(console, f"  try: {problem.hint}")


def _saved(file: str, sign: tuple[str, str]) -> tuple[Part, ...]:
    return (time.strftime("%H:%M:%S "), "dim"), sign, f" {file}: "
