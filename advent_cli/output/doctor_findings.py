"""Prints the findings of `advent doctor`, one per line, each with its hint."""

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from advent_cli.output.control_characters import printable
from advent_cli.output.styled_lines import line

STYLES = {"ok": "green", "note": "yellow", "problem": "bold red"}
MAX_LENGTH = 2000  # characters


def show(console: Console, finding: Any) -> None:
    """Print one finding (doctor.findings.Finding)."""
    state = finding.state.value
    cells = (Text(f"{state:7}", STYLES[state]), Text(f"{finding.check:12}"), Text(printable(finding.text, MAX_LENGTH)))
    if console.is_terminal:  # wrapped lines stay in their column
        grid = Table.grid(padding=(0, 1))
        for _ in cells:
            grid.add_column(overflow="fold")
        grid.add_row(*cells)
        console.print(grid)
    else:
        line(console, " ".join(cell.plain for cell in cells))
    for detail in finding.details:
        line(console, f"    {printable(detail, MAX_LENGTH)}")
    if finding.hint:
        line(console, f"    try: {finding.hint}")
