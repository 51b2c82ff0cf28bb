"""Walks a folder of the app: which of its files go into a zip, and which do not."""

import errno
import os
import re
from collections.abc import Iterator
from fnmatch import translate
from pathlib import Path

from advent_cli.errors import ConfigError


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(map(translate, patterns)))


LEFT_OUT = _any_of(  # what a tool leaves behind for itself, whatever the app is
    *(".git", ".hg", ".svn", ".venv", "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache"),
    *(".DS_Store", ".idea", ".vscode", "*.swp", "*~", ".#*"),
)
SECRETS = _any_of(".env*", ".netrc", ".aws", ".ssh", "*.pem")  # a certificate in PEM format is no secret; a key is
CERTIFICATE, KEY = b"-----BEGIN CERTIFICATE-----", b"PRIVATE KEY"


def boundary(app: Path, handlers: Path) -> Path:
    """The folder that no link may lead out of: the app's, or that of its handlers if config.yaml has them elsewhere."""
    return app if handlers.resolve().is_relative_to(app.resolve()) else handlers


def files(folder: Path, root: Path) -> list[Path]:
    """The files of a zip, beneath `folder` or where links in it lead.

    Raises ConfigError if a link leads out of `root`, the folder of config.yaml, or to nothing, if a name is not UTF-8,
    or if a folder cannot be read.
    """
    return [path for path, is_secret in _walk(folder, root, (), is_strict=True) if not is_secret]


def secrets(folder: Path, root: Path) -> list[Path]:
    """What is left out because it may be a secret."""
    return [path for path, is_secret in _walk(folder, root, (), is_strict=False) if is_secret]


def watched(folder: Path, root: Path) -> Iterator[Path]:
    """The files of a zip, without those that `files` would raise for."""
    return (path for path, is_secret in _walk(folder, root, (), is_strict=False) if not is_secret)


def check_link(path: Path, root: Path) -> None:
    """Raise ConfigError if the file or folder is a link that leads out of `root` or to nothing."""
    if not path.is_symlink():
        return
    link = f"{path} is a link to {os.readlink(path)}"
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError):  # RuntimeError: a link to itself, before Python 3.13
        raise ConfigError(f"{link}, and nothing is there", hint="remove it") from None
    if not real.is_relative_to(root.resolve()):
        hint = "a zip has what is in the app: copy it there, or remove the link"
        raise ConfigError(f"{link}, outside the folder of config.yaml", hint=hint)


def _walk(folder: Path, root: Path, above: tuple[Path, ...], *, is_strict: bool) -> Iterator[tuple[Path, bool]]:
    """Each file in the folder and beneath it, and whether it may be a secret; of a folder of secrets, the folder."""
    for path in _entries(folder, root, is_strict=is_strict):
        is_folder = path.is_dir()
        if LEFT_OUT.match(path.name) or (is_folder and os.path.isfile(path / "pyvenv.cfg")):
            continue
        if _may_be_secret(path, root):
            yield path, True
            continue
        if is_strict:
            _check(path, root)
        if is_folder:
            if path.resolve() not in (*above, folder.resolve()):  # else the links make a circle
                yield from _walk(path, root, (*above, folder.resolve()), is_strict=is_strict)
        elif path.is_file():
            yield path, False


def _entries(folder: Path, root: Path, *, is_strict: bool) -> list[Path]:
    try:
        check_link(folder, root)
        if not os.access(folder, os.X_OK):
            raise PermissionError(errno.EACCES, "")
        return sorted(folder.iterdir())
    except (OSError, ConfigError) as error:
        if not is_strict:
            return []
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(f"cannot read {folder}: {os.strerror(error.errno or 0)}") from None


def _check(path: Path, root: Path) -> None:
    check_link(path, root)
    try:
        path.name.encode()
    except UnicodeEncodeError:
        shown = os.fsencode(path).decode(errors="replace")
        raise ConfigError(f"the name of {shown} is not in UTF-8", hint="rename it: Lambda would not find it") from None


def _may_be_secret(path: Path, root: Path) -> bool:
    """Whether its name says so, or that of what it is a link to."""
    real = path
    parts: tuple[str, ...] = (path.name,)
    if path.is_symlink() and path.exists():
        real, top = path.resolve(), root.resolve()
        parts += real.relative_to(top).parts if real.is_relative_to(top) else (real.name,)
    if not any(map(SECRETS.match, parts)):
        return False
    try:
        data = real.read_bytes() if real.name.endswith(".pem") and real.is_file() else b""
    except OSError:
        return True
    return CERTIFICATE not in data or KEY in data
