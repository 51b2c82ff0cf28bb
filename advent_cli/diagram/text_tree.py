"""Renders a graph as text trees, with the state of each part, for terminals of any width."""

from collections.abc import Iterator

from advent_cli.diagram.graph import Edge, Graph, Node, State
from advent_cli.output.branches import Branch, Parts
from advent_cli.output.control_characters import printable

LONGEST = 300  # characters of a name or label; a longer one is cut
INDENT = 4  # columns per level
STYLES = {
    State.OK: "green",
    State.MISSING: "red",
    State.DIFFERS: "yellow",
    State.ORPHAN: "red",
    State.FOREIGN: "magenta",
    State.UNKNOWN: "dim",
    State.UNMANAGED: "dim",
}


def trees(graph: Graph, width: int, arrow: str) -> Iterator[Branch]:
    """The trees, from the graph's first row on; nodes that no other tree reaches come last.

    Each node appears once with its branches. A branch too deep for the `width` continues as a new tree at the left.
    """
    builder = _Trees(graph, width, arrow)
    for row in graph.ranks():
        for node in row:
            yield from builder.from_node(node.id)


class _Trees:
    def __init__(self, graph: Graph, width: int, arrow: str) -> None:
        self.graph = graph
        self.width = width
        self.arrow = arrow
        self.nodes = {node.id: node for node in graph.nodes}
        self.sinks = graph.sinks
        self.drawn: set[str] = set()

    def from_node(self, node: str) -> Iterator[Branch]:
        """The tree that starts at a node, and the trees in which its deepest branches continue."""
        later = [node]
        while later:
            begin = later.pop(0)
            if begin not in self.drawn and not (begin in self.sinks and not self._is_alone(begin)):
                tree = Branch(self._line(self.nodes[begin]))
                self._grow(tree, begin, later, depth=1)
                yield tree

    def _is_alone(self, node: str) -> bool:
        return all(edge.target != node for edge in self.graph.edges)

    def _grow(self, tree: Branch, node: str, later: list[str], depth: int) -> None:
        self.drawn.add(node)
        for edge in self.graph.edges_from(node):
            branch = Branch(self._line(self.nodes[edge.target], edge))
            tree.branches.append(branch)
            if edge.target in self.sinks:
                continue
            if edge.target in self.drawn:
                branch.parts.append((" (above)", "dim"))
            elif (depth + 2) * INDENT > self.width // 2:
                later.append(edge.target)
                branch.parts.append((" (below)", "dim"))
            else:
                self._grow(branch, edge.target, later, depth + 1)

    def _line(self, node: Node, edge: Edge | None = None) -> Parts:
        """The edge's caption, and the node's kind, name and caption."""
        parts = []
        if edge and edge.caption:
            parts.append((printable(edge.label, LONGEST), "dim"))
            parts.append(("".join(f", {problem}" for problem in edge.problems), "red"))
            parts.append((self.arrow, "dim"))
        parts += [(f"{node.kind} " if node.kind else "", ""), (printable(node.name, LONGEST), "bold")]
        if node.state:
            parts.append((f"  {node.caption}", STYLES[node.state]))
        return parts
