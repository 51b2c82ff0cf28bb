"""A row for each step, all of them from the start, that changes in place: for terminals."""

import time

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from advent_cli.display.text import GLYPHS, kind_and_name, outcome_words, seconds
from advent_cli.events import Event, Finished, Planned, Started, Stopping, Waiting


class Rows:
    """Draws on `console` while it is entered."""

    def __init__(self, console: Console) -> None:
        self.keys: list[str] = []
        self.began: dict[str, float] = {}
        self.words: dict[str, str] = {}
        self.finished: dict[str, Finished] = {}
        self.stopping = False
        self.spinner = Spinner("dots")
        self.live = Live(console=console, get_renderable=self.draw, refresh_per_second=12)

    def __enter__(self) -> "Rows":
        self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.live.stop()

    def __call__(self, event: Event) -> None:
        """Take note of an event; it shows at the next refresh."""
        if isinstance(event, Planned):
            self.keys = [step.key for step in event.steps]
        elif isinstance(event, Started):
            self.began[event.key] = time.monotonic()
        elif isinstance(event, Waiting):
            self.words[event.key] = event.words
        elif isinstance(event, Finished):
            self.finished[event.key] = event
        elif isinstance(event, Stopping):
            self.stopping = True

    def draw(self) -> Table:
        """The rows as they are now."""
        table = Table.grid(padding=(0, 1))
        table.add_column(width=1)
        table.add_column(no_wrap=True, style="dim")
        table.add_column(no_wrap=True, overflow="ellipsis", ratio=3)
        table.add_column(overflow="ellipsis", no_wrap=True, ratio=2, min_width=10)
        table.add_column(no_wrap=True, justify="right", width=6)
        for key in self.keys:
            table.add_row(*self._row(key))
        if self.stopping:
            table.add_row("", "", Text("stopping: what has begun is finished", "yellow"))
        return table

    def _row(self, key: str) -> tuple[Text | Spinner, str, str, Text, Text]:
        kind, name = kind_and_name(key)
        event = self.finished.get(key)
        if event:
            glyph, style = GLYPHS[event.outcome]
            return (
                Text(glyph, style),
                kind,
                name,
                Text(outcome_words(event), style),
                Text(seconds(event.seconds), "dim"),
            )
        if key in self.began:
            time_text = seconds(time.monotonic() - self.began[key])
            return self.spinner, kind, name, Text(self.words.get(key, "")), Text(time_text, "dim")
        return Text(" "), kind, name, Text("waits", "dim"), Text("")
