"""Pure: a picture as nodes and edges, whatever draws it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """How a part of the app is; the value is the word for it."""

    OK = "ok"
    MISSING = "missing"
    DIFFERS = "differs"
    LEFTOVER = "leftover"
    NOT_OURS = "not ours"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Node:
    """A thing with its kind and name; `state` is None for what is none of ours, as Slack.

    `troubles` tells of what belongs to it and is not ok, as in `role r missing`; then it is not ok itself.
    """

    id: str
    kind: str
    name: str
    state: State | None = None
    troubles: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Kind and name."""
        return f"{self.kind} {self.name}".strip()

    @property
    def told(self) -> str:
        """The state in words, with the troubles; nothing where there is no state."""
        return ", ".join([*([self.state.value] if self.state else []), *self.troubles])


@dataclass(frozen=True)
class Edge:
    """What goes from one node to another, by their ids; `troubles` as of a node, none if all is well or unknown."""

    source: str
    target: str
    label: str
    troubles: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """The label, with the troubles."""
        return ", ".join(part for part in (self.label, *self.troubles) if part)


@dataclass(frozen=True)
class Graph:
    """Nodes in the order of drawing, and edges between them."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def edges_from(self, node: str) -> list[Edge]:
        """The edges that begin there."""
        return [edge for edge in self.edges if edge.source == node]

    @property
    def sinks(self) -> set[str]:
        """The ids of those where something ends, and nothing begins."""
        return {edge.target for edge in self.edges} - {edge.source for edge in self.edges}

    def ranks(self) -> list[list[Node]]:
        """The nodes in rows, each as near to the first as its edges allow; the sinks, and what has no edge, last."""
        targets = {edge.target for edge in self.edges}
        last = self.sinks | {node.id for node in self.nodes if not self.edges_from(node.id)}
        rank: dict[str, int] = {}
        for node in (*(n for n in self.nodes if n.id not in targets | last), *self.nodes):  # those of a circle at last
            if node.id not in rank and node.id not in last:
                self._rank_from(node.id, rank, last)
        rows = [[node for node in self.nodes if rank.get(node.id) == row] for row in sorted(set(rank.values()))]
        ends = [node for node in self.nodes if node.id in last]
        return [*rows, *([ends] if ends else [])]

    def _rank_from(self, node: str, rank: dict[str, int], last: set[str]) -> None:
        """Rank a node, right above what it leads to if that has a rank already, and row by row all that it leads to."""
        number = max(
            0, min((rank[edge.target] for edge in self.edges_from(node) if edge.target in rank), default=1) - 1
        )
        row = [node]
        while row:
            rank |= dict.fromkeys(row, number)
            number += 1
            targets = (edge.target for node in row for edge in self.edges_from(node))
            row = unique(target for target in targets if target not in {*rank, *last})


def unique(values: Iterable[str]) -> list[str]:
    """Each value once, in order."""
    return list(dict.fromkeys(values))
