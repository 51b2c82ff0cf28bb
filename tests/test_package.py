"""The installed package: the README's first command in a fresh checkout, use from another directory, and a release."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.support import distributions
from tests.support.distributions import BINARIES, SKIPPED
from tests.support.stacks import ROOT


def test_the_readmes_first_command_then_another_directory(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    command = next(line for line in readme.splitlines() if "pip install -q '.[local]'" in line)
    checkout, elsewhere = tmp_path / "checkout", tmp_path / "elsewhere"
    shutil.copytree(ROOT, checkout, ignore=SKIPPED)
    elsewhere.mkdir()
    path = f"{Path(sys.executable).resolve().parent}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "XDG_STATE_HOME": str(tmp_path / "state dir"), "ADVENT_DOWN_YES": "1"}

    def run(*command: str | Path, cwd: Path = elsewhere) -> str:
        done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    binaries = checkout / ".venv" / "bin"
    try:
        url, reply = run("sh", "-c", command, cwd=checkout).splitlines()
        assert url.startswith("http://127.0.0.1:")
        assert reply == "awsadvent = 1, some = 1, words = 1"
        shutil.rmtree(checkout / "handlers")  # the installed package needs nothing from the checkout
        (checkout / "config.yaml").unlink()
        assert run(binaries / "advent", "up") == f"{url}\n"
        assert run(binaries / "python", "-m", "advent_cli", "say", "awsadvent") == "awsadvent = 12\n"
        run(binaries / "advent", "down")
        run(binaries / "advent", "export", tmp_path / "exported")
        assert (tmp_path / "exported" / "README.md").is_file()
    finally:
        run(binaries / "advent", "local", "stop")
    assert list(elsewhere.iterdir()) == []
    installed = run(binaries / "python", "-m", "pip", "show", "-f", "aws-advent")
    assert installed.count("advent_cli/tutorial/handlers/") == installed.count("tutorial/handlers/__pycache__") + 7
    assert " tests/" not in installed


def test_the_readmes_shorter_way_installs_with_uv(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    command = next(line for line in readme.splitlines() if line.startswith("uv tool install "))
    checkout = tmp_path / "checkout"
    shutil.copytree(ROOT, checkout, ignore=SKIPPED)
    path = os.pathsep.join([str(tmp_path / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
    folders = {"XDG_STATE_HOME": "state", "UV_TOOL_DIR": "tools", "UV_TOOL_BIN_DIR": "bin", "UV_CACHE_DIR": "cache"}
    env = {**os.environ, "PATH": path, **{name: str(tmp_path / folder) for name, folder in folders.items()}}
    try:
        done = subprocess.run(["sh", "-c", command], cwd=checkout, env=env, capture_output=True, text=True)
        assert done.stdout.splitlines()[1:] == ["awsadvent = 1, some = 1, words = 1"], done.stderr
    finally:
        subprocess.run([tmp_path / "bin" / "advent", "local", "stop"], env=env, check=True)


def test_without_the_local_extra_the_error_says_how_to_install_it(tmp_path: Path) -> None:
    program = "import sys; sys.modules['ministack'] = None; sys.argv[1:] = ['up']; import advent_cli.__main__"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 3
    assert "pip install '.[local]'" in done.stderr
    assert "bug in advent" not in done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return distributions.build(tmp_path_factory.mktemp("release"))


def test_what_is_built_is_fit_for_the_index_and_names_the_version_of_the_changelog(built: tuple[Path, Path]) -> None:
    described = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert "/uv build && .venv-dev/bin/twine check --strict dist/*" in described
    subprocess.run([BINARIES / "twine", "check", "--strict", *built], check=True)
    version = re.findall(r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)[0]
    assert [file.name for file in built] == [f"aws_advent-{version}.tar.gz", f"aws_advent-{version}-py3-none-any.whl"]
    with tarfile.open(built[0]) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert {"CHANGELOG.md", "docs/ci.md", "docs/github-workflow.yaml", "docs/schemas/config.schema.json"} <= names


@pytest.mark.parametrize("index", [0, 1], ids=["sdist", "wheel"])
def test_each_can_be_installed_and_plans(built: tuple[Path, Path], tmp_path: Path, index: int) -> None:
    binaries = distributions.new_environment(tmp_path / "venv")
    subprocess.run([binaries / "pip", "install", "-q", "--no-deps", built[index]], check=True)
    distributions.add_libraries(binaries)

    def advent(*words: str) -> str:
        environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")}
        done = subprocess.run(
            [binaries / "advent", *words], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    try:
        assert f"advent {built[1].name.split('-')[1]} (" in advent("--version")
        assert "26 to create" in advent("plan")
        advent("new", "app", "mine")
        assert (tmp_path / "mine" / "handlers" / "app.py").is_file()
    finally:
        advent("local", "stop")
    assert [path.name for path in tmp_path.iterdir() if path.name not in ("venv", "state")] == ["mine"]
