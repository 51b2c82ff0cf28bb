"""The README tells the truth: every command, option and setting is in it, and its two commands are what runs."""

from collections.abc import Iterator
from typing import Any, get_args, get_origin, get_type_hints

import click
import msgspec

from advent_cli.cli import advent
from advent_cli.display import report
from advent_cli.settings import Settings
from tests.support import stacks
from tests.support.stacks import ROOT, TUTORIAL

README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        if not isinstance(command, click.Group) or command.invoke_without_command:
            yield f"{path} {name}", command


def settings(kind: Any, path: str = "") -> Iterator[str]:
    if get_origin(kind) is dict and issubclass(get_args(kind)[1], msgspec.Struct):
        yield path
        yield from settings(get_args(kind)[1], f"{path}.NAME")
    elif structs := [part for part in (kind, *get_args(kind)) if isinstance(part, msgspec.StructMeta)]:
        for name, hint in get_type_hints(structs[0]).items():
            yield from settings(hint, f"{path}.{name}" if path else name)
    else:
        yield path


def test_every_command_and_option_is_in_it() -> None:
    everything = dict(commands(advent, "advent"))
    assert len(everything) == 23
    for path, command in everything.items():
        assert f"`{path}" in README, path
        for option in [*command.params, *advent.params]:
            if isinstance(option, click.Option):
                assert f"`{option.opts[-1]}" in README, f"{path} {option.opts}"
            if isinstance(option, click.Option) and option.name != "version":
                prefix = "ADVENT" if option in advent.params else path.upper().replace(" ", "_")
                assert f"`{prefix}_{option.name}`".upper() in README, f"{prefix}_{option.name}"


def test_every_setting_is_in_it() -> None:
    names = list(settings(Settings))
    assert "functions.NAME.memory" in names
    assert [name for name in names if f"`{name}`" not in README] == []


def test_ci_runs_the_very_command_that_it_gives() -> None:
    line = next(line for line in README.splitlines() if "pip install -q -e '.[dev]'" in line)
    for part in ("ruff check .", "ruff format --check .", "mypy", "pytest"):
        assert f"/{part}" in line
    assert "pip install -q -e '.[dev]'" in (ROOT / ".ci" / "run").read_text()


def test_its_exit_codes_are_those_of_the_program() -> None:
    from advent_cli import errors

    codes = [errors.DONE, errors.FAILED, errors.USAGE, errors.UNREACHABLE, errors.REFUSED]
    codes += [errors.DIFFERENT, errors.INTERRUPTED]
    rows = [line.split("|")[1].strip() for line in README.splitlines() if line.startswith("| ")]
    assert [int(cell) for cell in rows if cell.isdigit()] == codes


def test_the_consumer_that_it_adds_is_a_good_one() -> None:
    snippet = README.split("```yaml\n")[1].split("```")[0]
    import yaml

    from advent_cli import new

    ((name, function),) = yaml.safe_load(snippet).items()
    added = new._with_function("functions:\n  a: {}\n", name, "awsadvent")
    assert yaml.safe_load(added)["functions"][name] == function


def test_the_run_that_it_shows_has_the_steps_of_the_tutorial() -> None:
    """In their order, and with their sum; only the times may be others."""
    shown = README.split("```\n+ ")[1].split("```")[0].splitlines()
    shown = [f"+ {shown[0]}", *shown[1:]]
    rows = [line for line in shown if line.startswith("+ ")]
    keys = list(stacks.without_calls().resources)
    assert [
        " ".join(row.split()[1:])[: len(key)].replace(" ", "/", 1) for row, key in zip(rows, keys, strict=True)
    ] == keys
    assert shown[len(rows)].startswith(f"{len(rows) - 1} created, 1 attached in ")
    assert report.door(TUTORIAL.slack) in shown
