"""A graph in Mermaid's language, for wikis that draw it."""

from advent_cli.diagram.graph import Graph, Node, State

SHAPES = {"table": "[({})]", "queue": "[[{}]]", "topic": "{{{{{}}}}}", "": "([{}])"}
PLAIN = " -_./"  # besides letters and digits: what means nothing to Mermaid
COLOURS = {
    State.OK: "#1a7f37",
    State.MISSING: "#cf222e",
    State.DIFFERS: "#9a6700",
    State.LEFTOVER: "#cf222e",
    State.NOT_OURS: "#8250df",
    State.UNKNOWN: "#6e7781",
}


def mermaid(graph: Graph) -> str:
    """A flowchart from top to bottom; the ids are numbers, so that no name can be a word of the language."""
    ids = {node.id: f"n{number}" for number, node in enumerate(graph.nodes)}
    lines = ["flowchart TD"]
    lines += [f"    {ids[node.id]}{_box(node)}" for node in graph.nodes]
    for edge in graph.edges:
        label = f"|{quoted(edge.told)}|" if edge.told else ""
        lines.append(f"    {ids[edge.source]} -->{label} {ids[edge.target]}")
    for state, colour in COLOURS.items():
        if having := [ids[node.id] for node in graph.nodes if node.state is state]:
            name = state.value.replace(" ", "")
            lines.append(f"    classDef {name} stroke:{colour},stroke-width:2px")
            lines.append(f"    class {','.join(having)} {name}")
    return "\n".join(lines) + "\n"


def _box(node: Node) -> str:
    told = f"<br/>{escaped(node.told)}" if node.state else ""
    return SHAPES.get(node.kind, "[{}]").format(f'"{escaped(node.title)}{told}"')


def quoted(text: str) -> str:
    """A text as Mermaid takes any."""
    return f'"{escaped(text)}"'


def escaped(text: str) -> str:
    """All that might mean something to Mermaid, or to the HTML that it makes, as the number of the character."""
    return "".join(c if c in PLAIN or c.isalnum() else f"#{ord(c)};" for c in text)
