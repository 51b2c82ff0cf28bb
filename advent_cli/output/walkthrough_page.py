"""What is going to be done as a text for the shell: the commands, and all else as comments."""

from rich.console import Console

from advent_cli.deploy.decide import Action
from advent_cli.deploy.walkthrough import Page
from advent_cli.output import summary
from advent_cli.output.stream import harmless


def show(console: Console, page: Page, *, show_settings: bool) -> None:
    """The lines before the first command, then each step with its lines, then the sum; `show_settings` as in a plan."""
    to_do = [(step, lines) for step, lines in page.steps if lines or step.action is not Action.NOTHING]
    for line in page.setup if to_do else ():
        summary.unbroken(console, line)
    for step, lines in to_do:
        summary.unbroken(console)
        for parts in summary.told(step, show_settings=show_settings):
            summary.unbroken(console, "# ", *((harmless(text), style) for text, style in parts))
        for line in lines:
            summary.unbroken(console, "    ", (line, "cyan" if line.startswith("#") else ""))
    summary.unbroken(console)
    summary.unbroken(console, (f"# {summary.summary(step for step, _ in page.steps)}", "bold"))
