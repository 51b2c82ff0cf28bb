"""What editors know about config.yaml: each setting has a description."""

from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

import msgspec
from msgspec import Meta, Struct

from advent_cli.config.schema import Settings


def described(kind: type[Struct]) -> Iterator[tuple[str, str]]:
    """Each setting of this type and of the types in it, with its description."""
    for name, hint in get_type_hints(kind, include_extras=True).items():
        yield name, " ".join(meta.description or "" for meta in hint.__metadata__ if isinstance(meta, Meta)).strip()
        for part in inner(hint):
            yield from described(part)


def inner(hint: Any) -> Iterator[type[Struct]]:
    if isinstance(hint, type) and issubclass(hint, Struct):
        yield hint
    for part in get_args(hint):
        yield from inner(part)


def test_each_setting_has_one_description() -> None:
    found = list(described(Settings))
    assert len(found) == len(msgspec.structs.fields(Settings)) + 19
    assert [name for name, text in found if not text.endswith(".") or len(text) > 300] == []
