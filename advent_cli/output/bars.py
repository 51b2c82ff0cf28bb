"""Words and their counts as a bar chart."""

from collections.abc import Mapping

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from advent_cli.output.control_characters import printable

MAX_WORD, MAX_LINE, MIN_BAR, CHANGE = 40, 48, 5, 5  # columns
MARGIN = 2  # columns, for the caller's indent


def bars(console: Console, top: list[tuple[str, int]], changes: Mapping[str, int] | None = None) -> list[Text]:
    """A line for each word; `changes` adds a column with the change of each count."""
    if not top:
        return []
    digits = max(len(str(number)) for _, number in top)
    deltas = {word: f"{changes[word]:+}" if changes and changes.get(word) else "" for word, _ in top}
    column = max(CHANGE, *map(len, deltas.values())) + 1 if changes is not None else 0
    available = min(console.width - MARGIN, MAX_LINE) - digits - column - 2
    names = {word: printable(word, MAX_WORD) for word, _ in top}
    width = min(max(map(cell_len, names.values())), max(MIN_BAR, available - MIN_BAR))
    highest = max(number for _, number in top)
    full = "#" if console.encoding.lower().startswith(("ascii", "cp", "latin", "iso")) else "█"
    lines = []
    for word, number in top:
        length = max(1, round(max(MIN_BAR, available - width) * number / highest)) if highest > 0 else 1
        start = f"{set_cell_size(names[word], width)} {number:>{digits}}"
        lines.append(Text.assemble(start, (f"{deltas[word]:>{column}}", "green"), " ", (full * length, "cyan")))
    return lines
