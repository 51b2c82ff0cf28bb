"""Prints a line for each step when it ends: for pipes, logs and dumb terminals."""

from advent_cli.deploy.events import Event, Finished, Planned, Stopping
from advent_cli.output.labels import GLYPHS, KIND_WIDTH, STOPPING, kind_and_name, outcome_words, seconds
from advent_cli.output.stream import err


class Plain:
    """Prints to stderr; the name column is as wide as the longest name."""

    def __init__(self) -> None:
        self.width = 0

    def __enter__(self) -> "Plain":
        return self

    def __exit__(self, *_: object) -> None:
        """Every line is already printed."""

    def __call__(self, event: Event) -> None:
        """Print a line if the event is worth one."""
        if isinstance(event, Planned):
            self.width = max((len(kind_and_name(step.key)[1]) for step in event.steps), default=0)
        elif isinstance(event, Stopping):
            err(STOPPING)
        elif isinstance(event, Finished):
            kind, name = kind_and_name(event.key)
            glyph, time = GLYPHS[event.outcome][0], seconds(event.seconds)
            err(f"{glyph} {kind:{KIND_WIDTH}} {name:{self.width}} {time:>6} {outcome_words(event)}")
