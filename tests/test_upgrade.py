"""Who used the last release goes on with this one: nothing of theirs is lost, and the changelog names what changes."""

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from advent_cli.local import lifecycle
from advent_cli.local.lifecycle import Engine
from tests.conftest import Run
from tests.support import release, stacks

CHANGELOG = (stacks.ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
Old = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory, testrun_uid: str) -> Path:
    """The `advent` of the last release, installed once for all workers of the test run."""
    folder = tmp_path_factory.getbasetemp().parent / f"release-{testrun_uid}"
    folder.mkdir(exist_ok=True)
    with FileLock(folder / "lock"):
        if not (folder / "done").exists():
            release.install(folder)
            (folder / "done").touch()
    return folder / "venv" / "bin" / "advent"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An engine's directory for this test alone."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    yield lifecycle.home()
    lifecycle.stop()


@pytest.fixture
def old(installed: Path, home: Path, tmp_path: Path) -> Old:
    """Run a command of the last release."""

    def run(*words: str, code: int = 0, **env: str) -> "subprocess.CompletedProcess[str]":
        command: list[str] = [str(installed), *words]
        done = subprocess.run(command, cwd=tmp_path, env={**os.environ, **env}, capture_output=True, text=True)
        assert done.returncode == code, f"{words} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    return run


def words(run: Any) -> dict[str, int]:
    return {each["word"]: each["count"] for each in json.loads(run("status", "--json").stdout)["words"]["top"]}


def engine_json(home: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((home / "engine.json").read_text())
    return found


def upgrading() -> str:
    """What the changelog says of the way from the last release."""
    found = re.search(
        r"^### Upgrading\n(.*?)^##", CHANGELOG.partition(f"## {release.VERSION}")[0], re.DOTALL | re.MULTILINE
    )
    return found[1] if found else ""


def test_its_app_goes_on(old: Old, advent: Run, home: Path) -> None:
    url = old("up").stdout
    old("say", "awsadvent", "some", "words", "some")
    counted, before = words(old), engine_json(home)
    assert counted == {"awsadvent": 11, "some": 22, "words": 11}
    planned = advent("plan", "--json")
    steps = {step["key"]: step for step in json.loads(planned.stdout)["steps"] if step["action"] != "nothing"}
    assert not [key for key in steps if f"`{key}`" not in upgrading()], steps
    assert "an older version of advent started it" in planned.stderr
    after = engine_json(home)
    assert (after["port"], after["pid"] != before["pid"], bool(after["secret_key"])) == (before["port"], True, True)
    assert advent("up").stdout == url
    assert words(advent) == counted
    assert "nothing to do" in advent("plan").stdout
    advent("say", "awsadvent", "some")
    assert words(advent)["some"] == 33
    assert json.loads(advent("down", "--yes", "--json").stdout)["left"] == []
    engine = lifecycle.require()
    assert stacks.left(stacks.tutorial(engine).aws.client) == []


def test_its_commands_are_refused_at_home_and_change_nothing(old: Old, advent: Run, home: Path) -> None:
    advent("up")
    advent("say", "awsadvent", "word")
    before = words(advent), engine_json(home)
    for command in (["plan"], ["up"], ["status"], ["down", "--yes"], ["say", "awsadvent"]):
        refused = old(*command, code=3)
        assert refused.stderr.count("error: ") == 1
        assert "does not accept the credentials" in refused.stderr
    assert (words(advent), engine_json(home)) == before


def test_its_down_removes_what_this_version_made(old: Old, advent: Run, home: Path) -> None:
    """As on AWS, where both versions have the same credentials."""
    engine = lifecycle.start()
    keys = engine.environment(None)
    advent("--target", "aws", "up", "--yes", **keys)
    old("--target", "aws", "down", "--yes", **keys)
    assert stacks.left(stacks.tutorial(engine).aws.client) == []


def test_an_engine_that_cannot_save_is_told(old: Old, advent: Run, home: Path) -> None:
    old("up")
    (home / "state" / "dynamodb.json.tmp").mkdir(parents=True)
    refused = advent("up", code=1)
    assert "the local engine stopped without saving all of its state" in refused.stderr
    assert "dynamodb" in refused.stderr


def test_a_checkout_without_its_commit_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "ROOT", tmp_path)
    with pytest.raises(RuntimeError, match="git fetch --unshallow"):
        release.install(tmp_path)


def test_the_file_names_the_last_released_version() -> None:
    """A tag of a version that is newer than the one in the file is a release that nobody noted there."""
    tags = subprocess.run(
        ["git", "tag", "--list", "v*"], cwd=stacks.ROOT, capture_output=True, text=True
    ).stdout.split()
    numbers = [tuple(int(part) for part in tag[1:].split(".")) for tag in tags if re.fullmatch(r"v[0-9.]+", tag)]
    assert max(numbers, default=(0,)) <= tuple(int(part) for part in release.VERSION.split("."))


def test_the_engine_of_the_last_release_is_found(old: Old, home: Path) -> None:
    old("local", "start")
    engine = lifecycle.find()
    assert engine == Engine(engine.pid if engine else 0, engine_json(home)["port"], "", "")
