"""Installs what a requirements.txt names, for the Python and the machine of Lambda; once for the same content."""

import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from advent_cli.errors import ConfigError

# Lambda runs Python 3.12 and later on Amazon Linux 2023, with glibc 2.34; wheels for older ones work there too.
PLATFORMS = ("manylinux_2_34", "manylinux_2_28", "manylinux_2_17", "manylinux2014")
MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}
TOLD = 5  # lines of the installer's complaint


def installed(requirements: Path, runtime: str, architecture: str) -> Path:
    """A folder with the packages; without `architecture` for this machine and this Python.

    Raises ConfigError if one of them cannot be had as a wheel.
    """
    from platformdirs import user_cache_path

    here = f"{platform.platform()} {sys.version}"
    content = requirements.read_bytes() + (f"{runtime} {architecture}" if architecture else here).encode()
    folder = user_cache_path("advent") / "packages" / hashlib.sha256(content).hexdigest()[:32]
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as new:
            _install(requirements, runtime.removeprefix("python"), architecture, Path(new, "all"))
            if not folder.is_dir():  # nobody else was quicker
                os.replace(Path(new, "all"), folder)
    return folder


def _install(requirements: Path, python: str, architecture: str, target: Path) -> None:
    target.mkdir()
    command = [*_installer(), "--target", str(target), "--only-binary", ":all:", "-r", str(requirements)]
    if architecture and "uv" in Path(command[0]).name:
        command += ["--python-version", python, "--python-platform", f"{MACHINES[architecture]}-manylinux_2_28"]
    elif architecture:
        machine = MACHINES[architecture]
        command += ["--python-version", python, "--implementation", "cp"]
        command += [word for name in PLATFORMS for word in ("--platform", f"{name}_{machine}")]
    done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603 (what the person asked to install)
    if done.returncode:
        why = " / ".join(done.stderr.strip().splitlines()[-TOLD:])
        place = f"for Python {python} on {architecture}" if architecture else "for this machine"
        hint = "only wheels are installed, for nothing can be built for another machine"
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
