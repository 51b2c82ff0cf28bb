"""Shows a run on a terminal: a row for each step, updated in place, and a progress bar."""

import time

from rich.cells import cell_len, set_cell_size
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from advent_cli.deploy.events import Event, Finished, Outcome, Planned, Started, Stopping, Waiting
from advent_cli.output.labels import DOING, GLYPHS, KIND_WIDTH, STOPPING, kind_and_name, outcome_words, seconds

TIME, MIN_STATE = 6, 9  # columns
MAX_BAR = 40  # columns


class Rows:
    """Draws on `console`, never more lines than it has; on exit, prints every row once."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.doing: dict[str, str] = {}  # key -> activity, in display order
        self.began: dict[str, float] = {}
        self.messages: dict[str, str] = {}
        self.finished: dict[str, Finished] = {}
        self.stopping = False
        self.at = time.monotonic()
        self.spinner = Spinner("dots" if console.encoding.startswith("utf") else "line")
        self.live = Live(console=console, get_renderable=self.draw, refresh_per_second=12, transient=True)

    def __enter__(self) -> "Rows":
        self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.live.stop()
        for key in self.doing:
            self.console.print(self._row(key, self._name_width()), no_wrap=True, overflow="ellipsis")

    def __call__(self, event: Event) -> None:
        """Record an event; the next refresh shows it."""
        if isinstance(event, Planned):
            self.doing = {step.key: DOING[step.action] for step in event.steps}
        elif isinstance(event, Started):
            self.began[event.key] = time.monotonic()
        elif isinstance(event, Waiting):
            self.messages[event.key] = event.words
        elif isinstance(event, Finished):
            self.finished[event.key] = event
        elif isinstance(event, Stopping):
            self.stopping = True

    def draw(self) -> Group:
        """As many rows as fit, active ones before finished ones, and the bar."""
        lines: list[RenderableType] = [self._bar()]
        if self.stopping:
            lines.append(Text(STOPPING, "yellow", no_wrap=True, overflow="ellipsis"))
        available = max(1, self.console.height - len(lines) - 1)  # the cursor needs the last line
        keys = list(self.doing)
        if len(keys) > available:
            keys = sorted(keys, key=self._rank)[: available - 1]
            lines.insert(0, Text(f"  and {len(self.doing) - len(keys)} more", "dim"))
        shown, names = set(keys), self._name_width()
        return Group(*(self._row(key, names) for key in self.doing if key in shown), *lines)

    def _rank(self, key: str) -> int:
        """Sorts rows where not all fit: failures first, then running steps, then pending ones."""
        if key in self.finished:
            return 0 if self.finished[key].outcome is Outcome.FAILED else 3
        return 1 if key in self.began else 2

    def _name_width(self) -> int:
        """The columns that the terminal leaves for names."""
        width = self.console.width - MIN_STATE
        names = max((len(kind_and_name(key)[1]) for key in self.doing), default=0)
        return max(10, min(names, width - KIND_WIDTH - TIME - 5))  # 5: the glyph and the spaces

    def _bar(self) -> Table:
        done, total = len(self.finished), len(self.doing)
        bar = ProgressBar(total or 1, done, width=min(MAX_BAR, max(10, self.console.width - 30)))
        grid = Table.grid(padding=(0, 1))
        grid.add_row("", bar, Text(f"{done} of {total}, {time.monotonic() - self.at:.1f} s", no_wrap=True))
        return grid

    def _row(self, key: str, names: int) -> Text:
        kind, name = kind_and_name(key)
        event = self.finished.get(key)
        took = event.seconds if event else time.monotonic() - self.began[key] if key in self.began else 0
        glyph, state, style = self._state(key)
        row = Text(no_wrap=True, overflow="ellipsis")
        row.append(f"{glyph} ", style)
        row.append(f"{kind:{KIND_WIDTH}} ", "dim")
        fits = cell_len(name) <= names
        row.append(f"{set_cell_size(name, names) if fits else set_cell_size(name, names - 1) + '…'} ")
        row.append(f"{seconds(took):>{TIME}} ", "dim")
        return row.append(state, style)

    def _state(self, key: str) -> tuple[str, str, str]:
        """The glyph, text and style of a row's state."""
        event = self.finished.get(key)
        if event:
            glyph, style = GLYPHS[event.outcome]
            return glyph, outcome_words(event), style
        if key in self.began:
            return str(self.spinner.render(time.monotonic())), self.messages.get(key, self.doing[key]), ""
        return " ", "pending", "dim"
