"""The nodes of a YAML file: where aliases stand, which PyYAML's own do not show, and what is wrong with one."""

from collections.abc import Iterator
from typing import Any

import yaml

Place = tuple[int, int]  # what a node stands in, and its key or number there
Aliases = dict[Place, tuple[yaml.Mark, str]]
STANDARD = "tag:yaml.org,2002:"
TEXTS = {f"{STANDARD}str", f"{STANDARD}null"}
LONGEST_NUMBER = 100  # characters of what is no text in a value of any type; YAML reckons long with 59:59:59 and so on
KNOWN = {*yaml.SafeLoader.yaml_constructors, f"{STANDARD}value", f"{STANDARD}merge"}  # those that a plain value may get
IN_QUOTES = "text (in quotes)"


def composed(content: bytes) -> tuple[yaml.Node | None, Aliases]:
    """The root node, None if there is none; and each alias by its place, with its mark and its name."""
    loader = _Loader(content)
    return loader.get_single_node(), loader.aliases


def parts(node: yaml.Node) -> Iterator[tuple[Place, yaml.Node]]:
    """What stands in a list or a group, each with its place."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield _place(node, None), key
            yield _place(node, key), value
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield _place(node, number), value


def describe(node: yaml.Node) -> str:
    """What a person wrote there, short."""
    if isinstance(node, yaml.ScalarNode):
        if node.tag.endswith(":null"):
            return "nothing"
        text = node.value if len(node.value) <= 60 else node.value[:57] + "..."
        return repr(text)
    return "a list" if isinstance(node, yaml.SequenceNode) else "a group of settings"


def wrong(node: yaml.Node) -> Iterator[tuple[yaml.Node, str, str]]:
    """What is wrong with a node of a value of any type: where, what was found, and what is allowed.

    What is in a list or a group is not looked into, but for the names in a group.
    """
    if isinstance(node, yaml.ScalarNode):
        yield from _wrong_scalar(node)
    elif node.tag not in (f"{STANDARD}map", f"{STANDARD}seq") or node.tag.endswith("map") != _is_group(node):
        yield node, f"{describe(node)} with the tag {_spelt(node.tag)}", f"{describe(node)} without a tag"
    elif _is_group(node):
        names = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == f"{STANDARD}merge":
                yield key, describe(key), "a plain name before the colon"
            elif (key.tag, key.value) in names:
                yield key, f"{describe(key)} a second time", "each name once"
            names.add((key.tag, key.value))


def _wrong_scalar(node: yaml.ScalarNode) -> Iterator[tuple[yaml.Node, str, str]]:
    if node.tag not in TEXTS and len(node.value) > LONGEST_NUMBER:
        yield node, describe(node), f"{IN_QUOTES}, or a shorter number"
    elif node.tag not in KNOWN:
        yield node, f"the tag {_spelt(node.tag)}", "a value without a tag"
    else:
        try:
            yaml.SafeLoader("").construct_object(node)
        except (ValueError, KeyError, IndexError, yaml.YAMLError):  # as for 2026-99-99, !!int x or !!python/name:x
            yield node, describe(node), IN_QUOTES


def _is_group(node: yaml.Node) -> bool:
    return isinstance(node, yaml.MappingNode)


def _spelt(tag: str) -> str:
    """A tag as a person writes it."""
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
