"""How far a long reading has come: a bar, as far as anybody knows how much there is."""

from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn


class Reading:
    """Draws on `console` from the first number that it gets, until it is left; then nothing of it stays.

    `about` tells how many there may be, and is asked once. The answer may be old: the bar goes by it only as long as
    what was read is less, and from then on just shows that something moves.
    """

    def __init__(self, console: Console, about: Callable[[], int]) -> None:
        self.about = about
        self.expected = 0
        self.bar: TaskID | None = None
        columns = (TextColumn("reading the words"), BarColumn(bar_width=None), TextColumn("{task.description}"))
        self.progress = Progress(*columns, console=console, transient=True)

    def __enter__(self) -> "Reading":
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def __call__(self, read: int) -> None:
        """So many are read, and there are more."""
        if self.bar is None:
            self.expected = self.about()
            self.bar = self.progress.add_task("", total=None)
            self.progress.start()
        known = self.expected > read
        self.progress.tasks[0].total = self.expected if known else None  # update() cannot take a total away
        words = f"{read:,} of about {self.expected:,}" if known else f"{read:,}"
        self.progress.update(self.bar, completed=read, description=words)
