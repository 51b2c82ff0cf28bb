"""Trees of styled lines, whatever they show."""

from __future__ import annotations

from dataclasses import dataclass, field

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

Parts = list[tuple[str, str]]
"""The parts of a line, each with its style, which may be none."""


@dataclass
class Branch:
    """A line, and what grows from it."""

    parts: Parts
    branches: list[Branch] = field(default_factory=list)


def arrow(console: Console) -> str:
    """An arrow that the console can show."""
    return " → " if console.encoding.startswith("utf") else " -> "


def show(console: Console, branch: Branch) -> None:
    """Draw a tree; lines that are too long are folded."""
    tree = Tree(_line(branch), guide_style="dim")
    _grow(tree, branch)
    console.print(tree)


def _grow(tree: Tree, branch: Branch) -> None:
    for above in branch.branches:
        _grow(tree.add(_line(above)), above)


def _line(branch: Branch) -> Text:
    return Text.assemble(*branch.parts, overflow="fold")
