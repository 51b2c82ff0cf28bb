"""Shell completion: functions that offer names from config.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import click
    from click.shell_completion import CompletionItem

    from advent_cli.config.config_file import Config

    Words = Callable[[click.Context, click.Parameter], Iterable[str]]
    Complete = Callable[[click.Context, click.Parameter, str], list[str]]


def files(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Let the shell complete file names."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


def completes(words: Words) -> Complete:
    """Offer the words that start with what is typed; none on any error, such as an invalid config.yaml."""

    def complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
        try:
            return [word for word in words(context, parameter) if word.startswith(incomplete)]
        except Exception:  # an error must not appear in the middle of a command line
            return []

    return complete


@completes
def functions(context: click.Context, parameter: click.Parameter) -> Iterable[str]:
    """The functions that are not on the command line yet."""
    return [name for name in _config(context).functions if name not in _values(context, parameter)]


@completes
def secrets(context: click.Context, parameter: click.Parameter) -> Iterable[str]:
    """The secrets that functions read."""
    return _config(context).secrets


@completes
def topics(context: click.Context, parameter: click.Parameter) -> Iterable[str]:
    """The topics, as named in config.yaml."""
    config = _config(context)
    return [name.removeprefix(config.prefix) for name in config.topics]


@completes
def trigger_word(context: click.Context, parameter: click.Parameter) -> Iterable[str]:
    """The Slack trigger word, as the first word of a message."""
    slack = _config(context).slack
    return [slack.trigger_word] if slack and not _values(context, parameter) else []


@completes
def adoptable(context: click.Context, parameter: click.Parameter) -> Iterable[str]:
    """The KIND/NAME of each resource that can be adopted and is not on the command line yet."""
    from advent_cli.aws.connect import offline
    from advent_cli.resources.base import Resource
    from advent_cli.stack.build import build

    config, given = _config(context), _values(context, parameter)
    resources = build(config, offline(config.stack)).resources.items()
    return [key for key, each in resources if type(each).adopt is not Resource.adopt and key not in given]


@completes
def origins(context: click.Context, parameter: click.Parameter) -> Iterable[str]:
    """The apps that `new app` can start from."""
    from advent_cli.stack import scaffold

    return scaffold.templates()


def _values(context: click.Context, parameter: click.Parameter) -> tuple[str, ...]:
    """The values of a parameter that are already on the command line."""
    return context.params.get(parameter.name or "") or ()


def _config(context: click.Context) -> Config:
    from advent_cli.config import config_file, search

    given = context.find_root().params
    return config_file.load(search.find(given.get("config")), config_file.check_stack(given.get("stack")))
