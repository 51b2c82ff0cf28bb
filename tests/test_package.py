"""What people install: the wheel, in an empty environment, run from another directory."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.support.stacks import ROOT


def test_the_wheel_works_from_any_directory(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", tmp_path, ROOT], check=True)
    (wheel,) = tmp_path.glob("advent-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "advent_cli/tutorial/config.yaml" in names
    assert sum(name.startswith("advent_cli/tutorial/handlers/") for name in names) == 3
    assert not [name for name in names if name.startswith(("tests", "handlers", "setup"))]

    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    binaries = tmp_path / "venv" / "bin"
    subprocess.run([binaries / "python", *pip[1:], "install", f"{wheel}[local]"], check=True)
    env = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state"), "ADVENT_DOWN_YES": "1"}
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    def run(*command: str | Path) -> str:
        return subprocess.run(command, cwd=elsewhere, env=env, capture_output=True, text=True, check=True).stdout

    try:
        assert run(binaries / "advent", "up").startswith("http://127.0.0.1:")
        assert run(binaries / "python", "-m", "advent_cli", "say", "awsadvent") == "awsadvent = 1\n"
        run(binaries / "advent", "down")
    finally:
        run(binaries / "advent", "local", "stop")
    assert list(elsewhere.iterdir()) == []


def test_without_the_extra_the_error_says_how_to_get_it(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['ministack'] = None; from advent_cli.cli import main; sys.argv[1:] = ['up']; main()"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 3
    assert "pip install 'advent[local]'" in done.stderr
    assert "Traceback" not in done.stderr
