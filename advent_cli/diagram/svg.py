"""Renders a graph as an SVG image with its own background, which suits light and dark pages."""

from xml.sax.saxutils import escape

from advent_cli.diagram.graph import Edge, Graph, Node, State
from advent_cli.diagram.layout import HEIGHT, Curve, Point, layout, point_on

CHARACTER, SHORTEST = 7.3, 90  # pixels: the width of a character in this font, and the least width of a box
INK, LINE, BACKGROUND = "#1f2328", "#6e7781", "#ffffff"
COLOURS = {
    State.OK: "#1a7f37",
    State.MISSING: "#cf222e",
    State.DIFFERS: "#9a6700",
    State.ORPHAN: "#cf222e",
    State.FOREIGN: "#8250df",
    State.UNKNOWN: "#6e7781",
    State.UNMANAGED: "#6e7781",
}


def svg(graph: Graph) -> str:
    """A complete SVG document."""
    widths = {node.id: max(SHORTEST, (max(map(len, _lines(node))) + 3) * CHARACTER) for node in graph.nodes}
    placed = layout(graph, widths)
    points = [point_on(curves[0], _place(graph, edge)) for edge, curves in zip(graph.edges, placed.arrows, strict=True)]
    labeled = list(zip(graph.edges, points, strict=True))
    arrows = [_arrow(curves) for curves in placed.arrows]
    labels = [_label(edge, point) for edge, point in labeled if edge.caption]
    boxes = [_box(node, placed.boxes[node.id], widths[node.id]) for node in graph.nodes]
    # A long label may extend beyond the boxes.
    left = min([0.0, *(x - len(edge.caption) * CHARACTER / 2 for edge, (x, _) in labeled)])
    right = max([placed.width, *(x + len(edge.caption) * CHARACTER / 2 for edge, (x, _) in labeled)])
    return "\n".join([*_head(left, right - left, placed.height), *arrows, *labels, *boxes, "</svg>", ""])


def _head(left: float, width: float, height: float) -> list[str]:
    size = f"width='{width:.0f}' height='{height:.0f}'"
    return [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='{left:.0f} 0 {width:.0f} {height:.0f}' {size}"
        f" role='img' font-family='monospace' font-size='12'>",
        f"<defs><marker id='end' viewBox='0 0 8 8' refX='8' refY='4' markerWidth='8' markerHeight='8' orient='auto'>"
        f"<path d='M0 0 8 4 0 8z' fill='{LINE}'/></marker></defs>",
        f"<rect x='{left:.0f}' {size} rx='8' fill='{BACKGROUND}'/>",
    ]


def _lines(node: Node) -> list[str]:
    return [node.title, *([node.caption] if node.state else [])]


def _box(node: Node, top: Point, width: float) -> str:
    x, y = top
    colour = COLOURS[node.state] if node.state else INK
    lines = _lines(node)
    first = y + HEIGHT / 2 + (4 if len(lines) == 1 else -4)
    texts = [
        f"<text x='{x:.0f}' y='{first + 16 * number:.0f}' text-anchor='middle' fill='{(INK, colour)[number]}'>"
        f"{_escaped(line)}</text>"
        for number, line in enumerate(lines)
    ]
    box = f"<rect x='{x - width / 2:.0f}' y='{y:.0f}' width='{width:.0f}' height='{HEIGHT}' rx='6'"
    return f"{box} fill='{BACKGROUND}' stroke='{colour}' stroke-width='2'/>{''.join(texts)}"


def _arrow(curves: list[Curve]) -> str:
    path = "".join(
        f"{'L' if number else 'M'}{a:.0f} {b:.0f}C{c:.0f} {d:.0f} {e:.0f} {f:.0f} {g:.0f} {h:.0f}"
        for number, ((a, b), (c, d), (e, f), (g, h)) in enumerate(curves)
    )
    return f"<path d='{path}' fill='none' stroke='{LINE}' marker-end='url(#end)'/>"


def _place(graph: Graph, edge: Edge) -> float:
    """Where on its arrow a label is, from 0 to 1: arrows from one box have their labels at different heights."""
    siblings = graph.edges_from(edge.source)
    return (siblings.index(edge) + 1) / (len(siblings) + 1)


def _label(edge: Edge, point: Point) -> str:
    x, y = point
    colour = COLOURS[State.MISSING] if edge.problems else INK
    halo = f"paint-order='stroke' stroke='{BACKGROUND}' stroke-width='4'"
    text = f"<text x='{x:.0f}' y='{y + 3:.0f}' text-anchor='middle' font-size='10' fill='{colour}' {halo}>"
    return f"{text}{_escaped(edge.caption)}</text>"


def _escaped(text: str) -> str:
    """The text escaped for XML, which does not allow control characters even when escaped."""
    return escape("".join(c if c.isprintable() else "\ufffd" for c in text))
