"""`--help` of every command: a one-sentence summary, a valid example, and the exit codes."""

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
        for name, subcommand in command.commands.items():
            yield from tree(subcommand, *path, name)


PATHS = list(tree(advent))


def parsed(words: list[str]) -> Iterator[str]:
    """The names of the commands that a command line runs, as click parses it."""
    context: click.Context | None = None
    command: click.Command = advent
    while True:
        context = command.make_context(command.name, words, parent=context)
        if not isinstance(command, click.Group):
            return
        words = [*context._protected_args, *context.args]
        if not words:
            return
        name, subcommand, words = command.resolve_command(context, words)
        assert name
        assert subcommand
        yield name
        command = subcommand


@pytest.mark.parametrize("path", PATHS, ids=lambda path: " ".join(("advent", *path)))
def test_help_has_a_sentence_an_example_and_exit_codes(path: tuple[str, ...]) -> None:
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


def test_the_exit_codes_are_those_the_command_can_return() -> None:
    codes_of = {path: {*command.codes} for path, command in command_tree(advent)}
    assert {path for path, codes in codes_of.items() if errors.DIFFERENT in codes} == {(), ("plan",), ("status",)}
    assert errors.UNREACHABLE not in codes_of["doctor",] | codes_of["new", "app"] | codes_of["new", "consumer"]
    assert errors.REFUSED not in codes_of["doctor",] | codes_of["logs",] | codes_of["local", "stop"]
    assert errors.REFUSED in codes_of["up",] & codes_of["down",] & codes_of["say",] & codes_of["slack", "secret"]


def test_the_commands_are_listed_by_what_they_are_for() -> None:
    output = CliRunner().invoke(advent, ["--help"]).output
    listed = output.split("-h, --help")[1].split("\nExample:")[0]
    titles = re.findall(r"^(\w.*):$", listed, re.M)
    assert titles == ["Build", "Look", "Talk", "Slack", "Your own apps", "Local engine"]
    names = re.findall(r"^  (\w+)  +\w", listed, re.M)
    assert names[0] == "up"
    assert sorted(names) == sorted(advent.commands)
    assert len({line.index(line.split(maxsplit=1)[1]) for line in re.findall(r"^  (\w+ .*)", listed, re.M)}) == 1


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["stauts"], "unknown command 'stauts': did you mean 'status'?"),
        (["--stack", "trial", "dwon"], "unknown command 'dwon': did you mean 'down'?"),
        (["slack", "chekc"], "unknown command 'chekc': did you mean 'check'?"),
        (["slack", "xyz"], "unknown command 'xyz': use one of check, listen, manifest, secret"),
    ],
)
def test_an_unknown_command_is_answered_with_the_nearest(words: list[str], answer: str) -> None:
    done = CliRunner().invoke(advent, words)
    assert (done.exit_code, done.output.splitlines()[-1]) == (errors.USAGE, f"Error: {answer}")


def test_down_says_what_it_refuses() -> None:
    output = CliRunner().invoke(advent, ["down", "--help"]).output
    assert "FILE exists" in output
    assert "cannot check" in " ".join(output.split())


def command_tree(command: click.Command, *path: str) -> Iterator[tuple[tuple[str, ...], Command]]:
    assert isinstance(command, Command)
    yield path, command
    for name, subcommand in getattr(command, "commands", {}).items():
        yield from command_tree(subcommand, *path, name)
