"""`--help` of every command: what it does in a sentence, an example that is one, and what it can end with."""

import re
import shlex
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from advent_cli import errors
from advent_cli.cli.app import advent
from advent_cli.cli.command import Command


def tree(command: click.Command, *path: str) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from tree(below, *path, name)


PATHS = list(tree(advent))


def parsed(words: list[str]) -> Iterator[str]:
    """The names of the commands that a line calls, once click has taken all its words."""
    context: click.Context | None = None
    command: click.Command = advent
    while True:
        context = command.make_context(command.name, words, parent=context)
        if not isinstance(command, click.Group):
            return
        words = [*context._protected_args, *context.args]
        if not words:
            return
        name, below, words = command.resolve_command(context, words)
        assert name
        assert below
        yield name
        command = below


@pytest.mark.parametrize("path", PATHS, ids=lambda path: " ".join(("advent", *path)))
def test_each_command_explains_itself(path: tuple[str, ...]) -> None:
    command: click.Command = advent
    for name in path:
        assert isinstance(command, click.Group)
        command = command.commands[name]
    assert isinstance(command, Command)
    done = CliRunner().invoke(advent, [*path, "--help"])
    assert done.exit_code == 0

    sentence = (command.help or "").split("\n\n")[0]
    assert re.fullmatch(r"[A-Z][^.]*\.", re.sub(r"\.\.\.|\.(?=[a-z])", "", sentence)), sentence

    example = done.output.split("\nExample:\n")[1].split("\n")[0].strip()
    words = shlex.split(re.sub(r"eval \"\$\((.*)\)\"| [<>] [a-z.]+$", r"\1", example))
    assert words[0] == "advent"
    assert tuple(parsed(words[1:]))[: len(path)] == path

    codes = [int(code) for code in re.findall(r"^  ([0-9]+)  ", done.output.split("\nExit codes:\n")[1], re.M)]
    assert codes == sorted({*codes})
    assert {errors.DONE, errors.USAGE, errors.INTERRUPTED} <= {*codes}
    assert codes == list(command.codes)


def test_the_codes_of_a_command_are_those_it_can_end_with() -> None:
    said = {path: {*command.codes} for path, command in explained(advent)}
    assert {path for path, codes in said.items() if errors.DIFFERENT in codes} == {(), ("plan",)}
    assert errors.UNREACHABLE not in said["doctor",] | said["new", "app"] | said["new", "consumer"]
    assert errors.REFUSED not in said["doctor",] | said["logs",] | said["local", "stop"]
    assert errors.REFUSED in said["up",] & said["down",] & said["say",] & said["slack", "secret"]


def test_what_down_refuses_is_said() -> None:
    said = CliRunner().invoke(advent, ["down", "--help"]).output
    assert "FILE exists" in said
    assert "handed over" in said


def explained(command: click.Command, *path: str) -> Iterator[tuple[tuple[str, ...], Command]]:
    assert isinstance(command, Command)
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from explained(below, *path, name)
