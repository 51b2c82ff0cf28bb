"""The nodes of a YAML file, the positions of aliases, which PyYAML's nodes do not show, and the problems of a node."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from advent_cli.config.problems import must_be

Place = tuple[int, int]  # the ids of a node's parent and of its key there, or its number
Aliases = dict[Place, tuple[yaml.Mark, str]]
STANDARD = "tag:yaml.org,2002:"
TEXTS = {f"{STANDARD}str", f"{STANDARD}null"}
MAX_SCALAR = 100  # characters of a value other than text; YAML would take long to compute 59:59:59 and so on
# The tags that a scalar without one can resolve to:
KNOWN = {*yaml.SafeLoader.yaml_constructors, f"{STANDARD}value", f"{STANDARD}merge"}
WHOLE, FRACTION = re.compile(r"-?(0|[1-9][0-9]*)"), re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+")
# Numbers in YAML 1.2, but text in 1.1:
ONLY_IN_YAML_1_2 = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)[eE][-+]?[0-9]+|0o[0-7]+")
NEEDS_QUOTES = "put it in quotes, because YAML does not read it as text"


def compose(content: bytes) -> tuple[yaml.Node | None, Aliases]:
    """The root node, or None for an empty file; and each alias by its place, with its position and name."""
    loader = _Loader(content)
    return loader.get_single_node(), loader.aliases


def children(node: yaml.Node) -> Iterator[tuple[Place, yaml.Node]]:
    """The nodes in a list or a mapping, keys included, each with its place."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield _place(node, None), key
            yield _place(node, key), value
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield _place(node, number), value


def describe(node: yaml.Node) -> str:
    """What the file says there, shortened."""
    if isinstance(node, yaml.ScalarNode):
        if node.tag.endswith(":null"):
            return "empty"
        text = node.value if len(node.value) <= 60 else node.value[:57] + "..."
        return repr(text)
    return "a list" if isinstance(node, yaml.SequenceNode) else "a group of settings"


def without_quotes(node: yaml.Node) -> yaml.ScalarNode | None:
    """The node as YAML would read it without its quotes; None if it has none."""
    if not isinstance(node, yaml.ScalarNode) or node.style not in ("'", '"'):
        return None
    tag = yaml.SafeLoader("").resolve(yaml.ScalarNode, node.value, (True, False))  # type: ignore[no-untyped-call]
    return yaml.ScalarNode(tag, node.value, node.start_mark, node.end_mark)


def problems(node: yaml.Node) -> Iterator[tuple[yaml.Node, str]]:
    """The problems of a node in a value of any type, each with the node that has it.

    Checks the keys of a mapping, but no other children.
    """
    if isinstance(node, yaml.ScalarNode):
        yield from _scalar_problems(node)
    elif node.tag not in (f"{STANDARD}map", f"{STANDARD}seq") or node.tag.endswith("map") != _is_mapping(node):
        yield node, f"the tag {_short(node.tag)} is not allowed here"
    elif _is_mapping(node):
        names = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == f"{STANDARD}merge":
                yield key, must_be("a plain name before the colon", describe(key))
            elif key.tag != f"{STANDARD}str":
                yield key, f"{must_be('a name', describe(key))}; {NEEDS_QUOTES}"
            elif (key.tag, key.value) in names:
                yield key, f"{describe(key)} is set twice"
            names.add((key.tag, key.value))


def _scalar_problems(node: yaml.ScalarNode) -> Iterator[tuple[yaml.Node, str]]:
    if node.tag not in TEXTS and len(node.value) > MAX_SCALAR:
        yield node, must_be("text in quotes or a shorter number", describe(node))
    elif node.tag not in KNOWN:
        yield node, f"the tag {_short(node.tag)} is not allowed here"
    elif not _is_as_written(node):
        yield node, must_be("text in quotes, a plain number, true, false or null", describe(node))


def _is_as_written(node: yaml.ScalarNode) -> bool:
    """Whether YAML 1.1, which PyYAML reads, takes the value for what it looks like.

    It takes `no` for false, 010 for 8, 1:30 for 90, 1_0 for 10 and 2026-01-01 for a date, but 1e3 for text.
    """
    text, kind = node.value, node.tag.removeprefix(STANDARD)
    if kind == "str":
        return node.style is not None or ONLY_IN_YAML_1_2.fullmatch(text) is None
    if kind == "bool":
        return text in ("true", "false")
    if kind == "int":
        return WHOLE.fullmatch(text) is not None
    if kind == "null":
        return text in ("null", "~", "")
    return kind == "float" and FRACTION.fullmatch(text) is not None and repr(float(text)) == text


def _is_mapping(node: yaml.Node) -> bool:
    return isinstance(node, yaml.MappingNode)


def _short(tag: str) -> str:
    """A tag as it is written in a file."""
    return f"!!{tag.removeprefix(STANDARD)}" if tag.startswith(STANDARD) else tag


def _place(parent: yaml.Node | None, index: Any) -> Place:
    return id(parent), index if isinstance(index, int) else id(index)


class _Loader(yaml.SafeLoader):
    def __init__(self, stream: bytes) -> None:
        super().__init__(stream)
        self.aliases: Aliases = {}

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]  # of PyYAML's stubs
            self.aliases[_place(parent, index)] = event.start_mark, event.anchor
        return super().compose_node(parent, index)
