"""The sdist and the wheel as a release builds them, and environments to install them into."""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.support.stacks import ROOT

SKIPPED = shutil.ignore_patterns(".venv*", ".git", ".*_cache", ".hypothesis", "*.egg-info", "build", "__pycache__")
BINARIES = Path(sys.executable).parent


def build(folder: Path) -> tuple[Path, Path]:
    """Build a copy of the checkout as CONTRIBUTING.md says; the sdist, and the wheel, which is built from it."""
    shutil.copytree(ROOT, folder / "checkout", ignore=SKIPPED)
    command: list[str | Path] = [BINARIES / "uv", "build", "-q", "--out-dir", folder / "dist"]
    subprocess.run(command, cwd=folder / "checkout", check=True)
    (sdist,), (wheel,) = folder.glob("dist/*.tar.gz"), folder.glob("dist/*.whl")
    return sdist, wheel


def new_environment(folder: Path) -> Path:
    """The folder of the programs of a new virtual environment, which has nothing but pip."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return folder / "bin"


def add_libraries(binaries: Path) -> None:
    """Let an environment use the libraries of this one, after its own."""
    (packages,) = binaries.parent.glob("lib/python*/site-packages")
    (packages / "libraries.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
