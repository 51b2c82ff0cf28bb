"""What the shell offers at the Tab key, from config.yaml as it is."""

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
    """Let the shell offer its files."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


def offering(words: Words) -> Complete:
    """Offer those of the words that begin as what is typed; none if anything is wrong, as with config.yaml."""

    def complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
        try:
            return [word for word in words(context, parameter) if word.startswith(incomplete)]
        except Exception:  # nobody who presses Tab wants to read an error in the middle of a command
            return []

    return complete


@offering
def functions(context: click.Context, parameter: click.Parameter) -> Iterable[str]:
    """The functions that are not named yet."""
    return [name for name in _config(context).functions if name not in _given(context, parameter)]


@offering
def secrets(context: click.Context, parameter: click.Parameter) -> Iterable[str]:
    """The secrets that functions read."""
    return _config(context).secrets


@offering
def topics(context: click.Context, parameter: click.Parameter) -> Iterable[str]:
    """The topics, as config.yaml names them."""
    config = _config(context)
    return [name.removeprefix(config.prefix) for name in config.topics]


@offering
def trigger_word(context: click.Context, parameter: click.Parameter) -> Iterable[str]:
    """The word that a message to Slack begins with, if this is its first."""
    slack = _config(context).slack
    return [slack.trigger_word] if slack and not _given(context, parameter) else []


@offering
def adoptable(context: click.Context, parameter: click.Parameter) -> Iterable[str]:
    """KIND/NAME of each resource that can be adopted and is not named yet."""
    from advent_cli.aws.connect import offline
    from advent_cli.resources.base import Resource
    from advent_cli.stack.build import build

    config, given = _config(context), _given(context, parameter)
    resources = build(config, offline(config.stack)).resources.items()
    return [key for key, each in resources if type(each).adopt is not Resource.adopt and key not in given]


@offering
def origins(context: click.Context, parameter: click.Parameter) -> Iterable[str]:
    """The apps to begin from."""
    from advent_cli.stack import scaffold

    return scaffold.templates()


def _given(context: click.Context, parameter: click.Parameter) -> tuple[str, ...]:
    """What is on the line already."""
    return context.params.get(parameter.name or "") or ()


def _config(context: click.Context) -> Config:
    from advent_cli.config import config_file

    given = context.find_root().params
    return config_file.load(config_file.find(given.get("config")), config_file.check_stack(given.get("stack")))
