"""Shows a run on a terminal: a row for each group, updated in place, and a progress bar."""

import time

from rich.console import Console, RenderableType
from rich.console import Group as Lines
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from advent_cli.deploy.events import Event, Outcome, Stopping
from advent_cli.output.group_progress import PROBLEMS, GroupProgress
from advent_cli.output.group_rows import MARGIN, Columns, details, glyph, row
from advent_cli.output.groups import Group
from advent_cli.output.labels import STOPPING, seconds
from advent_cli.output.problem_lines import Present, ProblemLines

MAX_BAR = 40  # columns


class Rows:
    """Draws on `console`, never more lines than it has; on exit, prints each group once, with what went wrong in it.

    `present` removes secrets from an error; with `only_problems`, groups that went well are not printed on exit.
    """

    def __init__(self, console: Console, present: Present, *, only_problems: bool = False) -> None:
        self.only_problems = only_problems
        self.console = console
        self.progress = GroupProgress()
        self.problems = ProblemLines(present)
        self.stopping = False
        self.began = time.monotonic()
        self.spinner = Spinner("dots" if console.encoding.startswith("utf") else "line")
        self.live = Live(console=console, get_renderable=self.draw, refresh_per_second=12, transient=True)

    def __enter__(self) -> "Rows":
        self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.live.stop()
        columns = self._columns()
        for group in self._shown():
            if self.only_problems and self.progress.outcome(group) not in PROBLEMS:
                continue
            self.console.print(self._row(group, columns), overflow="fold")
            details(self.console, self.problems.of(group.steps, self.progress.finished))

    def __call__(self, event: Event) -> None:
        """Record an event; the next refresh shows it."""
        if isinstance(event, Stopping):
            self.stopping = True
        else:
            self.progress.note(event)

    def draw(self) -> Lines:
        """As many rows as fit, active ones before finished ones, and the bar; with `only_problems` just that."""
        groups = [] if self.only_problems else self._shown()
        lines: list[RenderableType] = [self._bar()] if self.progress.steps_to_do else []
        if self.stopping:
            lines.append(Text(STOPPING, "yellow"))
        available = max(1, self.console.height - len(lines) - 1)  # the cursor needs the last line
        shown = groups
        if len(groups) > available:
            shown = sorted(groups, key=self._rank)[: available - 1]
            lines.insert(0, Text(f"  and {len(groups) - len(shown)} more", "dim"))
        columns = self._columns()
        rows = [self._row(group, columns) for group in groups if group in shown]
        for line in [*rows, *(line for line in lines if isinstance(line, Text))]:
            line.no_wrap, line.overflow = True, "ellipsis"
        return Lines(*rows, *lines)

    def _shown(self) -> list[Group]:
        return [group for group in self.progress.groups if self.progress.is_shown(group)]

    def _columns(self) -> Columns:
        return Columns.fitting(self._shown(), self.console.width)

    def _rank(self, group: Group) -> int:
        """Sorts groups where not all fit: failed ones first, then active ones, then pending ones."""
        outcome = self.progress.outcome(group)
        if outcome:
            return 0 if outcome is Outcome.FAILED else 3
        return 1 if self.progress.state(group) else 2

    def _bar(self) -> Table:
        keys = self.progress.steps_to_do
        done, took = sum(key in self.progress.finished for key in keys), time.monotonic() - self.began
        bar = ProgressBar(len(keys) or 1, done, width=min(MAX_BAR, max(10, self.console.width - 30)))
        grid = Table.grid(padding=(0, 1))
        grid.add_row(" " * (MARGIN - 1), bar, Text(f"{done} of {len(keys)}, {took:.1f} s", no_wrap=True))
        return grid

    def _row(self, group: Group, columns: Columns) -> Text:
        outcome, took = self.progress.outcome(group), self.progress.seconds(group)
        if outcome:
            return row(glyph(outcome, self.console.encoding), group, columns, outcome.value, took)
        if state := self.progress.state(group):
            spinner = str(self.spinner.render(time.monotonic()))
            busy = row((spinner, ""), group, Columns(columns.title, len(group.name), has_state=False), "", 0)
            room = max(0, self.console.width - busy.cell_len - 9)
            busy.append(f" · {state}"[:room].ljust(room))
            return busy.append(f"{seconds(took):>7}", "dim")
        return row((" ", "dim"), group, columns, "", 0)
