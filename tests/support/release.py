"""The last release, from its commit, with the libraries of this environment, which are within its limits.

The commit stands here because a tag does not always travel with the repository. When a version is released, it is
tagged and its commit takes the place of this one.
"""

import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from pathlib import Path

from tests.support.stacks import ROOT

VERSION, COMMIT = "0.1.0", "c7da3f3313e06f166e16ff13c002ed57ef0af45f"
MISSING = (
    f"the commit of the last release, {VERSION}, is not in this checkout: "
    "`git fetch --unshallow --tags` brings it, and a folder without .git has to be a clone"
)


def install(folder: Path) -> Path:
    """Put the release into an environment of its own; the path of its `advent`."""
    source, venv = folder / "source", folder / "venv"
    with tempfile.TemporaryFile() as archive:
        done = subprocess.run(["git", "archive", COMMIT], cwd=ROOT, stdout=archive, stderr=subprocess.PIPE)
        if done.returncode:
            raise RuntimeError(MISSING)
        archive.seek(0)
        with tarfile.open(fileobj=archive) as files:
            files.extractall(source)  # noqa: S202 (our own)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    (packages,) = venv.glob("lib/python*/site-packages")
    (packages / "release.pth").write_text(f"{source}\n{sysconfig.get_path('purelib')}\n")
    command = venv / "bin" / "advent"
    command.write_text(f"#!{venv / 'bin' / 'python'}\nfrom advent_cli.main import main\nmain()\n")
    command.chmod(0o755)
    return command
