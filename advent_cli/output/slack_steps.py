"""Prints the steps that connect Slack, with a link to click where the terminal can."""

from collections.abc import Iterable

from rich.style import Style
from rich.text import Text

from advent_cli.messages.slack_setup import NEW_APP
from advent_cli.output.group_rows import details
from advent_cli.output.styled_lines import unwrapped_line
from advent_cli.output.terminal import SafeConsole


def show(console: SafeConsole, lines: Iterable[str]) -> None:
    """Print the lines; what a person copies or clicks is never wrapped.

    The link with the manifest is long, so on a terminal it is behind a short one, which opens the same form, but empty:
    there is no way to ask a terminal whether it knows links. Where rich writes no styles, it is printed in full.
    """
    for text in lines:
        link = text.strip()
        if link.startswith(NEW_APP) and console.color_system:
            short = (NEW_APP, Style(underline=True, link=link))
            console.print(Text.assemble(text.removesuffix(link), short), soft_wrap=True)
        elif "https://" in text:
            unwrapped_line(console, text)
        else:
            details(console, [[(text, "")]], indent=0)
