"""Reads and checks config.yaml before any call to AWS."""

import os
import sys
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

from msgspec import ValidationError, convert, to_builtins

from advent_cli.config import checks, defaults, handler_source
from advent_cli.config.handler_source import UnreadableError
from advent_cli.config.problems import allowed, must_be, unknown
from advent_cli.config.schema import Settings
from advent_cli.config.value_types import Prefix, Region
from advent_cli.config.yaml_with_lines import Document, read
from advent_cli.errors import ConfigError, UsageError
from advent_cli.packaging.bundle import Source
from advent_cli.packaging.folder import boundary


class Config(Settings, frozen=True, kw_only=True):
    """Checked settings, with every name as it is in AWS, and the source of each function."""

    file: Path
    sources: dict[str, Source]
    notes: tuple[str, ...] = ()
    """Sentences about what could not be checked, and what is not used."""

    @property
    def routes(self) -> list[str]:
        """The route keys of the API, in the order of the file."""
        return [route for function in self.functions.values() for route in function.routes]

    @property
    def post_routes(self) -> list[str]:
        """The routes that accept a POST and have no path parameters: Slack can post to these."""
        return [route for route in self.routes if route.startswith(("POST ", "ANY ")) and "{" not in route]

    def function_of(self, route: str) -> str:
        """The name of the function behind a route."""
        return next(name for name, function in self.functions.items() if route in function.routes)

    @property
    def running_routes(self) -> list[str]:
        """The routes of functions that are not paused by a concurrency of 0."""
        return [route for route in self.routes if self.functions[self.function_of(route)].concurrency != 0]

    @property
    def asked_route(self) -> str | None:
        """The route at which the app can be asked whether it answers, without an effect; None if there is none.

        Slack's own question counts nothing, and GET and OPTIONS are safe by HTTP's rules (RFC 9110, 9.2.1).
        """
        safe = [route for route in self.routes if route.startswith(("GET ", "ANY ", "OPTIONS ")) and "{" not in route]
        candidates = [*(self.post_routes if self.slack else []), *safe]
        return next((route for route in candidates if route in self.running_routes), None)

    @property
    def secrets(self) -> list[str]:
        """The names of the secrets that functions read, each once."""
        return list(dict.fromkeys(name for function in self.functions.values() for name in function.reads_secrets))


def load(file: Path, stack: str | None = None) -> Config:
    """Read and check `file`; raises ConfigError with line and column.

    A `stack` other than the file's own is a second stack of the same app: all its names begin with the stack's name.
    """
    document = read(file, Settings)
    checks.check_execution_role(document)
    document = replace(document, value=defaults.with_defaults(document.value))
    settings = document.value
    checks.check(document)
    found = {name: _source(document, name) for name in settings.functions}
    prefix = settings.prefix if stack in (None, settings.stack) else f"{stack}-"
    named = _checked(defaults.with_prefix(settings, prefix), prefix)
    fields = {field: getattr(named, field) for field in Settings.__struct_fields__}
    fields |= {"stack": stack or settings.stack, "prefix": prefix}
    notes = tuple(_notes(settings, found.values()))
    sources = {f"{prefix}{name}": source for name, (source, _) in found.items()}
    return Config(**fields, file=file, sources=sources, notes=notes)


def _checked(named: Settings, prefix: str) -> Settings:
    """The same settings; raises UsageError if a name is invalid in AWS with the prefix."""
    try:
        return convert(to_builtins(named), Settings)
    except ValidationError as error:
        raise UsageError(f"a name is invalid with the prefix {prefix!r}", why=str(error)) from None


def handlers_folder(file: Path) -> Path:
    """The folder of the functions' code; raises ConfigError."""
    return file.parent / read(file, Settings).value.handlers


def check_region(name: str) -> None:
    """Raise UsageError unless `name` has the form of an AWS region."""
    try:
        convert(name, Region)
    except ValidationError:
        raise UsageError(f"--region {must_be(allowed(Region), repr(name))}") from None


def check_stack(name: str | None) -> str | None:
    """The same name; raises UsageError unless it can be a prefix, as the name of a second stack is."""
    try:
        return name if name is None else convert(name or "-", Prefix)
    except ValidationError:
        raise UsageError(f"--stack {must_be(allowed(Prefix), repr(name))}") from None


def _source(document: Document[Settings], name: str) -> tuple[Source, bool]:
    """The code of a function, and whether this Python could check it; raises ConfigError."""
    settings = document.value
    folder, _, handler = settings.functions[name].handler.rpartition("/")
    module, _, function = handler.partition(".")
    source = document.file.parent / settings.handlers / folder / f"{module}.py"
    path = ("functions", name, "handler")
    try:
        tree = handler_source.parse(source.read_bytes(), settings.runtime)
    except OSError as error:
        raise document.error(path, f"cannot read {source}: {os.strerror(error.errno or 0)}") from None
    except UnreadableError as error:
        raise ConfigError(f"{source}:{error.line}: not valid Python", why=str(error)) from None
    if tree and handler_source.lacks(tree, function):
        problem = unknown("function", function, handler_source.functions(tree))
        raise document.error(path, f"{source}: {problem}")
    if tree and (line := handler_source.relative_import(tree)):
        why = "Lambda imports the handler's file outside any package, so a relative import fails"
        hint = "write `import NAME` in place of `from . import NAME`"
        raise ConfigError(f"{source}:{line}: relative import", why=why, hint=hint)
    root = boundary(document.file.parent, document.file.parent / settings.handlers)
    return Source(source, is_folder=bool(folder), handler=handler, root=root), tree is not None


def _notes(settings: Settings, found: Collection[tuple[Source, bool]]) -> Iterator[str]:
    """What could not be checked, and what is not used."""
    single = [source.file for source, _ in found if not source.is_folder]
    for requirements, name in {file.with_name("requirements.txt"): file.stem for file in single}.items():
        if requirements.is_file():
            handler = f"`handler: {name}/app.handler`"
            yield f"{requirements} is not used: packages go with a handler that is a folder, as in {handler}"
    here = f"Python {sys.version_info[0]}.{sys.version_info[1]}"
    for file in dict.fromkeys(source.file for source, is_checked in found if not is_checked):
        yield f"{file} is not checked: {here}, which advent runs on, cannot read it, but {settings.runtime} may"
