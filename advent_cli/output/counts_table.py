"""A small table of words and their counts, with a column for each function that counted."""

from collections.abc import Iterable, Mapping

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from advent_cli.output.control_characters import escape_controls

MAX_WIDTH, MAX_NAME, MIN_WORD, INDENT, GAP = 60, 18, 8, 2, 2  # columns
MAX_ROWS = 10
TITLE = "counts after"


def table(columns: Mapping[str, Mapping[str, int]], width: int = MAX_WIDTH) -> list[Text]:
    """The counts that each function left, as lines: a row for each word, as many as are worth the space."""
    words = list(dict.fromkeys(word for counts in columns.values() for word in counts))
    shown = words[:MAX_ROWS]
    cells = {name: [str(counts.get(word, "")) for word in shown] for name, counts in columns.items()}
    width = min(width, MAX_WIDTH) - INDENT
    longest = max(1, min(MAX_NAME, (width - MIN_WORD) // len(columns) - GAP))
    heads = {name: _cut(name, longest) for name in columns}
    sizes = {name: max(map(cell_len, [heads[name], *cells[name]])) for name in columns}
    room = max(width - sum(size + GAP for size in sizes.values()), 1)
    words_shown = [_cut(word, room) for word in shown]
    first = max(map(cell_len, [TITLE[:room], *words_shown]))

    def row(word: str, numbers: Iterable[str]) -> str:
        aligned = (_right(number, size + GAP) for number, size in zip(numbers, sizes.values(), strict=True))
        return f"{'':{INDENT}}{set_cell_size(word, first)}{''.join(aligned)}"

    lines = [Text(row(TITLE[:room], heads.values()), "dim")]
    lines += [Text(row(word, numbers)) for word, *numbers in zip(words_shown, *cells.values(), strict=True)]
    if words[MAX_ROWS:]:
        lines.append(Text(f"{'':{INDENT}}and {len(words) - MAX_ROWS} more", "dim"))
    return lines


def _cut(text: str, columns: int) -> str:
    """The text on one line, in at most so many columns."""
    shown = escape_controls(text)
    return shown if cell_len(shown) <= columns else f"{set_cell_size(shown, columns - 1)}…"


def _right(text: str, columns: int) -> str:
    return " " * (columns - cell_len(text)) + text
