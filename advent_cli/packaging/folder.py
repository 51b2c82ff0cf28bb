"""Walks a folder of the app: which of its files go into a zip, and which do not."""

import os
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from advent_cli.errors import ConfigError

# What a tool leaves behind for itself, whatever the app is.
LEFT_OUT = (
    *(".git", ".hg", ".svn", ".venv", "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache"),
    *(".DS_Store", ".idea", ".vscode", "*.swp", "*~", ".#*"),
)
SECRETS = (".env*", ".netrc", ".aws", ".ssh", "*.pem")  # a certificate in PEM format is no secret; a key is
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
        if _matches(path.name, LEFT_OUT) or (path / "pyvenv.cfg").is_file():
            continue
        if _may_be_secret(path, root):
            yield path, True
            continue
        if is_strict:
            _check(path, root)
        if path.is_dir():
            if path.resolve() not in (*above, folder.resolve()):  # else the links make a circle
                yield from _walk(path, root, (*above, folder.resolve()), is_strict=is_strict)
        elif path.is_file():
            yield path, False


def _entries(folder: Path, root: Path, *, is_strict: bool) -> list[Path]:
    try:
        check_link(folder, root)
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


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _may_be_secret(path: Path, root: Path) -> bool:
    """Whether its name says so, or that of what it is a link to."""
    real = path.resolve(strict=False) if path.is_symlink() and path.exists() else path
    inside = real.relative_to(root.resolve()).parts if real.is_relative_to(root.resolve()) else (real.name,)
    if not _matches(path.name, SECRETS) and (real == path or not any(_matches(name, SECRETS) for name in inside)):
        return False
    try:
        data = real.read_bytes() if real.name.endswith(".pem") and real.is_file() else b""
    except OSError:
        return True
    return CERTIFICATE not in data or KEY in data
