"""Pure: the names that config.yaml leaves out, and the prefix that it puts before all of them."""

from msgspec.structs import replace

from advent_cli.config.schema import Function, Settings


def completed(settings: Settings) -> Settings:
    """The settings with the names that follow from others: a function NAME is NAME.handler, its role NAME_lambda."""
    functions = {name: _completed(name, function) for name, function in settings.functions.items()}
    dead_letters = settings.dead_letters or ("dlq" if settings.prefix else f"{settings.stack}-dlq")
    return replace(settings, functions=functions, dead_letters=dead_letters)


def _completed(name: str, function: Function) -> Function:
    module = name.replace("-", "_")
    return replace(function, handler=function.handler or f"{module}.handler", role=function.role or f"{name}_lambda")


def prefixed(settings: Settings, prefix: str) -> Settings:
    """The settings with `prefix` before the name of everything that will be made."""

    def each(names: list[str]) -> list[str]:
        return [f"{prefix}{name}" for name in names]

    functions = {
        f"{prefix}{name}": replace(
            function,
            role=f"{prefix}{function.role}",
            publishes=each(function.publishes),
            subscribes=each(function.subscribes),
        )
        for name, function in settings.functions.items()
    }
    return replace(
        settings,
        table=replace(settings.table, name=f"{prefix}{settings.table.name}"),
        topics=each(settings.topics),
        api=replace(settings.api, name=f"{prefix}{settings.api.name}"),
        dead_letters=f"{prefix}{settings.dead_letters}",
        functions=functions,
    )


def variable(name: str) -> str:
    """A name as environment variables spell it."""
    return name.upper().replace("-", "_")
