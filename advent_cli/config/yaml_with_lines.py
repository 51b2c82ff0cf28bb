"""Typed YAML: a file and a msgspec Struct in, the checked value out, or an error with line and column."""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Generic, TypeVar, get_args, get_origin, get_type_hints

import msgspec
import yaml

from advent_cli.config.problems import allowed, must_be, unknown
from advent_cli.config.yaml_nodes import (
    NEEDS_QUOTES,
    TEXTS,
    Aliases,
    children,
    compose,
    describe,
    problems,
    without_quotes,
)
from advent_cli.errors import ConfigError

T = TypeVar("T")
Path_ = tuple[str, ...]
PLAIN = {f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null")}
MAX_VALUES = 20_000  # in a file; an alias counts each time it is used, because a few lines of them can mean billions
UNFIT = (ValueError, KeyError, IndexError, yaml.YAMLError)  # msgspec.ValidationError is a ValueError
MAX_DEPTH = 50  # levels of lists and groups in a value of any type


@dataclass(frozen=True)
class Document(Generic[T]):
    """A file that fits its Struct, and the position of each setting in it."""

    file: Path
    value: T
    marks: Mapping[Path_, yaml.Mark]

    def error(self, path: Path_, problem: str) -> ConfigError:
        """The error for the setting at `path`, with its position, or that of the nearest enclosing one."""
        place = next(path[:end] for end in range(len(path), -1, -1) if path[:end] in self.marks)
        return _error(self.file, self.marks[place], place if path[-1].isdecimal() else path, problem)


def read(file: Path, kind: type[T]) -> Document[T]:
    """Read `file` as a `kind` (a msgspec Struct).

    Raises ConfigError for anything wrong with it: no such file, not UTF-8, not YAML, an unknown or duplicate key, a
    missing or mistyped value.
    """
    try:
        node, aliases = compose(file.read_bytes())
    except OSError as error:
        raise ConfigError(f"cannot read {file}", why=error.strerror or str(error)) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else str(file)
        raise ConfigError(f"{place}: not valid YAML", why=error.problem or "") from None
    except RecursionError:
        raise ConfigError(f"{file}: lists or groups are nested too deeply") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{file}: not valid YAML", why=str(error).splitlines()[0]) from None
    if node is None:
        raise ConfigError(f"{file} is empty", hint="docs/configuration.md lists every setting")
    reader = _Reader(file, aliases)
    return Document(file, reader.build(node, kind, ()), reader.marks)


def _error(file: Path, mark: yaml.Mark, path: Path_, problem: str) -> ConfigError:
    place = f"{file}:{mark.line + 1}:{mark.column + 1}"
    return ConfigError(": ".join([place, *([".".join(path)] if path else []), problem]))


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
        for choice in choices:  # a mapping for `X | None` is an X
            if isinstance(choice, type) and issubclass(choice, msgspec.Struct):
                return self._struct(node, choice, path)
        if get_origin(bare) is list:  # a single item is a list of one
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
                raise self._fail(key, path, unknown("setting", name, hints))
        values = {name: self.build(value, hints[name], (*path, name)) for name, (_, value) in entries.items()}
        for field in msgspec.structs.fields(kind):
            if field.required and field.name not in values:
                raise self._fail(node, (*path, field.name), f"missing; must be {allowed(hints[field.name])}")
        return kind(**values)

    def _entries(self, node: yaml.Node, path: Path_) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        if not isinstance(node, yaml.MappingNode):
            raise self._fail(node, path, must_be("settings, one `name: value` per line", describe(node)))
        entries: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self._fail(key, path, must_be("a plain name before the colon", describe(key)))
            if key.value in entries:
                raise self._fail(key, (*path, key.value), "set twice")
            entries[key.value] = (key, value)
        return entries

    def _leaf(self, node: yaml.Node, kind: Any, path: Path_, subject: str = "") -> Any:
        try:
            if kind is Any:
                self._check_any(node, path)
                return yaml.SafeLoader("").construct_object(node, deep=True)
            return _converted(node, kind)
        except UNFIT:
            problem = subject + must_be(allowed(kind), describe(node))
            if str in (kind, *get_args(kind)) and isinstance(node, yaml.ScalarNode):
                problem += f"; {NEEDS_QUOTES}" if node.tag not in TEXTS or _has_leading_zero(node) else ""
            if (plain := without_quotes(node)) and _fits(plain, kind):
                problem += "; write it without quotes"
            raise self._fail(node, path, problem) from None

    def _count(self, node: yaml.Node, path: Path_) -> None:
        self.values += 1
        if self.values > MAX_VALUES:
            raise self._fail(node, path, f"too many values: the limit is {MAX_VALUES}, with aliases written out")

    def _check_any(self, root: yaml.Node, path: Path_) -> None:
        """Refuse invalid and duplicate values, and aliases, because those can make a value far larger than it looks."""
        pending = [(root, 1)]
        while pending:
            node, depth = pending.pop()
            self._count(node, path)
            if depth > MAX_DEPTH:
                raise self._fail(node, path, f"nested too deeply: the limit is {MAX_DEPTH} levels")
            for place, child in children(node):
                if place in self.aliases:
                    mark, name = self.aliases[place]
                    raise _error(self.file, mark, path, f"the alias *{name} is not allowed here: write out the value")
                pending.append((child, depth + 1))
            for inner, problem in problems(node):
                raise self._fail(inner, path, problem)

    def _fail(self, node: yaml.Node, path: Path_, problem: str) -> ConfigError:
        return _error(self.file, node.start_mark, path, problem)


def _converted(node: yaml.Node, kind: Any) -> Any:
    """The value of a plain scalar as this type; raises one of UNFIT."""
    if not isinstance(node, yaml.ScalarNode) or node.tag not in PLAIN:
        raise ValueError
    if (node.tag.endswith(":int") and not node.value.isdecimal()) or _has_leading_zero(node):
        raise ValueError  # YAML reads 030 as 24, and 1:30 as 90
    return msgspec.convert(yaml.SafeLoader("").construct_object(node), kind)


def _has_leading_zero(node: yaml.ScalarNode) -> bool:
    """Whether it is a number with a leading zero and without quotes, which is text in YAML 1.1 if it has an 8 or 9."""
    return node.style is None and node.value.isdecimal() and len(node.value) > 1 and node.value[0] == "0"


def _fits(node: yaml.Node, kind: Any) -> bool:
    try:
        _converted(node, kind)
    except UNFIT:
        return False
    return True
