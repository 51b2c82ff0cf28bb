"""Installs what a requirements.txt names, for the Python and the machine of Lambda; once for the same content."""

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
# ("Lambda runtimes" in its developer guide); wheels for older ones work there too.
GLIBC, OLD_GLIBC, NEW_LINUX = 34, 26, (3, 12)
MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}
TOLD = 5  # lines of the installer's complaint


def installed(requirements: Path, runtime: str, architecture: str) -> Path:
    """A folder with the packages; without `architecture` for this machine and this Python.

    Raises ConfigError if one of them cannot be had as a wheel.
    """
    from platformdirs import user_cache_path

    here = f"{platform.platform()} {sys.version}"
    content = _contents(requirements) + (f"{runtime} {architecture}" if architecture else here).encode()
    folder = user_cache_path("advent") / "packages" / hashlib.sha256(content).hexdigest()[:32]
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as new:
            _install(requirements, runtime, architecture, Path(new, "all"))
            try:
                os.replace(Path(new, "all"), folder)
            except OSError:
                if not folder.is_dir():  # or somebody else was quicker
                    raise
    return folder


def _contents(requirements: Path) -> bytes:
    """What is in the file, and in those that it names after -r or -c."""
    text = requirements.read_bytes()
    for name in re.findall(rb"^\s*(?:-r|-c|--requirement|--constraint)[ =]\s*(\S+)", text, re.MULTILINE):
        other = requirements.parent / name.decode()
        text += _contents(other) if other.is_file() and other != requirements else b""
    return text


def command(requirements: Path, runtime: str, architecture: str, target: str) -> list[str]:
    """The words of the command that installs them as wheels into the folder `target`."""
    python = runtime.removeprefix("python")
    command = [*_installer(), "--target", target, "--only-binary", ":all:", "-r", str(requirements)]
    machine = MACHINES.get(architecture)
    newest = GLIBC if tuple(map(int, python.split("."))) >= NEW_LINUX else OLD_GLIBC
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
    done = subprocess.run(words, capture_output=True, text=True)  # noqa: S603 (what the person asked to install)
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        why = " / ".join([line for line in lines if line.startswith("ERROR:")] or lines[-TOLD:])
        place = f"for Python {runtime.removeprefix('python')} on {architecture}" if architecture else "for this machine"
        hint = "is the network there? And only wheels are installed, for nothing can be built for another machine"
        raise ConfigError(f"the packages of {requirements} cannot be installed {place}", why=why, hint=hint)


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
    raise ConfigError("a handler has a requirements.txt, and there is no pip to install it", hint="install pip, or uv")
