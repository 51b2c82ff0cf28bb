"""The progress of a long read: a bar where the total is known, else just the number."""

from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn


class Reading:
    """Draws on `console` from the first call until exit, then erases itself.

    `about` estimates the total and is called once. The estimate may be out of date: once more items are read, the bar
    only shows that the read goes on.
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
        """`read` items have been read, and more follow."""
        if self.bar is None:
            self.expected = self.about()
            self.bar = self.progress.add_task("", total=None)
            self.progress.start()
        known = self.expected > read
        self.progress.tasks[0].total = self.expected if known else None  # update() cannot take a total away
        words = f"{read:,} of about {self.expected:,}" if known else f"{read:,}"
        self.progress.update(self.bar, completed=read, description=words)
