"""Prints the findings of `advent doctor`: what is wrong with its hint, and what is well in one line."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from advent_cli.output.control_characters import printable
from advent_cli.output.styled_lines import line

OK = "ok"
STYLES = {"problem": "bold red", "note": "yellow", OK: "green"}  # in the order of the report
MAX_LENGTH = 2000  # characters


def show(console: Console, findings: Sequence[Any], *, details: bool) -> None:
    """Print findings (doctor.findings.Finding): problems, then notes, then those that are ok; each if `details`."""
    by_state = {state: [each for each in findings if each.state.value == state] for state in STYLES}
    fine = by_state[OK]
    for state in STYLES if details else [state for state in STYLES if state != OK]:
        for finding in by_state[state]:
            _finding(console, finding)
    if fine and not details:
        names = ", ".join(finding.check for finding in fine)
        _row(console, OK, f"{len(fine)} check{'s' if len(fine) != 1 else ''}", names)


def _finding(console: Console, finding: Any) -> None:
    _row(console, finding.state.value, finding.check, printable(finding.text, MAX_LENGTH))
    for detail in finding.details:
        line(console, f"    {printable(detail, MAX_LENGTH)}")
    if finding.hint:
        line(console, f"    try: {finding.hint}")


def _row(console: Console, state: str, name: str, text: str) -> None:
    cells = (Text(f"{state:7}", STYLES[state]), Text(f"{name:12}"), Text(text))
    if console.is_terminal:  # wrapped lines stay in their column
        grid = Table.grid(padding=(0, 1))
        for _ in cells:
            grid.add_column(overflow="fold")
        grid.add_row(*cells)
        console.print(grid)
    else:
        line(console, " ".join(cell.plain for cell in cells))
