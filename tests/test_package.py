"""The installed package: the README's first command in a fresh checkout, then use from another directory."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.stacks import ROOT

SKIPPED = shutil.ignore_patterns(".venv*", ".git", ".*_cache", ".hypothesis", "*.egg-info", "build", "__pycache__")


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
