"""The README and the user's documents are true: shell blocks and commands, messages, examples, pictures."""

import contextlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from advent_cli.cli.app import advent
from advent_cli.local import lifecycle
from advent_cli.stack import scaffold
from tests.support import pictures
from tests.support.stacks import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
DEVELOPERS = {"extending.md", "inside.md", "inside-runs.md", "speed.md"}
PAGES = [file for file in (ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))) if file.name not in DEVELOPERS]
TESTED_ELSEWHERE = {"ci.md", "export.md"}  # pages whose shell blocks have tests of their own
INSTALLED_ELSEWHERE = ("pip install", "uv tool install")  # by test_package.py, and by .ci/run


def test_ci_runs_the_documented_command() -> None:
    line = next(line for line in README.splitlines() if "pip install -q -e '.[dev]'" in line)
    for part in ("ruff check .", "ruff format --check .", "mypy", "pytest"):
        assert f"/{part}" in line
    assert "pip install -q -e '.[dev]'" in (ROOT / ".ci" / "run").read_text()


def test_the_example_consumer_is_valid(capsys: pytest.CaptureFixture[str]) -> None:
    for text in (README, (ROOT / "docs" / "own-apps.md").read_text(encoding="utf-8")):
        ((name, function),) = yaml.safe_load(text.split("```yaml\n")[1].split("```")[0]).items()
        added = scaffold._with_function("functions:\n  a: {}\n", name, "awsadvent")
        assert yaml.safe_load(added)["functions"][name] == function
    code: dict[str, Any] = {}
    exec(README.split("```python\n")[1].split("```")[0], code)  # noqa: S102 (our own README)
    code["handler"]({"Records": [{"Sns": {"Message": "awsadvent some words"}}]}, None)
    assert capsys.readouterr().out == "AWSADVENT SOME WORDS\n"


def test_the_quoted_messages_are_the_programs() -> None:
    page = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    table = page.split("## Error messages\n")[1].strip().split("\n\n")[0]
    texts = [row.split("`")[1] for row in table.splitlines()[2:]]
    assert len(texts) > 15
    source = "\n".join(file.read_text() for file in (ROOT / "advent_cli").rglob("*.py"))
    source = source.replace("{problem}", "is missing").replace('{"s" if number != 1 else ""}', "s")
    assert [text for text in texts if text not in source] == []


def blocks(text: str) -> list[list[str]]:
    """The lines of each shell block."""
    return [part.split("```")[0].strip().splitlines() for part in text.split("```sh\n")[1:]]


def test_every_shell_command_runs_or_is_marked(tmp_path: Path) -> None:
    """The app is up before each block, on an engine of this test alone, in what looks like a checkout."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    home = {"XDG_STATE_HOME": str(tmp_path / "state"), "PATH": path, "ADVENT_DOWN_YES": "1"}
    checkout = tmp_path / "checkout"
    for name in ("handlers", "examples"):
        shutil.copytree(ROOT / name, checkout / name)
    shutil.copy(ROOT / "config.yaml", checkout)

    def run(line: str) -> str:
        command = ["bash", "-c", f"set -o pipefail; {line}"]
        environment = {**os.environ, **home}
        done = subprocess.run(command, cwd=checkout, env=environment, input="secret\n", capture_output=True, text=True)
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        return done.stdout

    count = 0
    try:
        pages = [page for page in PAGES if page.name not in TESTED_ELSEWHERE]
        for block in [block for page in pages for block in blocks(page.read_text(encoding="utf-8"))]:
            if block[0].startswith("# needs ") or any(word in block[0] for word in INSTALLED_ELSEWHERE):
                continue
            run("advent up")
            for line in block:
                if complete := re.search("_ADVENT_COMPLETE=[a-z_]+ advent", line):  # the shell may not be installed
                    assert "advent" in run(complete[0])
                else:
                    run(line)
                count += 1
    finally:
        run("advent local stop")
    assert count >= 12


def quoted(text: str) -> Iterator[str]:
    """The command lines of advent in the code spans and the shell blocks, without what stands for something else."""
    shell = [line for block in blocks(text) for line in block]
    for line in [*re.findall(r"`(advent [^`\n]+)`", text), *shell]:
        for part in re.split(r"[|;]|&&", line):
            words = re.split(r" [<>] ", part)[0].strip()
            if words.startswith("advent ") and not re.search(r"COMMAND|\.\.\.|\[|\)|\$", words):
                yield words


def parse(line: str) -> None:
    """Parse a command line as click does; UsageError if it is wrong, apart from arguments that it leaves out."""
    words = shlex.split(line)[1:]
    command: click.Command = advent
    context: click.Context | None = None
    with contextlib.suppress(click.exceptions.Exit, click.MissingParameter):  # --help and --version exit
        while True:
            context = command.make_context(command.name, words, parent=context)
            words = [*context._protected_args, *context.args]
            if not isinstance(command, click.Group) or not words:
                return
            _, found, words = command.resolve_command(context, words)
            assert found
            command = found


@pytest.mark.parametrize("page", PAGES, ids=lambda file: file.name)
def test_the_commands_in_the_text_parse(page: Path) -> None:
    wrong = []
    for line in quoted(page.read_text(encoding="utf-8")):
        try:
            parse(line)
        except click.UsageError as error:
            wrong.append(f"{line}: {error.message}")
    assert wrong == []


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
