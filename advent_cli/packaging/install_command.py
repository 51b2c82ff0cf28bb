"""The command that installs a package beside advent."""

import importlib.util
import shlex
import sys


def install_command(package: str) -> str:
    """The shell command that installs a package for the Python that runs advent."""
    python = shlex.quote(sys.executable)
    pip = "" if importlib.util.find_spec("pip") else f"{python} -m ensurepip && "  # uv makes environments without pip
    return f"{pip}{python} -m pip install {shlex.quote(package)}"
