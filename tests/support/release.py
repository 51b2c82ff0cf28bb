"""The last release, as its users have it: built from its commit, in an environment of its own.

The commit stands here because a tag does not always travel with the repository. When a version is released, it is
tagged and its commit takes the place of this one.
"""

import subprocess
import sys
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
    """Build the release and install it with its local engine; the path of its `advent`."""
    source = folder / "source"
    with tempfile.TemporaryFile() as archive:
        done = subprocess.run(["git", "archive", COMMIT], cwd=ROOT, stdout=archive, stderr=subprocess.PIPE)
        if done.returncode:
            raise RuntimeError(MISSING)
        archive.seek(0)
        with tarfile.open(fileobj=archive) as files:
            files.extractall(source)  # noqa: S202 (our own)
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    pip = str(folder / "venv" / "bin" / "pip")
    command = [pip, "install", "-q", "--disable-pip-version-check", f"{source}[local]"]
    subprocess.run(command, check=True, cwd=folder)
    return folder / "venv" / "bin" / "advent"
