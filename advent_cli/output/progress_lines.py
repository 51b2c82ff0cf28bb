"""Shows a run line by line, for pipes, logs and dumb terminals: a line for each group, or with -v for each step."""

from rich.console import Console

from advent_cli.deploy.events import Event, Finished, Planned, Stopping
from advent_cli.output.group_progress import PROBLEMS, GroupProgress
from advent_cli.output.group_rows import GLYPHS, WIDTH, Columns, details, glyph, row
from advent_cli.output.labels import KIND_WIDTH, STOPPING, kind_and_name, outcome_words, seconds
from advent_cli.output.problem_lines import Present, ProblemLines
from advent_cli.output.stream import err


class GroupLines:
    """Prints a line when a group has ended, and under it what went wrong.

    `present` removes secrets from an error; with `only_problems`, groups that went well have no line.
    """

    def __init__(self, console: Console, present: Present, *, only_problems: bool = False) -> None:
        self.only_problems = only_problems
        self.console = console
        self.progress = GroupProgress()
        self.problems = ProblemLines(present)
        self.printed: set[str] = set()

    def __enter__(self) -> "GroupLines":
        return self

    def __exit__(self, *_: object) -> None:
        """Every line is already printed."""

    def __call__(self, event: Event) -> None:
        """Print a line if the event ends a group, or the run stops."""
        if isinstance(event, Stopping):
            return err(STOPPING)
        self.progress.note(event)
        if not isinstance(event, Finished):
            return None
        group = self.progress.group_of(event.key)
        outcome = self.progress.outcome(group)
        if group.key in self.printed:  # the step was repeated, because another run is at work
            return details(self.console, self.problems.of(group.steps, {event.key: event}))
        if outcome and self.progress.is_shown(group) and (outcome in PROBLEMS or not self.only_problems):
            self.printed.add(group.key)
            columns = Columns.fitting(self.progress.groups, WIDTH)
            sign = glyph(outcome, self.console.encoding)
            line = row(sign, group, columns, outcome.value, self.progress.seconds(group))
            self.console.print(line, soft_wrap=True)
            details(self.console, self.problems.of(group.steps, self.progress.finished))
        return None


class StepLines:
    """Prints a line when a step ends, and under it what went wrong; the name column is as wide as the longest name."""

    def __init__(self, console: Console, present: Present) -> None:
        self.console = console
        self.problems = ProblemLines(present)
        self.progress = GroupProgress()
        self.width = 0

    def __enter__(self) -> "StepLines":
        return self

    def __exit__(self, *_: object) -> None:
        """Every line is already printed."""

    def __call__(self, event: Event) -> None:
        """Print a line if the event is worth one."""
        if isinstance(event, Planned):
            self.width = max((len(kind_and_name(step.key)[1]) for step in event.steps), default=0)
        if isinstance(event, Stopping):
            return err(STOPPING)
        self.progress.note(event)
        if isinstance(event, Finished):
            kind, name = kind_and_name(event.key)
            sign, time = GLYPHS[event.outcome][1], seconds(event.seconds)
            err(f"  {sign} {kind:{KIND_WIDTH}} {name:{self.width}} {time:>6} {outcome_words(event)}")
            if event.error:
                details(self.console, self.problems.of(self.progress.group_of(event.key).steps, {event.key: event}))
        return None
