"""Words with their counts as bars."""

from collections.abc import Mapping

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from advent_cli.output.stream import printable

LONGEST_WORD, LONGEST_LINE, SHORTEST_BAR, CHANGE = 40, 120, 5, 5  # columns


def bars(console: Console, top: list[tuple[str, int]], changes: Mapping[str, int] | None = None) -> list[Text]:
    """A line for each word; given `changes`, with how much the count of each has changed, if it has."""
    if not top:
        return []
    digits = max(len(str(number)) for _, number in top)
    told = {word: f"{changes[word]:+}" if changes and changes.get(word) else "" for word, _ in top}
    column = max(CHANGE, *map(len, told.values())) + 1 if changes is not None else 0
    room = min(console.width, LONGEST_LINE) - digits - column - 2
    names = {word: printable(word, LONGEST_WORD) for word, _ in top}
    width = min(max(map(cell_len, names.values())), max(SHORTEST_BAR, room - SHORTEST_BAR))
    highest = max(number for _, number in top)
    full = "#" if console.encoding.lower().startswith(("ascii", "cp", "latin", "iso")) else "█"
    lines = []
    for word, number in top:
        length = max(1, round(max(SHORTEST_BAR, room - width) * number / highest)) if highest > 0 else 1
        start = f"{set_cell_size(names[word], width)} {number:>{digits}}"
        lines.append(Text.assemble(start, (f"{told[word]:>{column}}", "green"), " ", (full * length, "cyan")))
    return lines
