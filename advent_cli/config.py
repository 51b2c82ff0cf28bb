"""config.yaml as frozen structs: found, read, and checked before anything is called."""

import ast
import os
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from advent_cli.errors import ConfigError
from advent_cli.yamlfile import Document, read


def _name(pattern: str, longest: int, words: str, shortest: int = 1) -> Meta:
    return Meta(
        pattern=rf"^{pattern}+\Z",
        min_length=shortest,
        max_length=longest,
        description=f"a name of {shortest} to {longest} characters: {words}",
    )


# The limits are those of each service's API reference (CreateTable, CreateTopic, CreateRole, CreateFunction ...).
Name = Annotated[str, _name(r"[A-Za-z0-9_-]", 64, "letters, digits, _ and -")]
TableName = Annotated[str, _name(r"[A-Za-z0-9_.-]", 255, "letters, digits, _ - and .", shortest=3)]
TopicName = Annotated[str, _name(r"[A-Za-z0-9_-]", 256, "letters, digits, _ and -")]
ApiName = Annotated[str, _name(r"[A-Za-z0-9_-]", 128, "letters, digits, _ and -")]
KeyName = Annotated[str, _name(r"[A-Za-z0-9_.-]", 255, "letters, digits, _ - and .")]
RoleName = Annotated[str, _name(r"[A-Za-z0-9_+=,.@-]", 64, "letters, digits and _ + = , . @ -")]
Handler = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*\.[A-Za-z_][A-Za-z0-9_]*\Z",
        max_length=128,
        description="FILE.FUNCTION, as in app.handler",
    ),
]
Variable = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z][A-Za-z0-9_]+\Z",
        description="a name of letters, digits and _, at least two, a letter first",
    ),
]
Runtime = Annotated[
    str, Meta(pattern=r"^python3\.[0-9]{1,2}\Z", description="a Python runtime of Lambda, as in python3.13")
]
Region = Annotated[
    str, Meta(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}\Z", description="a region of AWS, as in eu-west-1")
]
Memory = Annotated[int, Meta(ge=128, le=10240, description="a whole number of megabytes from 128 to 10240")]
Timeout = Annotated[int, Meta(ge=1, le=900, description="a whole number of seconds from 1 to 900")]
Word = Annotated[str, Meta(pattern=r"^\S+\Z", max_length=100, description="one word, without spaces")]
Days = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]

# Set by Lambda itself or by advent; see "Using Lambda environment variables" in the Lambda developer guide.
OURS = {"DYNAMO_TABLE", "DYNAMO_KEY", "SNS_TOPIC_ARN"}
RESERVED = ("AWS_", "LAMBDA_", "_")
ENVIRONMENT_LIMIT = 4096  # bytes of all names and values together


class Table(Struct, frozen=True):
    """The DynamoDB table of the word counts; `key` is its primary key, a string."""

    name: TableName
    key: KeyName


class Topic(Struct, frozen=True):
    """The SNS topic, the broker."""

    name: TopicName


class Api(Struct, frozen=True):
    """The API Gateway in front of `function`; the name is also the /PATH of the call."""

    name: ApiName
    function: Name


class Slack(Struct, frozen=True):
    """What stands in Slack's outgoing-webhook form."""

    trigger_word: Word
    bot_name: str


class Function(Struct, frozen=True):
    """One Lambda function: its code, its role, and what it uses of the rest."""

    handler: Handler
    role: RoleName
    table: Literal["write", "none"] = "none"
    publishes: TopicName | None = None
    subscribes: TopicName | None = None
    memory: Memory = 128
    timeout: Timeout = 30
    environment: dict[Variable, str] = {}


class Settings(Struct, frozen=True):
    """The whole of config.yaml."""

    stack: Name
    table: Table
    topic: Topic
    api: Api
    slack: Slack
    functions: dict[Name, Function]
    target: Literal["local", "aws"] = "local"
    region: Region | None = None
    handlers: str = "handlers"
    runtime: Runtime = "python3.13"
    architecture: Literal["x86_64", "arm64"] = "x86_64"
    log_retention_days: Days = 14


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


def _check_names(document: Document[Settings]) -> None:
    settings = document.value
    if settings.api.function not in settings.functions:
        raise document.error(("api", "function"), repr(settings.api.function), _one_of(settings.functions))
    roles: dict[str, str] = {}
    for name, function in settings.functions.items():
        for use in ("publishes", "subscribes"):
            topic = getattr(function, use)
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
            raise document.error(path, "a name that Lambda keeps for itself", "one that does not begin with AWS_")
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
