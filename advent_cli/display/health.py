"""The findings of advent doctor, one a line, each with what to do about it."""

from typing import Any

from rich.console import Console

from advent_cli.display.report import line
from advent_cli.display.text import printable

STYLES = {"ok": "green", "note": "yellow", "problem": "bold red"}
LONGEST = 2000  # characters


def show(console: Console, found: Any) -> None:
    """One finding (doctor.findings.Finding)."""
    state = found.state.value
    line(console, (f"{state:7}", STYLES[state]), f" {found.check:12} {printable(found.text, LONGEST)}")
    for detail in found.details:
        line(console, f"    {printable(detail, LONGEST)}")
    if found.hint:
        line(console, f"    try: {found.hint}")
