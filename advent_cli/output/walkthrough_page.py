"""Prints a walkthrough as a shell script: the commands, and everything else as comments."""

from rich.console import Console

from advent_cli.deploy.decide import Action
from advent_cli.deploy.walkthrough import Page
from advent_cli.output import plan_page, styled_lines
from advent_cli.output.control_characters import escape_controls


def show(console: Console, page: Page, *, show_settings: bool) -> None:
    """Print the preamble, each step with its lines, the totals and notes; `show_settings` as in plan_page.show()."""
    to_do = [(step, lines) for step, lines in page.steps if lines or step.action is not Action.NOTHING]
    for line in page.setup if to_do else ():
        styled_lines.unwrapped_line(console, line)
    for step, lines in to_do:
        styled_lines.unwrapped_line(console)
        for parts in plan_page.step_lines(step, show_settings=show_settings):
            styled_lines.unwrapped_line(console, "# ", *((escape_controls(text), style) for text, style in parts))
        for line in lines:
            styled_lines.unwrapped_line(console, "    ", (line, "cyan" if line.startswith("#") else ""))
    styled_lines.unwrapped_line(console)
    styled_lines.unwrapped_line(console, (f"# {plan_page.totals(step for step, _ in page.steps)}", "bold"))
    for note in page.notes:
        styled_lines.unwrapped_line(console, f"# {escape_controls(note)}")
