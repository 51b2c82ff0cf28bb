"""Pure: the default names of config.yaml, and the prefix before all names."""

from msgspec.structs import replace

from advent_cli.config.schema import Function, Settings


def with_defaults(settings: Settings) -> Settings:
    """The settings with default names: the handler NAME.handler, the role NAME_lambda, the dead-letter queue.

    With `execution_role`, that is the role of each function.
    """
    given = (settings.execution_role or "").rpartition("/")[2]
    functions = {name: _with_defaults(name, function, given) for name, function in settings.functions.items()}
    dead_letters = settings.dead_letters or ("dlq" if settings.prefix else f"{settings.stack}-dlq")
    return replace(settings, functions=functions, dead_letters=dead_letters)


def _with_defaults(name: str, function: Function, given_role: str) -> Function:
    module, role = name.replace("-", "_"), given_role or function.role or f"{name}_lambda"
    return replace(function, handler=function.handler or f"{module}.handler", role=role)


def with_prefix(settings: Settings, prefix: str) -> Settings:
    """The settings with `prefix` before every name in AWS, except that of a role which is there already."""

    def prefixed(names: list[str]) -> list[str]:
        return [f"{prefix}{name}" for name in names]

    functions = {
        f"{prefix}{name}": replace(
            function,
            role=function.role if settings.execution_role else f"{prefix}{function.role}",
            publishes=prefixed(function.publishes),
            subscribes=prefixed(function.subscribes),
        )
        for name, function in settings.functions.items()
    }
    return replace(
        settings,
        table=replace(settings.table, name=f"{prefix}{settings.table.name}"),
        topics=prefixed(settings.topics),
        api=replace(settings.api, name=f"{prefix}{settings.api.name}"),
        dead_letters=f"{prefix}{settings.dead_letters}",
        functions=functions,
    )


def variable(name: str) -> str:
    """A name as a part of an environment variable: uppercase, with underscores."""
    return name.upper().replace("-", "_")
