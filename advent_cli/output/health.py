"""The findings of advent doctor, one a line, each with what to do about it."""

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from advent_cli.output.stream import printable
from advent_cli.output.summary import line

STYLES = {"ok": "green", "note": "yellow", "problem": "bold red"}
LONGEST = 2000  # characters


def show(console: Console, found: Any) -> None:
    """One finding (doctor.findings.Finding)."""
    state = found.state.value
    cells = (Text(f"{state:7}", STYLES[state]), Text(f"{found.check:12}"), Text(printable(found.text, LONGEST)))
    if console.is_terminal:  # what does not fit stands under itself
        grid = Table.grid(padding=(0, 1))
        for _ in cells:
            grid.add_column(overflow="fold")
        grid.add_row(*cells)
        console.print(grid)
    else:
        line(console, " ".join(cell.plain for cell in cells))
    for detail in found.details:
        line(console, f"    {printable(detail, LONGEST)}")
    if found.hint:
        line(console, f"    try: {found.hint}")
