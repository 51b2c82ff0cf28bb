"""Draws the live view of `advent status --watch` for a terminal of any size."""

import time
from collections.abc import Iterable

from rich.console import Console, Group
from rich.text import Text

from advent_cli.deploy.decide import Action, Step
from advent_cli.errors import AdventError
from advent_cli.live.view import LiveView, Words
from advent_cli.output.bars import bars
from advent_cli.output.control_characters import printable
from advent_cli.output.labels import kind_and_name
from advent_cli.output.status_page import difference, state
from advent_cli.output.summary import totals

MIN_HEIGHT_FOR_GAPS = 16  # lines
MAX_PROBLEM = 300  # characters
STALE = 6.0  # seconds after which the age of the data is shown


def draw(console: Console, view: LiveView | None, now: float) -> Group:
    """As many lines as fit, each cut to the width; `view` is None until the first inspection is done."""
    if view is None:
        return Group(Text("inspecting the stack"))
    width, height = console.size
    gap = [Text()] if height >= MIN_HEIGHT_FOR_GAPS else []
    head = [_title(view, now, width), *_urls(view.urls, width), *_traffic(view), *(_notes(view) if gap else [])]
    foot = [*_word_totals(view.words), *_error(view.error)]
    bad = [step for step in view.steps if step.action is not Action.NOTHING]
    available = height - len(head) - len(foot) - 3 * len(gap)
    problems = _problems(bad, available if view.words is None else (available + 1) // 2)
    top = view.words.top[: max(0, available - len(problems))] if view.words else []
    body = bars(console, top, view.words.changes) if view.words else []
    lines = [*head, *(gap if problems else []), *problems, *(gap if body else []), *body, *gap, *foot]
    for line in lines:
        line.no_wrap, line.overflow = True, "ellipsis"
    return Group(*lines)


def _title(view: LiveView, now: float, width: int) -> Text:
    well = sum(step.action is Action.NOTHING for step in view.steps)
    old = now - view.at
    title = Text.assemble((view.stack, "bold"), f"  {well} of {len(view.steps)} resources ok", no_wrap=True)
    if well == len(view.steps):
        title = Text.assemble((view.stack, "bold"), "  ", (f"{well} resources ok", "green"))
    if not view.steps:
        title = Text(view.stack, "bold")
    clock = (f"updated {old:.0f} s ago", "yellow") if old > STALE else (time.strftime("%H:%M:%S"), "dim")
    side = Text.assemble(clock, ("  q to quit", "dim"))
    return title.append(" " * max(2, width - title.cell_len - side.cell_len)).append_text(side)


def _urls(urls: Iterable[str], width: int) -> list[Text]:
    """Each URL in full, on several lines if necessary."""
    return [Text(url[start : start + width]) for url in urls for start in range(0, len(url), width)]


def _traffic(view: LiveView) -> list[Text]:
    """The requests of the last minute, and the dead letters."""
    parts, number = [], view.dead_letters
    if view.requests is not None:
        parts.append(Text(f"{view.requests:,} message{'s' if view.requests != 1 else ''} a minute"))
    if number is not None:
        words = f"{number:,} dead letter{'s' if number != 1 else ''}" if number else "no dead letters"
        parts.append(Text.assemble((words, "bold red" if number else ""), f" in {view.queue}"))
    return [Text(", ").join(parts)] if parts else []


def _notes(view: LiveView) -> list[Text]:
    return [Text(printable(note, MAX_PROBLEM), "dim") for note in view.notes]


def _problems(steps: list[Step], available: int) -> list[Text]:
    """A line for each resource that is not ok; if not all fit, how many more there are."""
    shown = steps if len(steps) <= available else steps[: max(0, available - 1)]
    lines = []
    for step in shown:
        word, style = state(step)
        kind, name = kind_and_name(step.key)
        differences = [difference(one) for one in step.differences]
        why = str(step.seen) if isinstance(step.seen, AdventError) else "; ".join(differences)
        lines.append(
            Text.assemble((f"{word:8}", style), f" {kind} {name}", (f"  {printable(why, MAX_PROBLEM)}", "dim"))
        )
    return [*lines, *([Text(f"and {len(steps) - len(shown)} more: see `advent status`")] if shown != steps else [])]


def _word_totals(words: Words | None) -> list[Text]:
    """The totals and their growth; and how old they are, if the table is too large to read each time."""
    if words is None:
        return [Text("no words: the table is missing or differs from config.yaml")]
    if words.words is None or words.total is None:
        return [Text(f"reading the words, {words.reading or 0:,} so far")]
    growth = f"{words.growth.added:+,} in the last {words.growth.seconds:.0f} s" if words.growth else ""
    again = f"reading them again, {words.reading:,} so far" if words.reading is not None else ""
    old = f"as of {words.age:.0f} s ago" if words.age > STALE else ""
    details = ", ".join(part for part in (growth, old, again) if part)
    sums = totals(words.words, words.total) if words.words else "no words counted yet"
    return [Text(sums, "bold"), Text(details)]


def _error(error: AdventError | None) -> list[Text]:
    return [Text.assemble(("error: ", "bold red"), f"{printable(str(error), MAX_PROBLEM)}; retrying")] if error else []
