"""Typed YAML: a file and a msgspec Struct in, the checked value out, or an error that names line and column."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Generic, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec
import yaml

from advent_cli.config.yaml_nodes import TEXTS, Aliases, composed, describe, parts, wrong
from advent_cli.errors import ConfigError

T = TypeVar("T")
Path_ = tuple[str, ...]
PLAIN = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null")}
MOST_VALUES = 20_000  # in a file, those of an alias counted each time that it is used: a few lines can mean billions
DEEPEST = 50  # levels of lists and groups in a value of any type
KINDS = {str: "text", int: "a whole number", bool: "true or false", float: "a number", NoneType: "nothing"}


@dataclass(frozen=True)
class Document(Generic[T]):
    """A file that fits its Struct, and where in it each setting stands."""

    file: Path
    value: T
    marks: Mapping[Path_, yaml.Mark]

    def error(self, path: Path_, found: str, allowed: str) -> ConfigError:
        """The error for the setting at `path`: its place, or that of what it is in; what was found; what is allowed."""
        place = next(path[:end] for end in range(len(path), -1, -1) if path[:end] in self.marks)
        return _error(self.file, self.marks[place], place if path[-1].isdecimal() else path, found, allowed)


def read(file: Path, kind: type[T]) -> Document[T]:
    """Read `file` as a `kind` (a msgspec Struct).

    Raises ConfigError for everything that can be wrong with it: no such file, not UTF-8, not YAML, an unknown or
    double key, a missing or mistyped value.
    """
    try:
        node, aliases = composed(file.read_bytes())
    except OSError as error:
        raise ConfigError(f"cannot read {file}", why=error.strerror or str(error)) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else str(file)
        raise ConfigError(f"{place}: not YAML", why=error.problem or "") from None
    except RecursionError:
        raise ConfigError(f"{file}: lists or groups are nested too deeply") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{file}: not YAML", why=str(error).splitlines()[0]) from None
    if node is None:
        raise ConfigError(f"{file} is empty", hint="the README shows every setting")
    reader = _Reader(file, aliases)
    return Document(file, reader.build(node, kind, ()), reader.marks)


def _error(file: Path, mark: yaml.Mark, path: Path_, found: str, allowed: str) -> ConfigError:
    place = f"{file}:{mark.line + 1}:{mark.column + 1}"
    setting = ".".join(path) or "the file"
    return ConfigError(f"{place}: {setting}: found {found}; allowed is {allowed}")


@dataclass
class _Reader:
    file: Path
    aliases: Aliases
    marks: dict[Path_, yaml.Mark] = attribute(default_factory=dict)
    values: int = 0

    def build(self, node: yaml.Node, kind: Any, path: Path_) -> Any:
        self.marks[path] = node.start_mark
        self._count(node, path)
        bare = get_args(kind)[0] if get_origin(kind) is Annotated else kind
        choices = get_args(bare) if get_origin(bare) is UnionType and isinstance(node, yaml.MappingNode) else (bare,)
        for part in choices:  # of X | None, settings are an X
            if isinstance(part, type) and issubclass(part, msgspec.Struct):
                return self._struct(node, part, path)
        if get_origin(bare) is list:  # one thing alone is a list of one
            if not isinstance(node, yaml.SequenceNode):
                return [self._leaf(node, get_args(bare)[0], path)]
            return [self.build(each, get_args(bare)[0], (*path, str(n))) for n, each in enumerate(node.value)]
        if get_origin(bare) is dict:
            key_kind, value_kind = get_args(bare)
            return {
                self._leaf(key, key_kind, (*path, name), "the name "): self.build(value, value_kind, (*path, name))
                for name, (key, value) in self._entries(node, path).items()
            }
        return self._leaf(node, kind, path)

    def _struct(self, node: yaml.Node, kind: type[msgspec.Struct], path: Path_) -> msgspec.Struct:
        entries = self._entries(node, path)
        hints = get_type_hints(kind, include_extras=True)
        for name, (key, _) in entries.items():
            if name not in hints:
                near = difflib.get_close_matches(name, hints, n=1)
                allowed = f"{near[0]} (perhaps meant), or one of " if near else "one of "
                raise self._fail(key, (*path, name), "an unknown setting", allowed + ", ".join(hints))
        values = {name: self.build(value, hints[name], (*path, name)) for name, (_, value) in entries.items()}
        for field in msgspec.structs.fields(kind):
            if field.required and field.name not in values:
                raise self._fail(node, (*path, field.name), "nothing (it is missing)", allowed_by(hints[field.name]))
        return kind(**values)

    def _entries(self, node: yaml.Node, path: Path_) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        if not isinstance(node, yaml.MappingNode):
            raise self._fail(node, path, describe(node), "settings, one `name: value` a line")
        entries: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self._fail(key, path, describe(key), "a plain name before the colon")
            if key.value in entries:
                raise self._fail(key, (*path, key.value), "the same setting a second time", "each setting once")
            entries[key.value] = (key, value)
        return entries

    def _leaf(self, node: yaml.Node, kind: Any, path: Path_, what: str = "") -> Any:
        try:
            if kind is Any:
                self._bound(node, path)
                return yaml.SafeLoader("").construct_object(node, deep=True)
            if not isinstance(node, yaml.ScalarNode) or node.tag not in PLAIN:
                raise ValueError
            if (node.tag.endswith(":int") and not node.value.isdecimal()) or (
                len(node.value) > 1 and node.value[0] == "0"
            ):
                raise ValueError  # 030 is 24 to YAML, and 1:30 is 90
            loader = yaml.SafeLoader("")
            return msgspec.convert(loader.construct_object(node), kind)
        except (ValueError, KeyError, IndexError, yaml.YAMLError):  # msgspec.ValidationError is a ValueError
            allowed = allowed_by(kind)
            if str in (kind, *get_args(kind)) and isinstance(node, yaml.ScalarNode) and node.tag not in TEXTS:
                allowed += " (in quotes, or YAML takes it for something else)"
            raise self._fail(node, path, what + describe(node), allowed) from None

    def _count(self, node: yaml.Node, path: Path_) -> None:
        self.values += 1
        if self.values > MOST_VALUES:
            allowed = f"a file of at most {MOST_VALUES}, those of an alias counted each time"
            raise self._fail(node, path, "too many values", allowed)

    def _bound(self, root: yaml.Node, path: Path_) -> None:
        """Refuse what means nothing or is there twice, and aliases, with which it may be far larger than it looks."""
        left = [(root, 1)]
        while left:
            node, depth = left.pop()
            self._count(node, path)
            if depth > DEEPEST:
                raise self._fail(node, path, f"more than {DEEPEST} levels", f"at most {DEEPEST}")
            for place, value in parts(node):
                if place in self.aliases:
                    mark, name = self.aliases[place]
                    raise _error(self.file, mark, path, f"the alias *{name}", "the value itself, written out")
                left.append((value, depth + 1))
            for inner, found, allowed in wrong(node):
                raise self._fail(inner, path, found, allowed)

    def _fail(self, node: yaml.Node, path: Path_, found: str, allowed: str) -> ConfigError:
        return _error(self.file, node.start_mark, path, found, allowed)


def allowed_by(kind: Any) -> str:
    """What a setting of this type may be, in words; a `Meta(description=...)` says it best."""
    for extra in getattr(kind, "__metadata__", ()):
        if isinstance(extra, msgspec.Meta) and extra.description:
            return extra.description
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(str(choice) for choice in get_args(kind))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return "the settings " + ", ".join(field.name for field in msgspec.structs.fields(kind))
    if get_origin(kind) is list:
        return f"{allowed_by(get_args(kind)[0])}; or a list of such"
    if kind is Any:
        return "any value"
    if get_origin(kind) is dict:
        return "names, each with its settings"
    parts = get_args(kind) or (kind,)
    return " or ".join(allowed_by(part) if part not in KINDS else KINDS[part] for part in parts)
