"""The diagram of an app: it is complete, shows the inspected states, and no name breaks a format."""

import io
import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from advent_cli.aws.connect import offline
from advent_cli.config import config_file
from advent_cli.deploy.decide import Seen, Step
from advent_cli.diagram import from_stack, text_tree
from advent_cli.diagram.graph import Edge, Graph, Node, State
from advent_cli.diagram.layout import HEIGHT, Curve, layout, point_on
from advent_cli.diagram.mermaid import mermaid
from advent_cli.diagram.svg import svg
from advent_cli.errors import AdventError, ForeignError
from advent_cli.output import branches
from advent_cli.stack.build import Stack, build
from tests.conftest import Run
from tests.support.stacks import ROOT

APPS = [ROOT / "config.yaml", *sorted(ROOT.glob("examples/*/config.yaml"))]
OWN = """
stack: own
table: {name: words, key: word}
topics: [first, second, quiet]
api: {name: api}
allow_cycle: true
functions:
  a: {handler: app.handler, subscribes: [first, second], publishes: [first, second], filter: {body: {x: ["<&>"]}}}
  b: {handler: app.handler, publishes: first, table: read}
"""
ODD = "<b>&\"'`|;#[end]{}%% --> \\ \x1b[31m\n🎄"


def stack_of(file: Path) -> Stack:
    settings = config_file.load(file)
    return build(settings, offline(settings.stack))


def steps(stack: Stack, **seen: Seen) -> list[Step]:
    """Steps that are all ok except these, by key with __ for the slash and ___ for a dash."""
    others = {key.replace("___", "-").replace("__", "/"): what for key, what in seen.items()}
    return [Step(key, r.title, r.want(), others.get(key, r.want())) for key, r in stack.resources.items()]


@pytest.fixture
def own(tmp_path: Path) -> Stack:
    """Several topics, a cycle, a filter, no API, a topic without subscribers, and a function that nothing invokes."""
    shutil.copytree(ROOT / "handlers", tmp_path / "handlers")
    (tmp_path / "config.yaml").write_text(OWN)
    return stack_of(tmp_path / "config.yaml")


def drawn(graph: Graph, width: int = 60, encoding: str = "utf-8") -> str:
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    console = Console(file=out, width=width, emoji=False, highlight=False)
    for tree in text_tree.trees(graph, width, branches.arrow(console)):
        branches.show(console, tree)
    out.seek(0)
    return out.read()


def labels(edges: tuple[Edge, ...]) -> set[tuple[str, str, str]]:
    return {(edge.source, edge.label, edge.target) for edge in edges}


def test_the_diagram_of_the_tutorial_is_that_of_the_article() -> None:
    graph = from_stack.build_graph(stack_of(APPS[0]), ())
    multiplier, logger, front = "function/sns_multiplier", "function/sns_logger", "function/aws_advent"
    topic, table, queue = "topic/awsadvent", "table/table", "queue/awsadvent-dlq"
    assert {node.id for node in graph.nodes} == {
        *("client", "api/aws_advent", front, topic, multiplier, logger, table, "logs", queue)
    }
    assert labels(graph.edges) == {
        ("client", "awsadvent ...", "api/aws_advent"),
        ("api/aws_advent", "POST /aws_advent", front),
        (front, "reads, adds to", table),
        (front, "publishes to", topic),
        (topic, "runs", multiplier),
        (topic, "runs", logger),
        (multiplier, "adds to", table),
        *((function, "logs to", "logs") for function in (front, multiplier, logger)),
        (front, "failed publishes", queue),
        (topic, "failed deliveries", queue),
        (multiplier, "failed events", queue),
        (logger, "failed events", queue),
    }
    assert {node.state for node in graph.nodes} == {None, State.UNKNOWN}
    rows = [[node.id for node in row] for row in graph.ranks()]
    assert rows == [["client"], ["api/aws_advent"], [front], [topic], [multiplier, logger], [table, "logs", queue]]


@pytest.mark.parametrize("file", APPS, ids=lambda file: file.parent.name)
def test_every_resource_that_is_not_ok_is_visible(file: Path) -> None:
    """Each resource of the stack is part of the diagram: if it alone differs, so does the diagram."""
    stack = stack_of(file)
    healthy = from_stack.build_graph(stack, steps(stack))
    assert {node.state for node in healthy.nodes} == {None, State.OK}
    for key in stack.resources:
        worse = from_stack.build_graph(stack, steps(stack, **{key: {"other": 1}}))
        assert drawn(worse) != drawn(healthy), key
        assert svg(worse) != svg(healthy), key
        assert "differs" in mermaid(worse), key


def test_states_are_those_of_the_inspection() -> None:
    stack = stack_of(APPS[0])
    foreign = ForeignError("table/table", "table table", "arn")
    seen: dict[str, Seen] = {
        "table/table": foreign,
        "api/aws_advent": AdventError("no"),
        "function/sns_logger": None,
        "subscription/awsadvent to sns_logger": None,
        "role/sns_multiplier_lambda_dynamo": {"other": 1},
        "variable/SNS_TOPIC_ARN on aws_advent": None,
        "log-group//aws/lambda/sns_logger": None,
    }
    orphan = Step("topic/old", "topic old", None, {})
    graph = from_stack.build_graph(stack, [*steps(stack, **seen), orphan])
    states = {node.id: (node.state, node.problems) for node in graph.nodes}
    assert states["table/table"] == (State.FOREIGN, ())
    assert states["api/aws_advent"] == (State.UNKNOWN, ())
    assert states["function/sns_logger"] == (State.MISSING, ())
    assert states["function/sns_multiplier"] == (State.DIFFERS, ("role differs",))
    assert states["logs"] == (None, ())
    assert states["topic/old"] == (State.ORPHAN, ())
    problems = {(edge.source, edge.target): edge.problems for edge in graph.edges if edge.problems}
    assert problems == {("function/aws_advent", "topic/awsadvent"): ("variable missing",)}
    assert "topic old  orphan" in drawn(graph)
    assert "publishes to, variable missing → topic" in drawn(graph, 80)


def test_one_missing_log_group_is_shown_at_its_own_function() -> None:
    stack = stack_of(APPS[0])
    key = "log-group//aws/lambda/sns_logger"
    graph = from_stack.build_graph(stack, steps(stack, **{key: None}))
    problems = {edge.source: edge.problems for edge in graph.edges if edge.problems}
    assert problems == {"function/sns_logger": ("log-group missing",)}
    lines = [line[line.index("logs to") :] for line in drawn(graph, 200).splitlines() if "CloudWatch Logs" in line]
    assert sorted(lines) == ["logs to → CloudWatch Logs"] * 2 + ["logs to, log-group missing → CloudWatch Logs"]
    assert not any("differs" in text for text in (svg(graph), mermaid(graph).split("classDef")[0]))
    nothing = {f"log-group//aws/lambda/{name}": None for name in stack.config.functions}
    graph = from_stack.build_graph(stack, steps(stack, **nothing))
    assert drawn(graph, 200).count("CloudWatch Logs  missing") == 3


def test_cycles_filters_and_unreachable_nodes_are_drawn(own: Stack) -> None:
    graph = from_stack.build_graph(own, ())
    text = drawn(graph)
    assert text.count("function b") == text.count("topic quiet") == 1
    assert 'body match {"x": ["<&>"]}' in drawn(graph, 200)
    assert "function a  unknown (above)" in drawn(graph, 200)
    placed = layout(graph, {node.id: 100.0 for node in graph.nodes})
    assert set(placed.boxes) == {node.id for node in graph.nodes}


def test_a_long_chain_continues_in_a_new_tree_before_it_exceeds_the_width() -> None:
    nodes = tuple(Node(str(n), "function", f"step{n}-{'x' * 50}", State.OK) for n in range(40))
    chain = Graph(nodes, tuple(Edge(str(n), str(n + 1), "runs") for n in range(39)))
    for width in (60, 80, 120):
        lines = drawn(chain, width).splitlines()
        assert max(map(len, lines)) <= width
        assert "(below)" in "".join(lines)
        for node in nodes:
            assert node.name[:8] in "".join(lines)


@pytest.mark.parametrize("file", APPS, ids=lambda file: file.parent.name)
def test_it_fits_a_narrow_terminal_and_an_ascii_encoding(file: Path) -> None:
    graph = from_stack.build_graph(stack_of(file), ())
    for encoding in ("utf-8", "ascii"):
        text = drawn(graph, 60, encoding)
        assert max(map(len, text.splitlines())) <= 60
        flat = re.sub(r"[^\w./-]+", " ", text)
        for node in graph.nodes:
            assert node.title.split()[-1] in flat
    assert "├── " not in text
    assert "+-- " in text


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=25))
def test_any_graph_is_drawn_completely(pairs: list[tuple[int, int]]) -> None:
    nodes = tuple(Node(str(n), "function", f"name{n}", State.OK) for n in range(10))
    graph = Graph(nodes, tuple(Edge(str(a), str(b), f"edge{a}to{b}") for a, b in pairs))
    placed = layout(graph, {node.id: 100.0 for node in nodes})
    assert len(placed.arrows) == len(pairs)
    for edge, curves in zip(graph.edges, placed.arrows, strict=True):
        begin, end = curves[0][0], curves[-1][-1]
        assert abs(begin[0] - placed.boxes[edge.source][0]) <= 50
        assert abs(end[0] - placed.boxes[edge.target][0]) <= 50
    text, image, flowchart = drawn(graph, 120), svg(graph), mermaid(graph)
    for name in [*(node.name for node in nodes), *(edge.label for edge in graph.edges)]:
        assert name in text
        assert name in image
        assert name in flowchart


def odd() -> Graph:
    nodes = tuple(
        Node(str(n), kind, f"{ODD}{n}", State.OK, (ODD,)) for n, kind in enumerate(("", "table", "x", "queue"))
    )
    return Graph(nodes, (Edge("0", "1", ODD, (ODD,)), Edge("0", "2", ""), Edge("2", "3", "x" * 200)))


def test_an_svg_is_well_formed_and_contains_all_names() -> None:
    root = ElementTree.fromstring(svg(odd()))  # noqa: S314 (from this test)
    texts = [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]
    for n in range(4):
        assert any("<b>&\"'`|;#[end]{}%% --> \\ " in text and text.endswith(f"🎄{n}") for text in texts)
    left, _, width, _ = map(float, root.attrib["viewBox"].split())
    for element in root.iter("{http://www.w3.org/2000/svg}text"):
        half = len(element.text or "") * 6 / 2
        assert left <= float(element.attrib["x"]) - half
        assert float(element.attrib["x"]) + half <= left + width
    assert "http" not in svg(odd()).replace("http://www.w3.org/2000/svg", "")
    assert ElementTree.fromstring(svg(Graph((), ()))) is not None  # noqa: S314


@pytest.mark.parametrize("file", APPS, ids=lambda file: file.parent.name)
def test_no_arrow_runs_behind_a_box(file: Path) -> None:
    graph = from_stack.build_graph(stack_of(file), ())
    widths = {node.id: 150.0 for node in graph.nodes}
    placed = layout(graph, widths)

    def inside(curve: Curve, node: str) -> bool:
        x, y = placed.boxes[node]
        points = [point_on(curve, n / 50) for n in range(51)]
        return any(abs(px - x) < widths[node] / 2 and y < py < y + HEIGHT for px, py in points)

    for edge, curves in zip(graph.edges, placed.arrows, strict=True):
        straight = [((a[0], a[1] - HEIGHT), a, a, a) for a, *_ in curves[1:]]  # down its lane
        behind = [node.id for node in graph.nodes for curve in [*curves, *straight] if inside(curve, node.id)]
        assert behind == [], edge


def test_names_are_no_mermaid_syntax() -> None:
    """Each line has one of the few forms that Mermaid's parser has accepted; other characters are escaped."""
    text = r'"(?:[\w \-./]|#\d+;|<br/>)*"'
    node = rf"    n\d+(\[\({text}\)\]|\[\[{text}\]\]|\{{\{{{text}\}}\}}|\(\[{text}\]\)|\[{text}\])"
    edge = rf"    n\d+ -->(\|{text}\|)? n\d+"
    style = r"    classDef \w+ stroke:#[0-9a-f]{6},stroke-width:2px|    class n\d+(,n\d+)* \w+"
    for graph in (odd(), *(from_stack.build_graph(stack_of(file), ()) for file in APPS)):
        head, *lines = mermaid(graph).splitlines()
        assert head == "flowchart TD"
        assert [line for line in lines if not re.fullmatch(f"{node}|{edge}|{style}", line)] == []
        assert len([line for line in lines if re.fullmatch(node, line)]) == len(graph.nodes)
        assert len([line for line in lines if re.fullmatch(edge, line)]) == len(graph.edges)


def test_the_command_draws_known_and_unknown_states(deployed: Stack, advent: Run, tmp_path: Path) -> None:
    text = advent("diagram").stdout
    assert "└── POST /aws_advent → function aws_advent  ok\n" in text
    assert "unknown" not in text
    assert "[(" in advent("diagram", "--format", "mermaid").stdout
    assert ElementTree.fromstring(advent("diagram", "--format", "svg").stdout) is not None  # noqa: S314
    nowhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    away = advent("--target", "aws", "--region", "us-east-1", "diagram", **nowhere)
    assert "note: the states are unknown: AWS cannot be reached" in away.stderr
    assert "function aws_advent  unknown\n" in away.stdout
    assert " ok" not in away.stdout
    stopped = advent("diagram", XDG_STATE_HOME=str(tmp_path))
    assert "note: the states are unknown: the local engine is not running" in stopped.stderr
    assert stopped.stdout == away.stdout
    (tmp_path / "config.yaml").write_text("stack: [\n")
    assert "error" in advent("diagram", code=2).stderr
