"""Pure: how an error says what is wrong with a setting."""

import difflib
from collections.abc import Iterable
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec

KINDS = {str: "text", int: "a whole number", bool: "true or false", float: "a number", NoneType: "empty"}


def must_be(allowed: str, actual: str) -> str:
    """The problem with a value of the wrong kind."""
    return f"must be {allowed}, not {actual}"


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """The problem with a name that does not exist, and the nearest one that does, or all of them."""
    known = list(known)
    if near := difflib.get_close_matches(name, known, n=1):
        return f"unknown {kind} {name!r}: did you mean {near[0]!r}?"
    return f"unknown {kind} {name!r}: " + (f"use one of {', '.join(known)}" if known else "there are none")


def allowed(kind: Any) -> str:
    """What a setting of this type may be: the words of its value type, if it has one (value_types.py)."""
    if get_origin(kind) is Annotated:
        words = [str(meta.extra["allowed"]) for meta in kind.__metadata__ if meta.extra]
        return words[0] if words else allowed(kind.__origin__)
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(str(choice) for choice in get_args(kind))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return "the settings " + ", ".join(field.name for field in msgspec.structs.fields(kind))
    if get_origin(kind) is list:
        return f"{allowed(get_args(kind)[0])}, or a list of these"
    if kind is Any:
        return "any value"
    if get_origin(kind) is dict:
        return "a mapping of names to values"
    parts = get_args(kind) or (kind,)
    return " or ".join(allowed(part) if part not in KINDS else KINDS[part] for part in parts)
