"""Which config.yaml is used: of the app in this folder or one above, and the tutorial's only if there is none."""

import os
from pathlib import Path

import pytest

from advent_cli.config import search
from advent_cli.errors import ConfigError
from tests.conftest import Run
from tests.support.stacks import ROOT

APP = "stack: mine\ntable: {name: t, key: k}\ntopics: []\napi: {name: api}\nfunctions: {}\n"


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An app, of which a folder two levels below is the current one."""
    (tmp_path / "config.yaml").write_text(APP)
    (tmp_path / "handlers" / "shop").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "handlers" / "shop")
    return tmp_path


def test_the_given_file_and_the_one_here_come_first(app: Path) -> None:
    assert search.find("given.yaml") == Path("given.yaml")
    Path("config.yaml").write_text("no app, or a broken one")
    assert search.find(None) == Path("config.yaml")


def test_an_app_in_a_folder_above_is_found_even_if_it_is_broken(app: Path) -> None:
    assert search.find(None) == Path("../../config.yaml")
    assert search.is_above(search.find(None))
    (app / "config.yaml").write_text(f"{APP}\ttab: [\n")
    assert search.find(None) == Path("../../config.yaml")


def test_other_programs_files_do_not_count(app: Path) -> None:
    (app / "handlers" / "config.yaml").write_text("stack: of something else\n  functions: inside\n")
    assert search.find(None) == Path("../../config.yaml")
    (app / "config.yaml").unlink()
    assert search.find(None) == ROOT / "config.yaml"
    assert not search.is_above(search.find(None))


@pytest.mark.parametrize("end", [".git", "home"])
def test_the_search_ends_at_a_repository_and_at_home(app: Path, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    if end == ".git":
        (app / "handlers" / ".git").touch()  # a file, as in a worktree
    else:
        monkeypatch.setenv("HOME", str(app / "handlers"))
    assert search.find(None) == ROOT / "config.yaml"
    (app / "handlers" / "config.yaml").write_text(APP)
    assert search.find(None) == Path("../config.yaml")


def test_config_yml_is_refused_by_name(app: Path) -> None:
    (app / "config.yaml").rename(app / "config.yml")
    with pytest.raises(ConfigError, match=r"\.\./\.\./config\.yml is not read") as caught:
        search.find(None)
    assert caught.value.hint.startswith("rename it to config.yaml")
    Path("config.yml").touch()
    with pytest.raises(ConfigError, match=r"^config\.yml is not read"):
        search.find(None)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
def test_somebody_elses_app_is_not_run(app: Path) -> None:
    os.chown(app / "config.yaml", 12345, -1)
    with pytest.raises(ConfigError, match="belongs to another user"):
        search.find(None)


def test_commands_act_on_the_app_above_and_say_so(advent: Run, tmp_path: Path) -> None:
    app = tmp_path / "mine"
    advent("new", "app", str(app))
    (app / "deep").mkdir()
    done = advent("diagram", cwd=app / "deep")
    assert f"{app.name}-aws_advent" in done.stdout
    assert done.stderr.count("note: using ../config.yaml\n") == 1
    assert "added shouter to ../config.yaml" in advent("new", "consumer", "shouter", cwd=app / "deep").stderr
    (app / "config.yaml").rename(app / "config.yml")
    for words in (["up"], ["down", "--yes"], ["diagram"]):
        assert (
            "error: ../config.yml is not read\n  try: rename it to config.yaml"
            in advent(*words, cwd=app / "deep", code=2).stderr
        )
