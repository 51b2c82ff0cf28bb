"""Trees of styled lines."""

from __future__ import annotations

from dataclasses import dataclass, field

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

Parts = list[tuple[str, str]]
"""The parts of a line: text and style, which may be empty."""


@dataclass
class Branch:
    """A line and the branches under it."""

    parts: Parts
    branches: list[Branch] = field(default_factory=list)


def arrow(console: Console) -> str:
    """An arrow in the console's encoding."""
    return " → " if console.encoding.startswith("utf") else " -> "


def show(console: Console, branch: Branch) -> None:
    """Print a tree; long lines are folded."""
    tree = Tree(_line(branch), guide_style="dim")
    _add_branches(tree, branch)
    console.print(tree)


def _add_branches(tree: Tree, branch: Branch) -> None:
    for child in branch.branches:
        _add_branches(tree.add(_line(child)), child)


def _line(branch: Branch) -> Text:
    return Text.assemble(*branch.parts, overflow="fold")
