"""A graph as a tree of lines: what leads where, with the state of each part; for terminals of any width."""

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from advent_cli.display.text import printable
from advent_cli.graph import Edge, Graph, Node, State

LONGEST = 300  # characters of a name or label, which is folded
INDENT = 4  # columns a level
STYLES = {
    State.OK: "green",
    State.MISSING: "red",
    State.DIFFERS: "yellow",
    State.LEFTOVER: "red",
    State.NOT_OURS: "magenta",
    State.UNKNOWN: "dim",
}


def show(console: Console, graph: Graph) -> None:
    """Draw it; each node with what comes of it stands once, what grows too deep begins anew at the left."""
    _Trees(console, graph).show()


class _Trees:
    def __init__(self, console: Console, graph: Graph) -> None:
        self.console = console
        self.graph = graph
        self.nodes = {node.id: node for node in graph.nodes}
        self.sinks = graph.sinks
        self.drawn: set[str] = set()
        self.later: list[str] = []

    def show(self) -> None:
        """The trees, from the first row of the graph on; at last what none of them has reached."""
        for row in self.graph.ranks():
            for node in row:
                self._root(node.id)

    def _root(self, node: str) -> None:
        self.later.append(node)
        while self.later:
            begin = self.later.pop(0)
            if begin not in self.drawn and not (begin in self.sinks and not self._is_alone(begin)):
                tree = Tree(self._line(self.nodes[begin]), guide_style="dim")
                self._grow(tree, begin, depth=1)
                self.console.print(tree)

    def _is_alone(self, node: str) -> bool:
        return all(edge.target != node for edge in self.graph.edges)

    def _grow(self, tree: Tree, node: str, depth: int) -> None:
        self.drawn.add(node)
        for edge in self.graph.edges_from(node):
            target = self.nodes[edge.target]
            if edge.target in self.sinks:
                tree.add(self._line(target, edge))
            elif edge.target in self.drawn:
                tree.add(self._line(target, edge).append(" (above)", "dim"))
            elif (depth + 2) * INDENT > self.console.width // 2:
                self.later.append(edge.target)
                tree.add(self._line(target, edge).append(" (below)", "dim"))
            else:
                self._grow(tree.add(self._line(target, edge)), edge.target, depth + 1)

    def _line(self, node: Node, edge: Edge | None = None) -> Text:
        """How one gets there, what is there, and how it is."""
        line = Text(overflow="fold")
        if edge and edge.told:
            line.append(printable(edge.label, LONGEST), "dim")
            line.append("".join(f", {trouble}" for trouble in edge.troubles), "red")
            line.append(" → " if self.console.encoding.startswith("utf") else " -> ", "dim")
        line.append(f"{node.kind} " if node.kind else "").append(printable(node.name, LONGEST), "bold")
        if node.state:
            line.append(f"  {node.told}", STYLES[node.state])
        return line
