"""A row for each step, all of them from the start, that changes in place: for terminals."""

import time

from rich.cells import set_cell_size
from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from advent_cli.display.text import GLYPHS, STOPPING, kind_and_name, outcome_words, seconds
from advent_cli.events import Event, Finished, Planned, Started, Stopping, Waiting

KIND, TIME, WORDS_AT_LEAST = 12, 6, 9  # columns


class Rows:
    """Draws on `console` while it is entered."""

    def __init__(self, console: Console) -> None:
        self.console = console
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

    def draw(self) -> Group:
        """The rows as they are now, each cut to the width of the terminal."""
        width = self.console.width - WORDS_AT_LEAST
        names = max((len(kind_and_name(key)[1]) for key in self.keys), default=0)
        names = max(10, min(names, width - KIND - TIME - 4))
        rows = [self._row(key, names) for key in self.keys]
        if self.stopping:
            rows.append(Text(STOPPING, "yellow", no_wrap=True, overflow="ellipsis"))
        return Group(*rows)

    def _row(self, key: str, names: int) -> Text:
        kind, name = kind_and_name(key)
        event = self.finished.get(key)
        took = event.seconds if event else time.monotonic() - self.began[key] if key in self.began else 0
        glyph, words, style = self._state(key)
        row = Text(no_wrap=True, overflow="ellipsis")
        row.append(f"{glyph} ", style)
        row.append(f"{kind:{KIND}} ", "dim")
        row.append(f"{set_cell_size(name, names)} ")
        row.append(f"{seconds(took):>{TIME}} ", "dim")
        return row.append(words, style)

    def _state(self, key: str) -> tuple[str, str, str]:
        """Glyph, words and style of a row."""
        event = self.finished.get(key)
        if event:
            glyph, style = GLYPHS[event.outcome]
            return glyph, outcome_words(event), style
        if key in self.began:
            return str(self.spinner.render(time.monotonic())), self.words.get(key, ""), ""
        return " ", "waits", "dim"
