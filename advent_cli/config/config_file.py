"""config.yaml: found, read, and checked before anything is called."""

import ast
import os
from dataclasses import replace
from pathlib import Path

from msgspec import ValidationError, convert, to_builtins

from advent_cli.config import checks, defaults
from advent_cli.config.schema import Prefix, Region, Settings
from advent_cli.config.typed_yaml import Document, allowed_by, read
from advent_cli.errors import ConfigError, UsageError
from advent_cli.packaging.bundle import Source


class Config(Settings, frozen=True, kw_only=True):
    """Settings that were checked, with every name as it is in AWS, and the source of each function."""

    sources: dict[str, Source]

    @property
    def routes(self) -> list[str]:
        """The keys of the API's routes, in the order of the file."""
        return [route for function in self.functions.values() for route in function.routes]

    @property
    def posts(self) -> list[str]:
        """Those of the routes that take a POST, and lead to one address: the ones that Slack could post to."""
        return [route for route in self.routes if route.startswith(("POST ", "ANY ")) and "{" not in route]

    @property
    def secrets(self) -> list[str]:
        """The names of the secrets that functions read, each once."""
        return list(dict.fromkeys(name for function in self.functions.values() for name in function.reads_secrets))


def find(given: str | None) -> Path:
    """The config.yaml to use: the given one, the one in this directory, or else the tutorial's own copy."""
    if given:
        return Path(given)
    here = Path("config.yaml")
    return here if here.exists() else tutorial() / "config.yaml"


def tutorial() -> Path:
    """The folder of the tutorial's config.yaml and handlers: inside the wheel, or around a source checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "tutorial"
    return inside if inside.is_dir() else package.parent


def load(file: Path, stack: str | None = None) -> Config:
    """Read and check `file`; raises ConfigError, which names line and column.

    Another `stack` than the file's own is a second one of the same app: its names begin with that of the stack.
    """
    document = read(file, Settings)
    document = replace(document, value=defaults.completed(document.value))
    settings = document.value
    checks.check(document)
    sources = {name: _source(document, name) for name in settings.functions}
    prefix = settings.prefix if stack in (None, settings.stack) else f"{stack}-"
    named = _checked(defaults.prefixed(settings, prefix), prefix)
    fields = {field: getattr(named, field) for field in Settings.__struct_fields__}
    fields |= {"stack": stack or settings.stack, "prefix": prefix}
    return Config(**fields, sources={f"{prefix}{name}": source for name, source in sources.items()})


def _checked(named: Settings, prefix: str) -> Settings:
    """The settings, if their names are fit for AWS with the prefix before them too."""
    try:
        return convert(to_builtins(named), Settings)
    except ValidationError as error:
        raise UsageError(f"with {prefix!r} before it, a name is not what AWS allows", why=str(error)) from None


def handlers_folder(file: Path) -> Path:
    """The folder with the functions' code; raises ConfigError."""
    return file.parent / read(file, Settings).value.handlers


def check_region(name: str) -> None:
    """Refuse what cannot be a region's name; raises UsageError."""
    try:
        convert(name, Region)
    except ValidationError:
        raise UsageError(f"--region: found {name!r}; allowed is {allowed_by(Region)}") from None


def check_stack(name: str | None) -> str | None:
    """Refuse what cannot be a prefix, which the name of another stack is; raises UsageError."""
    try:
        return name if name is None else convert(name or "-", Prefix)
    except ValidationError:
        raise UsageError(f"--stack: found {name!r}; allowed is {allowed_by(Prefix)}") from None


def _source(document: Document[Settings], name: str) -> Source:
    settings = document.value
    folder, _, handler = settings.functions[name].handler.rpartition("/")
    module, _, function = handler.partition(".")
    source = document.file.parent / settings.handlers / folder / f"{module}.py"
    path = ("functions", name, "handler")
    try:
        tree = ast.parse(source.read_bytes(), str(source))
    except OSError as error:
        allowed = f"a handler whose file exists ({source}: {os.strerror(error.errno or 0)})"
        raise document.error(path, repr(settings.functions[name].handler), allowed) from None
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise ConfigError(f"{source}:{line}: not Python", why=str(getattr(error, "msg", error))) from None
    if function not in _defined(tree):
        raise document.error(path, f"no function {function!r} in {source}", _handlers_in(tree))
    return Source(source, is_folder=bool(folder), handler=handler)


def _defined(tree: ast.Module) -> set[str]:
    """The names that a module binds at its top level."""
    names: set[str] = set()
    for statement in tree.body:
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(statement.name)
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            names.update((alias.asname or alias.name) for alias in statement.names)
        else:
            names.update(n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
    return names


def _handlers_in(tree: ast.Module) -> str:
    functions = [statement.name for statement in tree.body if isinstance(statement, ast.FunctionDef)]
    return f"one of {', '.join(functions)}" if functions else "a function, but the file defines none"
