"""`advent local reset` deletes what advent keeps on this machine, and nothing of others."""

import socket
from pathlib import Path

import pytest

from advent_cli.local import lifecycle
from tests.conftest import ADVENT, Run
from tests.support.screen import Terminal


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Folders for the state and the cache that only this test uses."""
    state, cache = tmp_path / "state", tmp_path / "cache"
    monkeypatch.setenv("XDG_STATE_HOME", str(state))
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    return state, cache


def left(*folders: Path) -> list[str]:
    return sorted(str(path) for folder in folders for path in folder.rglob("*"))


def test_all_that_was_kept_is_named_and_gone(places: tuple[Path, Path], tmp_path: Path, advent: Run) -> None:
    state, cache = places
    advent("up")
    advent("say", "awsadvent", "words")
    port = lifecycle.require().port
    crash, package = state / "advent" / "log" / "crash-1.txt", cache / "advent" / "packages" / "a" / "b.py"
    for file in (crash, package):
        file.parent.mkdir(parents=True)
        file.write_text("x")

    refused = advent("local", "reset", code=4).stderr
    assert "not confirmed: no terminal to ask on" in refused
    assert crash.exists()
    shown = advent("local", "reset", "--yes").stderr
    for path in (state / "advent" / "engine", crash, package.parents[1]):
        assert f"  {path}: " in refused
        assert f"  {path}: " in shown
    assert left(state, cache) == []
    assert state.is_dir()
    assert cache.is_dir()
    with socket.socket() as other, pytest.raises(OSError, match="refused"):
        other.connect(("127.0.0.1", port))
    assert advent("local", "reset", "-y").stderr == "nothing to delete\n"
    assert left(state, cache) == []
    assert "26 to create" in advent("plan").stdout  # a new engine, with nothing in it
    advent("local", "reset", "-y")


def test_what_others_put_there_stays(places: tuple[Path, Path], tmp_path: Path, advent: Run) -> None:
    state, cache = places
    lifecycle.start()
    mine = [state / "advent" / "engine" / "notes.txt", state / "advent" / "log" / "x.txt", cache / "advent" / "x"]
    for file in mine:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("mine")
    target = tmp_path / "elsewhere"
    target.mkdir()
    (target / "kept").touch()
    (cache / "advent" / "packages").symlink_to(target)
    advent("local", "reset", "-y")
    folders = {str(parent) for file in mine for parent in (file.parent, *file.parent.parents)}
    assert {*left(state, cache)} - folders == {str(file) for file in mine}
    assert (target / "kept").exists()


def test_on_a_terminal_it_asks(places: tuple[Path, Path], tmp_path: Path) -> None:
    lifecycle.start()
    for answer, code in (("n", 4), ("y", 0)):
        with Terminal([ADVENT, "local", "reset"], tmp_path, (200, 20)) as terminal:
            terminal.read(until="Delete all of this? [y/N]:")
            terminal.press(f"{answer}\n")
            assert terminal.ended() == code
        assert (lifecycle.home_path().exists()) == (answer == "n")
