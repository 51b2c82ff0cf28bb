"""Pure: a diagram as nodes and edges, independent of its output format."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """The state of a part of the app; the value is for people."""

    OK = "ok"
    MISSING = "missing"
    DIFFERS = "differs"
    ORPHAN = "orphan"
    FOREIGN = "foreign"
    UNKNOWN = "unknown"
    UNMANAGED = "not managed"


@dataclass(frozen=True)
class Node:
    """A resource or an outside service; `state` is None for a service, such as Slack.

    `problems` are the parts of it that are not ok, as in `role missing`; with any, its own state is not ok either.
    """

    id: str
    kind: str
    name: str
    state: State | None = None
    problems: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Kind and name."""
        return f"{self.kind} {self.name}".strip()

    @property
    def caption(self) -> str:
        """The state and the problems in words; empty without a state."""
        return ", ".join([*([self.state.value] if self.state else []), *self.problems])


@dataclass(frozen=True)
class Edge:
    """An arrow between two nodes, by their ids; `problems` are its parts that are not ok, empty if that is unknown."""

    source: str
    target: str
    label: str
    problems: tuple[str, ...] = ()

    @property
    def caption(self) -> str:
        """The label and the problems."""
        return ", ".join(part for part in (self.label, *self.problems) if part)


@dataclass(frozen=True)
class Graph:
    """Nodes, in drawing order, and the edges between them."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def edges_from(self, node: str) -> list[Edge]:
        """The edges that begin at the node."""
        return [edge for edge in self.edges if edge.source == node]

    @property
    def sinks(self) -> set[str]:
        """The ids of the nodes that have edges to them and none from them."""
        return {edge.target for edge in self.edges} - {edge.source for edge in self.edges}

    def ranks(self) -> list[list[Node]]:
        """The nodes in rows, each as high as its edges allow; sinks, and nodes without edges, are in the last row."""
        targets = {edge.target for edge in self.edges}
        last = self.sinks | {node.id for node in self.nodes if not self.edges_from(node.id)}
        rank: dict[str, int] = {}
        for node in (*(n for n in self.nodes if n.id not in targets | last), *self.nodes):  # nodes of a cycle last
            if node.id not in rank and node.id not in last:
                self._rank_from(node.id, rank, last)
        rows = [[node for node in self.nodes if rank.get(node.id) == row] for row in sorted(set(rank.values()))]
        ends = [node for node in self.nodes if node.id in last]
        return [*rows, *([ends] if ends else [])]

    def _rank_from(self, node: str, rank: dict[str, int], last: set[str]) -> None:
        """Rank a node, directly above any ranked target, and then row by row the nodes that it leads to."""
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
    """The values without duplicates, in order."""
    return list(dict.fromkeys(values))
