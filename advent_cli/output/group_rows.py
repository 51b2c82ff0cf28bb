"""The rows of groups, which the screens of `up`, `down` and `plan` share, and what is indented under them."""

from collections.abc import Iterable
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from advent_cli.deploy.events import Outcome
from advent_cli.output.branches import Parts
from advent_cli.output.groups import Group, title_width
from advent_cli.output.labels import seconds
from advent_cli.output.styled_lines import complete

MARGIN, STATE, TIME = 2, 9, 7  # columns
NARROW = 72  # columns; a terminal with fewer has no room for the state
WIDTH = 80  # columns, where no terminal sets them
WIDEST_SUBJECT = 60  # columns
DETAIL = 6  # columns before what is under a row
GLYPHS = {
    Outcome.CREATED: ("✔", "+", "green"),
    Outcome.UPDATED: ("✔", "~", "green"),
    Outcome.ATTACHED: ("✔", "+", "green"),
    Outcome.DELETED: ("✔", "-", "green"),
    Outcome.UNCHANGED: ("✔", "=", "dim"),
    Outcome.ABSENT: ("✔", "=", "dim"),
    Outcome.LEFT: ("!", "!", "magenta"),
    Outcome.FAILED: ("✘", "x", "bold red"),
    Outcome.SKIPPED: (".", ".", "yellow"),
}


def glyph(outcome: Outcome, encoding: str) -> tuple[str, str]:
    """The sign of an outcome in this encoding, and its style."""
    in_unicode, in_ascii, style = GLYPHS[outcome]
    return in_unicode if encoding.lower().startswith("utf") else in_ascii, style


def mark(console: Console, *, is_good: bool) -> tuple[str, str]:
    """The sign before a sentence that says that all is well, or not, with its style."""
    return glyph(Outcome.CREATED if is_good else Outcome.FAILED, console.encoding)


@dataclass(frozen=True)
class Columns:
    """How wide the title and the subject are, and whether there is a column for the state."""

    title: int
    subject: int
    has_state: bool = True

    @classmethod
    def fitting(cls, groups: list[Group], width: int, *, has_state: bool = True) -> "Columns":
        """The columns for these groups on a terminal of this width."""
        title, rest = title_width(groups), (STATE + 1 if width >= NARROW else 0) + TIME  # the same on every screen
        available = max(8, min(WIDEST_SUBJECT, width - MARGIN - 2 - title - 2 - rest))
        widest = max((cell_len(group.subject(available)) for group in groups), default=0)
        return cls(title, min(available, widest), has_state and width >= NARROW)


def row(
    sign: tuple[str, str], group: Group, columns: Columns, state: str = "", took: float = 0, *, name_only: bool = False
) -> Text:
    """A line: the sign with its style, the group's title and subject or name, its state and how long it took."""
    text = Text(" " * MARGIN)
    text.append(f"{sign[0]} ", sign[1])
    text.append(f"{set_cell_size(group.title, columns.title)}  ")
    subject = group.name if name_only else group.subject(columns.subject)
    text.append(group.name, "bold").append(subject.removeprefix(group.name))
    text.append(" " * max(0, columns.subject - cell_len(subject)))
    if columns.has_state:
        text.append(f"  {state:{STATE - 1}}", sign[1])
    text.append(f"{seconds(took):>{TIME}}", "dim")
    text.rstrip()
    return text


def details(console: Console, lines: Iterable[Parts], indent: int = DETAIL) -> None:
    """Print lines under a row: a terminal wraps them between words, a pipe never does."""
    for parts in lines:
        text = Text.assemble(*complete(console, parts))
        if console.is_terminal:
            own = len(text.plain) - len(text.plain.lstrip(" "))
            console.print(Padding(text[own:], (0, 0, 0, indent + own)))
        else:
            console.print(Text(" " * indent).append_text(text), soft_wrap=True)
