"""Installs the packages of a requirements.txt with uv, for Lambda or for this machine, once for the same content."""

import hashlib
import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path
from urllib.parse import unquote, urlsplit

from advent_cli.errors import ConfigError
from advent_cli.packaging import pip_settings, uv_errors, uv_program
from advent_cli.packaging.requirements import Requirements, hide_credentials, read

# The glibc of Amazon Linux 2023 is 2.34, on which Lambda runs Python 3.12 and later ("Lambda runtimes" in its developer
# guide). The rest runs on Amazon Linux 2 with 2.26; uv knows no platform between that and 2.17.
GLIBC, OLD_GLIBC, AL2023_PYTHON = 34, 17, (3, 12)
MACHINES = {"x86_64": "x86_64", "arm64": "aarch64"}
FORM = 1  # of the folders that `install` makes; another one gives them other names
ONLY_FOR_INSTALLERS = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json")
# What an installer puts before a script of a package: the Python of this machine, in one of two forms.
FIRST_LINES = re.compile(rb"\A#!(?:/bin/sh\n'''exec' [^\n]*\n' '''|[^\n]*python[^\n]*)\n")


def install(file: Path, root: Path, runtime: str, architecture: str) -> Path | None:
    """The folder with the packages, as they go into the zip; None if the file asks for none.

    If `architecture` is empty, they are for this machine and this Python. `root` is the folder of config.yaml. Raises
    ConfigError if one of them cannot be had as a wheel.
    """
    wanted = read(file, root)
    if not wanted.lines:
        return None
    wanted.indexes, words = _with_settings(wanted.indexes), command(file, runtime, architecture)
    folder = cache() / _key(wanted, words, architecture)
    if not folder.is_dir():
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            _install_into(folder, wanted, words, file)
        except OSError as error:
            hint = "set XDG_CACHE_HOME to a folder that you may write to, and that has room"
            what = f"cannot keep the packages in {folder.parent}"
            raise ConfigError(what, why=os.strerror(error.errno or 0), hint=hint) from None
    return folder


def cache() -> Path:
    """The folder of the packages that were installed; it may not exist."""
    from platformdirs import user_cache_path

    return user_cache_path("advent") / "packages"


def _install_into(folder: Path, wanted: Requirements, words: list[str], file: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as new:
        _install(wanted, words, file, Path(new))
        _tidy(Path(new, "all"))
        try:
            os.replace(Path(new, "all"), folder)
        except OSError:
            if not folder.is_dir():  # else another process has installed them meanwhile
                raise


def command(file: Path, runtime: str, architecture: str) -> list[str]:
    """The command without its target and its requirements."""
    words = [
        uv_program.find(file),
        "pip",
        "install",
        "-q",
        "--no-build",
        "--no-compile-bytecode",
        "--python",
        sys.executable,
    ]
    if architecture:
        python = runtime.removeprefix("python")
        glibc = GLIBC if tuple(map(int, python.split("."))) >= AL2023_PYTHON else OLD_GLIBC
        words += ["--python-version", python, "--python-platform", f"{MACHINES[architecture]}-manylinux_2_{glibc}"]
    return words


def _with_settings(of_files: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Where packages come from: pip's settings on this machine, and over them the options in the files."""
    settings = pip_settings.read()
    links = settings.get("find-links", [])  # pip ignores folders that are not there
    settings["find-links"] = [
        each if "://" in each else str(Path(each).absolute()) for each in links if _is_there(each)
    ]
    for name, values in of_files.items():
        settings[name] = values[-1:] if name in ("index-url", "no-index") else [*settings.get(name, []), *values]
    return settings


def _is_there(link: str) -> bool:
    return "://" in link or Path(link).exists()


def _linked_wheels(wanted: Requirements) -> list[Path]:
    links = wanted.indexes.get("find-links", [])
    folders = [Path(unquote(urlsplit(link).path) if link.startswith("file:") else link) for link in links]
    return sorted(file for folder in folders for file in folder.glob("*.whl"))


def _key(wanted: Requirements, words: list[str], architecture: str) -> str:
    """The name for what the command would install: it follows from all that decides about it, and not from secrets."""
    found = [(file, file.stat()) for file in _linked_wheels(wanted)]
    state = [(str(file), stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns) for file, stat in found]
    wheels = [hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in wanted.wheels]
    here = "" if architecture else f"{platform.platform()} {sys.version}"
    indexes = hide_credentials(repr(sorted(wanted.indexes.items())))
    lines = [list(wanted.lines.values()), list(wanted.constraints.values()), sorted(wanted.flags)]
    of_uv = hide_credentials(repr(sorted(each for each in os.environ.items() if uv_program.OF_INDEXES.match(each[0]))))
    target = [uv_program.version(words[0]), words[words.index("--python") + 2 :], here]
    everything = [FORM, target, lines, indexes, of_uv, wheels, state]
    return hashlib.sha256(repr(everything).encode()).hexdigest()[:32]


def _install(wanted: Requirements, words: list[str], file: Path, new: Path) -> None:
    """Run uv in the folder of the requirements, because its settings there count too."""
    options = {name: values for name, values in wanted.indexes.items() if name not in ("trusted-host", "cert", "proxy")}
    indexes = [f"--{name}" if name == "no-index" else f"--{name} {v}" for name in options for v in options[name]]
    for name, lines in (("lines", [*wanted.lines.values(), *indexes]), ("constraints", wanted.constraints.values())):
        (new / name).touch(mode=0o600)  # an index may have a password in it
        (new / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    words = [*words, *sorted(wanted.flags), "--target", str(new / "all"), "-r", str(new / "lines")]
    words += ["-c", str(new / "constraints")]
    for name in {wheel.name.partition("-")[0] for wheel in _linked_wheels(wanted)}:
        words += ["--refresh-package", name]  # uv does not look whether such a wheel is another one than before
    done = uv_program.run(words, file.parent, wanted.indexes)
    if done.returncode:
        raise uv_errors.explain(done.stderr, file, wanted, words)
    may_be_empty = all(";" in line for line in wanted.lines.values())  # no marker fits
    if not may_be_empty and not list((new / "all").glob("*.dist-info")):
        raise ConfigError(f"uv has installed none of the packages in {file}", why=hide_credentials(done.stderr.strip()))


def _tidy(folder: Path) -> None:
    """Remove what only installers need, and what depends on this machine."""
    folder.mkdir(exist_ok=True)
    infos = list(distributions(path=[str(folder)]))
    generated = {e.name for info in infos for e in info.entry_points if e.group in ("console_scripts", "gui_scripts")}
    (folder / ".lock").unlink(missing_ok=True)
    for name in ONLY_FOR_INSTALLERS:
        for file in folder.glob(f"*.dist-info/{name}"):
            file.unlink()
    for cache in folder.rglob("__pycache__"):
        shutil.rmtree(cache)
    for script in (folder / "bin").glob("*"):
        if script.name in generated:
            script.unlink()
        elif script.is_file() and FIRST_LINES.match(data := script.read_bytes()):
            mode = script.stat().st_mode
            script.unlink()  # it may be the same file as in uv's cache
            script.write_bytes(FIRST_LINES.sub(b"#!/usr/bin/env python3\n", data))
            script.chmod(mode)
