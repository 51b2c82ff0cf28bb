"""The nodes of a YAML file, and where in it aliases stand: PyYAML's own nodes do not show what is an alias."""

from collections.abc import Iterator
from typing import Any

import yaml

Place = tuple[int, int]  # what a node stands in, and its key or number there
Aliases = dict[Place, tuple[yaml.Mark, str]]


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
