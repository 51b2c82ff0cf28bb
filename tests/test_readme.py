"""The README is complete and correct: commands, options, settings, exit codes, messages, shell blocks and pictures."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import click
import msgspec
import pytest

from advent_cli.cli.app import advent
from advent_cli.config.schema import Settings
from advent_cli.local import lifecycle
from tests.support import pictures
from tests.support.stacks import ROOT

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


def test_every_command_and_option_is_documented() -> None:
    everything = dict(commands(advent, "advent"))
    assert len(everything) == 25
    for path, command in everything.items():
        assert f"`{path}" in README, path
        for option in [*command.params, *advent.params]:
            if isinstance(option, click.Option):
                assert f"`{option.opts[-1]}" in README, f"{path} {option.opts}"
            if isinstance(option, click.Option) and option.name != "version":
                prefix = "ADVENT" if option in advent.params else path.upper().replace(" ", "_")
                assert f"`{prefix}_{option.name}`".upper() in README, f"{prefix}_{option.name}"


def test_every_setting_is_documented() -> None:
    names = list(settings(Settings))
    assert "functions.NAME.memory" in names
    assert [name for name in names if f"`{name}`" not in README] == []


def test_ci_runs_the_documented_command() -> None:
    line = next(line for line in README.splitlines() if "pip install -q -e '.[dev]'" in line)
    for part in ("ruff check .", "ruff format --check .", "mypy", "pytest"):
        assert f"/{part}" in line
    assert "pip install -q -e '.[dev]'" in (ROOT / ".ci" / "run").read_text()


def test_the_exit_codes_are_the_programs() -> None:
    from advent_cli import errors

    codes = [errors.DONE, errors.FAILED, errors.USAGE, errors.UNREACHABLE, errors.REFUSED]
    codes += [errors.DIFFERENT, errors.INTERRUPTED]
    rows = [line.split("|")[1].strip() for line in README.splitlines() if line.startswith("| ")]
    assert [int(cell) for cell in rows if cell.isdigit()] == codes


def test_the_example_consumer_is_valid() -> None:
    snippet = README.split("```yaml\n")[1].split("```")[0]
    import yaml

    from advent_cli.stack import scaffold

    ((name, function),) = yaml.safe_load(snippet).items()
    added = scaffold._with_function("functions:\n  a: {}\n", name, "awsadvent")
    assert yaml.safe_load(added)["functions"][name] == function


def test_the_quoted_messages_are_the_programs() -> None:
    table = README.split("### What it says, and what to do\n")[1].strip().split("\n\n")[0]
    texts = [row.split("`")[1] for row in table.splitlines()[2:]]
    assert len(texts) > 15
    source = "\n".join(file.read_text() for file in (ROOT / "advent_cli").rglob("*.py"))
    source = source.replace("{problem}", "is missing").replace('{"s" if number != 1 else ""}', "s")
    assert [text for text in texts if text not in source] == []


def blocks() -> list[list[str]]:
    """The lines of each shell block."""
    return [part.split("```")[0].strip().splitlines() for part in README.split("```sh\n")[1:]]


def test_every_shell_command_runs_or_is_marked(tmp_path: Path) -> None:
    """The app is up before each block, on an engine of this test alone."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    home = {"XDG_STATE_HOME": str(tmp_path / "state"), "PATH": path, "ADVENT_DOWN_YES": "1"}

    def run(line: str) -> str:
        command = ["bash", "-c", f"set -o pipefail; {line}"]
        environment = {**os.environ, **home}
        done = subprocess.run(command, cwd=tmp_path, env=environment, input="secret\n", capture_output=True, text=True)
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        return done.stdout

    count = 0
    try:
        for block in blocks():
            tested_elsewhere = "pip install" in block[0] or block[0].startswith(
                "# + "
            )  # test_package, .ci/run, test_explain
            if tested_elsewhere or block[0] == "# needs an AWS account":
                continue
            run("advent up")
            for line in block:
                if complete := re.search(
                    "_ADVENT_COMPLETE=[a-z_]+ advent", line
                ):  # for shells that may not be installed
                    assert "advent" in run(complete[0])
                else:
                    run(line)
                count += 1
    finally:
        run("advent local stop")
    assert count >= 12


def test_the_commands_for_aws_parse() -> None:
    lines = [line for block in blocks() if block[0] == "# needs an AWS account" for line in block[1:]]
    commands_given = [shlex.split(line.split(" > ")[0])[1:] for line in lines if line.startswith("advent ")]
    assert len(commands_given) >= 6
    for words in commands_given:
        with advent.make_context("advent", list(words), resilient_parsing=True) as context:
            assert advent.resolve_command(context, [*context._protected_args, *context.args])[1]


def test_the_pictures_match_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their text matches, except for times, ids and ports, which differ from run to run."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    try:
        for name, commands in pictures.PICTURES.items():
            assert f"docs/pictures/{name}.svg" in README
            kept = pictures.text_of((pictures.FOLDER / f"{name}.svg").read_text(encoding="utf-8"))
            now = pictures.text_of(pictures.draw(pictures.run(commands, tmp_path)))
            assert pictures.same(kept) == pictures.same(now)
    finally:
        lifecycle.stop()
