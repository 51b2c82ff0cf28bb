"""Places the boxes and arrows of a graph: boxes in rows from top to bottom, and lanes for arrows beside them.

An arrow that skips rows passes each of them in a lane, one per target, so that no arrow down runs behind a box. An
arrow up, or within a row, bends out to the right.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from advent_cli.diagram.graph import Edge, Graph

HEIGHT, GAP, LANE, ROW, MARGIN, BOW = 46, 36, 14, 150, 24, 120  # pixels; ROW is the distance between the tops of rows

Point = tuple[float, float]
Curve = tuple[Point, Point, Point, Point]
"""A cubic Bezier curve: its start, two control points, and its end."""


@dataclass(frozen=True)
class Layout:
    """The size of the image, the top center of each box by node id, and the arrows in the order of the edges.

    An arrow is one or more curves, each starting straight below the end of the previous one.
    """

    width: float
    height: float
    boxes: dict[str, Point]
    arrows: list[list[Curve]]


def layout(graph: Graph, widths: Mapping[str, float]) -> Layout:
    """Place the nodes, given the widths of their boxes, and the edges."""
    rows = [[node.id for node in row] for row in graph.ranks()]
    row_of = {node: number for number, row in enumerate(rows) for node in row}
    lanes = [_lanes(graph, rows, row_of, number) for number in range(len(rows))]
    ordered = [[*left, *row, *right] for row, (left, right) in zip(rows, lanes, strict=True)]
    spans = [sum(widths.get(item, LANE) + GAP for item in row) - GAP for row in ordered]
    width = max(spans, default=0) + 2 * MARGIN
    places: dict[tuple[str, int], Point] = {}
    for number, (row, span) in enumerate(zip(ordered, spans, strict=True)):
        x = (width - span) / 2
        for item in row:
            size = widths.get(item, LANE)
            places[item, number] = (x + size / 2, MARGIN + number * ROW)
            x += size + GAP
    boxes = {node: places[node, number] for node, number in row_of.items()}
    arrows = [
        _down(edge, row_of, places)
        if row_of[edge.source] < row_of[edge.target]
        else [_up(boxes[edge.source], widths[edge.source], boxes[edge.target], widths[edge.target])]
        for edge in graph.edges
    ]
    width += BOW if any(row_of[edge.source] >= row_of[edge.target] for edge in graph.edges) else 0
    return Layout(width, max(0, len(rows) - 1) * ROW + HEIGHT + 2 * MARGIN, boxes, arrows)


def _lane(node: str) -> str:
    """The id of the lanes to a node, different from any node's id."""
    return f"to {node}"


def _lanes(graph: Graph, rows: list[list[str]], row_of: dict[str, int], number: int) -> tuple[list[str], list[str]]:
    """The lanes through a row, on its left and on its right, in the order of their targets."""
    passing = {edge.target for edge in graph.edges if row_of[edge.source] < number < row_of[edge.target]}
    ends = [node for row in rows for node in row if node in passing]
    middle = (len(ends) + 1) // 2
    return [_lane(node) for node in ends[:middle]], [_lane(node) for node in ends[middle:]]


def _down(edge: Edge, row_of: dict[str, int], places: Mapping[tuple[str, int], Point]) -> list[Curve]:
    """An arrow from the bottom of a box, through the lanes, to the top of another."""
    first, last = row_of[edge.source], row_of[edge.target]
    stops = [places[_lane(edge.target), row] for row in range(first + 1, last)] + [places[edge.target, last]]
    curves = []
    x, y = places[edge.source, first]
    for end in stops:
        begin = (x, y + HEIGHT)
        bend = (end[1] - begin[1]) / 2
        curves.append((begin, (begin[0], begin[1] + bend), (end[0], end[1] - bend), end))
        x, y = end
    return curves


def _up(source: Point, source_width: float, target: Point, target_width: float) -> Curve:
    """An arrow from the right side of a box to the right side of another, or of the same box."""
    begin = (source[0] + source_width / 2, source[1] + HEIGHT * 2 / 3)
    end = (target[0] + target_width / 2, target[1] + HEIGHT / 3)
    right = max(begin[0], end[0]) + BOW
    return (begin, (right, begin[1]), (right, end[1]), end)


def point_on(curve: Curve, t: float) -> Point:
    """The point of a curve at `t`, from 0 at its start to 1 at its end."""
    s = 1 - t
    weights = (s**3, 3 * s * s * t, 3 * s * t * t, t**3)
    x, y = (sum(w * point[axis] for w, point in zip(weights, curve, strict=True)) for axis in (0, 1))
    return x, y
