"""Renders a graph as a Mermaid flowchart, which many wikis draw."""

from advent_cli.diagram.graph import Graph, Node
from advent_cli.diagram.svg import COLOURS

SHAPES = {"table": "[({})]", "queue": "[[{}]]", "topic": "{{{{{}}}}}", "": "([{}])"}
PLAIN = " -_./"  # with letters and digits, the characters that have no meaning in Mermaid


def mermaid(graph: Graph) -> str:
    """A flowchart from top to bottom; its ids are numbers, because a name could be a Mermaid keyword."""
    ids = {node.id: f"n{number}" for number, node in enumerate(graph.nodes)}
    lines = ["flowchart TD"]
    lines += [f"    {ids[node.id]}{_box(node)}" for node in graph.nodes]
    for edge in graph.edges:
        label = f"|{quoted(edge.caption)}|" if edge.caption else ""
        lines.append(f"    {ids[edge.source]} -->{label} {ids[edge.target]}")
    for state, colour in COLOURS.items():
        if members := [ids[node.id] for node in graph.nodes if node.state is state]:
            name = state.name.lower()
            lines.append(f"    classDef {name} stroke:{colour},stroke-width:2px")
            lines.append(f"    class {','.join(members)} {name}")
    return "\n".join(lines) + "\n"


def _box(node: Node) -> str:
    caption = f"<br/>{escaped(node.caption)}" if node.state else ""
    return SHAPES.get(node.kind, "[{}]").format(f'"{escaped(node.title)}{caption}"')


def quoted(text: str) -> str:
    """A quoted Mermaid string with any text."""
    return f'"{escaped(text)}"'


def escaped(text: str) -> str:
    """The text with a character code for each character that may have a meaning in Mermaid or HTML."""
    return "".join(c if c in PLAIN or c.isalnum() else f"#{ord(c)};" for c in text)
