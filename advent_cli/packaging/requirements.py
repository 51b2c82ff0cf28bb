"""Installs the packages of a requirements.txt for Lambda's Python and architecture, once for the same content."""

import hashlib
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from advent_cli.errors import ConfigError

# The glibc of Amazon Linux 2023, on which Lambda runs Python 3.12 and later, and of Amazon Linux 2, on which the rest
# ("Lambda runtimes" in its developer guide); wheels for an older glibc work there too.
GLIBC, OLD_GLIBC, AL2023_PYTHON = 34, 26, (3, 12)
MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}
ERROR_LINES = 5  # lines of pip's output that an error quotes


def install(requirements: Path, runtime: str, architecture: str) -> Path:
    """The folder with the installed packages; if `architecture` is empty, for this machine and this Python.

    Raises ConfigError if a package is not available as a wheel.
    """
    here = f"{platform.platform()} {sys.version}"
    content = _contents(requirements) + (f"{runtime} {architecture}" if architecture else here).encode()
    folder = cache() / hashlib.sha256(content).hexdigest()[:32]
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as new:
            _install(requirements, runtime, architecture, Path(new, "all"))
            try:
                os.replace(Path(new, "all"), folder)
            except OSError:
                if not folder.is_dir():  # else another process has installed them meanwhile
                    raise
    return folder


def cache() -> Path:
    """The folder of the packages that were installed; it may not exist."""
    from platformdirs import user_cache_path

    return user_cache_path("advent") / "packages"


def _contents(requirements: Path) -> bytes:
    """The content of the file and of those that it includes by -r or -c."""
    text = requirements.read_bytes()
    for name in re.findall(rb"^\s*(?:-r|-c|--requirement|--constraint)[ =]\s*(\S+)", text, re.MULTILINE):
        other = requirements.parent / name.decode()
        text += _contents(other) if other.is_file() and other != requirements else b""
    return text


def command(requirements: Path, runtime: str, architecture: str, target: str) -> list[str]:
    """The command that installs the packages as wheels into the folder `target`."""
    python = runtime.removeprefix("python")
    command = [*_installer(), "--target", target, "--only-binary", ":all:", "-r", str(requirements)]
    machine = MACHINES.get(architecture)
    newest = GLIBC if tuple(map(int, python.split("."))) >= AL2023_PYTHON else OLD_GLIBC
    if machine and "uv" in Path(command[0]).name:
        command += ["--python-version", python, "--python-platform", f"{machine}-manylinux_2_{newest}"]
    elif machine:
        platforms = [f"manylinux_2_{minor}" for minor in range(newest, 16, -1)] + ["manylinux2014"]
        command += ["--python-version", python, "--implementation", "cp"]
        command += [word for name in platforms for word in ("--platform", f"{name}_{machine}")]
    return command


def _install(requirements: Path, runtime: str, architecture: str, target: Path) -> None:
    target.mkdir()
    words = command(requirements, runtime, architecture, str(target))
    done = subprocess.run(words, capture_output=True, text=True)  # noqa: S603 (pip or uv, with the user's own requirements)
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        why = " / ".join([line for line in lines if line.startswith("ERROR:")] or lines[-ERROR_LINES:])
        place = f"for Python {runtime.removeprefix('python')} on {architecture}" if architecture else "for this machine"
        hint = (
            "check the network, and that each package has a wheel for that platform: advent does not build from source"
        )
        raise ConfigError(f"cannot install the packages in {requirements} {place}", why=why, hint=hint)


def _installer() -> list[str]:
    if importlib.util.find_spec("pip"):
        return [
            sys.executable,
            "-m",
            "pip",
            "install",
            "-q",
            "--no-compile",
            "--no-input",
            "--disable-pip-version-check",
        ]
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "-q", "--python", sys.executable]
    raise ConfigError("a handler has a requirements.txt, but neither pip nor uv is installed", hint="install pip or uv")
