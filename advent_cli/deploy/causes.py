"""Pure: the errors of several resources as causes, each once and with the names of the resources that have it."""

import re
from collections.abc import Iterable

from advent_cli.errors import AdventError, RefusedError, TargetError, UsesForeignError

MOST_NAMES = 3  # in one error; the rows above it name all
RESOURCE = re.compile(r"on resource: (?:\w+ )?\S+|arn:\S+")  # where AWS's message names what it is about


def root_causes(errors: Iterable[tuple[str, Exception]]) -> list[Exception]:
    """Each cause once, without those that only follow from others; an error comes with the key of its resource.

    Errors are of one cause if they differ only in the resource that they name.
    """
    roots = [(key, error) for key, error in errors if not isinstance(error, UsesForeignError)]
    groups: dict[tuple[object, ...], list[tuple[str, Exception]]] = {}
    for key, error in roots:
        groups.setdefault(cause(key, error), []).append((key, error))
    ordered = [sorted(group, key=lambda each: each[0]) for group in groups.values()]
    return [_named([key for key, _ in group], group[0][1]) for group in ordered]


def cause(key: str, error: Exception) -> tuple[object, ...]:
    """What errors of one cause have in common; `key` is that of the error's resource."""
    if not isinstance(error, AdventError) or isinstance(error, TargetError | RefusedError):
        return type(error), str(error)
    name = key.partition("/")[2]
    return type(error), RESOURCE.sub("*", str(error).replace(name, "*")), error.hint


def _named(keys: list[str], error: Exception) -> Exception:
    """The error with the resources that have it; the same one if it names its resource, or is not about one."""
    if not isinstance(error, AdventError) or isinstance(error, TargetError | RefusedError):
        return error
    name = keys[0].partition("/")[2]
    if len(keys) == 1 and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", error.what):
        return error
    return AdventError(f"{_titles(keys)}: {error.what}", why=error.why, hint=error.hint)


def _titles(keys: list[str]) -> str:
    if len(keys) > MOST_NAMES:
        return f"{len(keys)} resources"
    *others, last = [key.replace("/", " ", 1) for key in keys]
    return f"{', '.join(others)} and {last}" if others else last
