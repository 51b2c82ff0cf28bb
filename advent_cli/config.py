"""config.yaml: found, read, and checked before anything is called."""

import ast
import os
from pathlib import Path

from msgspec import ValidationError, convert

from advent_cli.errors import ConfigError, UsageError
from advent_cli.settings import Function, Region, Settings
from advent_cli.yamlfile import Document, allowed_by, read

# Set by Lambda itself or by advent; see "Using Lambda environment variables" in the Lambda developer guide.
OURS = {"DYNAMO_TABLE", "DYNAMO_KEY", "SNS_TOPIC_ARN", "SLACK_SECRET_PARAMETER", "DEAD_LETTER_QUEUE_URL"}
RESERVED = ("AWS_", "LAMBDA_")
ENVIRONMENT_LIMIT = 3000  # bytes of all names and values together: Lambda's 4096, less what we set ourselves at most


class Config(Settings, frozen=True, kw_only=True):
    """Settings that were checked, and the source file of each function."""

    sources: dict[str, Path]


def find(given: str | None) -> Path:
    """The config.yaml to use: the given one, the one in this directory, or else the tutorial's own copy."""
    if given:
        return Path(given)
    here = Path("config.yaml")
    return here if here.exists() else tutorial() / "config.yaml"


def tutorial() -> Path:
    """The folder of the tutorial's config.yaml and handlers: inside the wheel, or around a source checkout."""
    package = Path(__file__).resolve().parent
    inside = package / "tutorial"
    return inside if inside.is_dir() else package.parent


def load(file: Path) -> Config:
    """Read and check `file`; raises ConfigError, which names line and column."""
    document = read(file, Settings)
    settings = document.value
    _check_names(document)
    for name, function in settings.functions.items():
        _check_environment(document, name, function)
    sources = {name: _source(document, name) for name in settings.functions}
    return Config(**{field: getattr(settings, field) for field in Settings.__struct_fields__}, sources=sources)


def check_region(name: str) -> None:
    """Refuse what cannot be a region's name; raises UsageError."""
    try:
        convert(name, Region)
    except ValidationError:
        raise UsageError(f"--region: found {name!r}; allowed is {allowed_by(Region)}") from None


def _check_names(document: Document[Settings]) -> None:
    settings = document.value
    if settings.api.function not in settings.functions:
        raise document.error(("api", "function"), repr(settings.api.function), _one_of(settings.functions))
    roles: dict[str, str] = {}
    for name, function in settings.functions.items():
        for use in ("publishes", "subscribes"):
            topic = getattr(function, use)
            if function.publishes and function.publishes == function.subscribes:
                found = f"{function.publishes!r}, which it publishes to as well"
                raise document.error(("functions", name, "subscribes"), found, "no topic that would call it for ever")
            if topic is not None and topic != settings.topic.name:
                raise document.error(("functions", name, use), f"the topic {topic!r}", f"{settings.topic.name!r}")
        if function.role in roles:
            found = f"{function.role!r}, the role of {roles[function.role]} too"
            raise document.error(("functions", name, "role"), found, "a role of its own for each function")
        roles[function.role] = name


def _one_of(names: dict[str, Function]) -> str:
    return f"one of {', '.join(names)}" if names else "a function, but none is listed under functions"


def _check_environment(document: Document[Settings], name: str, function: Function) -> None:
    for variable in function.environment:
        path = ("functions", name, "environment", variable)
        if variable in OURS:
            raise document.error(path, "a variable that advent sets itself", "any other name")
        if variable.startswith(RESERVED):
            raise document.error(
                path, "a name that Lambda keeps for itself", "one that does not begin with AWS_ or LAMBDA_"
            )
    size = sum(len(f"{key}{value}".encode()) for key, value in function.environment.items())
    if size > ENVIRONMENT_LIMIT:
        group = ("functions", name, "environment")
        raise document.error(group, f"{size} bytes", f"{ENVIRONMENT_LIMIT} bytes of names and values together")


def _source(document: Document[Settings], name: str) -> Path:
    settings = document.value
    module, _, function = settings.functions[name].handler.partition(".")
    source = document.file.parent / settings.handlers / f"{module}.py"
    path = ("functions", name, "handler")
    try:
        tree = ast.parse(source.read_bytes(), str(source))
    except OSError as error:
        allowed = f"a handler whose file exists ({source}: {os.strerror(error.errno or 0)})"
        raise document.error(path, repr(f"{module}.{function}"), allowed) from None
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise ConfigError(f"{source}:{line}: not Python", why=str(getattr(error, "msg", error))) from None
    if function not in _defined(tree):
        raise document.error(path, f"no function {function!r} in {source}", _handlers_in(tree))
    return source


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
