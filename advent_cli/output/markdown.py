"""Pure: text from outside as GitHub's Markdown, in which it means nothing but itself, and lines within a limit.

In a `<code>` element GitHub makes no mention, reference or emoji of text. A character reference is text to a Markdown
parser, and never a delimiter ("Entity and numeric character references" in the GitHub Flavored Markdown spec): in a
code span, a backslash before a pipe would still end the cell of a table.
"""

import re
from collections.abc import Iterable

from advent_cli.output.control_characters import printable

LONGEST = 300  # characters of a text from outside
SPECIAL = re.compile(r"[^\w ,/()=+-]|_")


def code(text: str, longest: int = LONGEST) -> str:
    """The text on one line as code, cut to `longest` characters."""
    return f"<code>{plain(printable(text, longest)) or ' '}</code>"


def plain(text: str) -> str:
    """The text without a character that Markdown or HTML could take for markup; GitHub still makes mentions of @."""
    return SPECIAL.sub(lambda found: f"&#{ord(found[0])};", text)


def fitting(lines: Iterable[str], room: int, more: str) -> list[str]:
    """The lines that fit in so many characters; if some do not, a last one, in which `{}` is how many are missing."""
    shown: list[str] = []
    lines = [*lines]
    left = room - len(more) - 10
    for number, line in enumerate(lines):
        left -= len(line) + 1
        if left < 0:
            return [*shown, more.format(len(lines) - number)]
        shown.append(line)
    return shown
