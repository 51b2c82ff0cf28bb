"""The live board of `advent status --watch`, fitted to a terminal of any size."""

import time
from collections.abc import Iterable

from rich.console import Console, Group
from rich.text import Text

from advent_cli.deploy.decide import Action, Step
from advent_cli.errors import AdventError
from advent_cli.live.view import LiveView, Words
from advent_cli.output.bars import bars
from advent_cli.output.stream import printable
from advent_cli.output.summary import STATES, in_all
from advent_cli.output.text import kind_and_name, setting

ROOMY = 16  # lines; in fewer there are none to leave empty
LONGEST = 300  # characters of what went wrong
STALE = 6.0  # seconds after which it is told how old a look is


def draw(console: Console, board: LiveView | None, now: float) -> Group:
    """All lines that the terminal has room for, each cut to its width; before the first look, that it goes on."""
    if board is None:
        return Group(Text("looking"))
    width, height = console.size
    gap = [Text()] if height >= ROOMY else []
    head = [_title(board, now, width), *_urls(board.urls, width), *_traffic(board)]
    foot = [*_sums(board.words), *_error(board.error)]
    bad = [step for step in board.steps if step.action is not Action.NOTHING]
    room = height - len(head) - len(foot) - 3 * len(gap)
    problems = _problems(bad, room if board.words is None else (room + 1) // 2)
    top = board.words.top[: max(0, room - len(problems))] if board.words else []
    body = bars(console, top, board.words.changes) if board.words else []
    lines = [*head, *(gap if problems else []), *problems, *(gap if body else []), *body, *gap, *foot]
    for line in lines:
        line.no_wrap, line.overflow = True, "ellipsis"
    return Group(*lines)


def _title(board: LiveView, now: float, width: int) -> Text:
    well = sum(step.action is Action.NOTHING for step in board.steps)
    old = now - board.at
    title = Text.assemble((board.stack, "bold"), f"  {well} of {len(board.steps)} resources ok", no_wrap=True)
    if well == len(board.steps):
        title = Text.assemble((board.stack, "bold"), "  ", (f"{well} resources ok", "green"))
    if not board.steps:
        title = Text(board.stack, "bold")
    clock = (f"last look {old:.0f} s ago", "yellow") if old > STALE else (time.strftime("%H:%M:%S"), "dim")
    side = Text.assemble(clock, ("  q quits", "dim"))
    return title.append(" " * max(2, width - title.cell_len - side.cell_len)).append_text(side)


def _urls(urls: Iterable[str], width: int) -> list[Text]:
    """Each address whole, over several lines if need be."""
    return [Text(url[start : start + width]) for url in urls for start in range(0, len(url), width)]


def _traffic(board: LiveView) -> list[Text]:
    """What came in the last minute, and what nobody could take."""
    parts, number = [], board.dead_letters
    if board.requests is not None:
        parts.append(Text(f"{board.requests:,} message{'s' if board.requests != 1 else ''} a minute"))
    if number is not None:
        words = f"{number:,} dead letter{'s' if number != 1 else ''}" if number else "no dead letters"
        parts.append(Text.assemble((words, "bold red" if number else ""), f" in {board.queue}"))
    return [Text(", ").join(parts)] if parts else []


def _problems(steps: list[Step], room: int) -> list[Text]:
    """What is not ok, a line each; and if there is not room for all, how many more there are."""
    shown = steps if len(steps) <= room else steps[: max(0, room - 1)]
    lines = []
    for step in shown:
        word, style = ("not ours", "magenta") if step.foreign else STATES[step.action]
        kind, name = kind_and_name(step.key)
        differ = [f"{d.setting}: {setting(d.now)}, wanted {setting(d.want)}" for d in step.differences]
        why = str(step.seen) if isinstance(step.seen, AdventError) else "; ".join(differ)
        lines.append(Text.assemble((f"{word:8}", style), f" {kind} {name}", (f"  {printable(why, LONGEST)}", "dim")))
    return [*lines, *([Text(f"and {len(steps) - len(shown)} more: see `advent status`")] if shown != steps else [])]


def _sums(words: Words | None) -> list[Text]:
    """How many words there are and how they grow; and how old that is, where the table is too large for each look."""
    if words is None:
        return [Text("no words: the table is not there, or not as config.yaml wants it")]
    if words.words is None or words.total is None:
        return [Text(f"reading the words, {words.reading or 0:,} so far")]
    grown = f"{words.growth.added:+,} in the last {words.growth.seconds:.0f} s" if words.growth else ""
    again = f"reading them again, {words.reading:,} so far" if words.reading is not None else ""
    old = f"as of {words.age:.0f} s ago" if words.age > STALE else ""
    told = ", ".join(part for part in (grown, old, again) if part)
    sums = in_all(words.words, words.total) if words.words else "no words counted yet"
    return [Text(sums, "bold"), Text(told)]


def _error(error: AdventError | None) -> list[Text]:
    return [Text.assemble(("error: ", "bold red"), f"{printable(str(error), LONGEST)}; trying again")] if error else []
