"""Pure: turns the texts in calls that name another resource into CloudFormation's functions."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from advent_cli.aws.calls import placeholder
from advent_cli.deploy.aws_cli import KEPT
from advent_cli.export.cloudformation import PSEUDO


class Function(NamedTuple):
    """`!Ref`, `!GetAtt` or `!Sub` with its text, and the ids of the resources and parameters that it names."""

    tag: str
    text: str
    ids: frozenset[str]


def ref(logical_id: str) -> Function:
    """The main value of a resource or a parameter."""
    return Function("!Ref", logical_id, frozenset([logical_id]))


def get_att(logical_id: str, attribute: str = "Arn") -> Function:
    """An attribute of a resource."""
    return Function("!GetAtt", f"{logical_id}.{attribute}", frozenset([logical_id]))


def resolve(value: Any, known: Mapping[str, Function], ids: Mapping[str, str]) -> Any:
    """The value with a function in place of each text that is `known` or has a placeholder.

    `ids` has the logical id for each placeholder, unless a pseudo parameter stands for it.
    """
    if isinstance(value, dict):
        return {name: resolve(each, known, ids) for name, each in value.items()}
    if isinstance(value, list):
        return [resolve(each, known, ids) for each in value]
    if isinstance(value, str):
        return known[value] if value in known else _substituted(value, ids)
    return value


def named_in(value: Any) -> Iterator[str]:
    """The ids that a value names."""
    if isinstance(value, Function):
        yield from value.ids
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from named_in(each)


def _substituted(text: str, ids: Mapping[str, str]) -> str | Function:
    pieces = KEPT.split(text)  # every second one is a placeholder
    if len(pieces) == 1:
        return text  # only !Sub would replace a ${...} in it
    names = [PSEUDO.get(name) or ids[placeholder(name)] for name in pieces[1::2]]
    if not any(pieces[::2]):
        return ref(names[0])
    pieces[::2] = [piece.replace("${", "${!") for piece in pieces[::2]]
    pieces[1::2] = [f"${{{name}}}" for name in names]
    return Function("!Sub", "".join(pieces), frozenset(names))
