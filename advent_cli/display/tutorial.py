"""What is going to be done as a text for the shell: the commands, and all else as comments."""

from collections.abc import Iterable

from rich.console import Console

from advent_cli.display import report
from advent_cli.display.text import harmless
from advent_cli.plan import Action, Step


def show(
    console: Console, before: Iterable[str], steps: Iterable[tuple[Step, list[str]]], *, show_settings: bool
) -> None:
    """The lines before the first command, then each step with its lines, then the sum; `show_settings` as in a plan."""
    steps = list(steps)
    to_do = [(step, lines) for step, lines in steps if lines or step.action is not Action.NOTHING]
    for line in before if to_do else ():
        report.unbroken(console, line)
    for step, lines in to_do:
        report.unbroken(console)
        for parts in report.told(step, show_settings=show_settings):
            report.unbroken(console, "# ", *((harmless(text), style) for text, style in parts))
        for line in lines:
            report.unbroken(console, "    ", (line, "cyan" if line.startswith("#") else ""))
    report.unbroken(console)
    report.unbroken(console, (f"# {report.summary(step for step, _ in steps)}", "bold"))
