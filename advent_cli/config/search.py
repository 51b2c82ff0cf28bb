"""Finds the config.yaml to use: the given one, the one here or in a folder above, or the tutorial's own copy."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from advent_cli.errors import ConfigError

NAME, MISNAMED = "config.yaml", "config.yml"
# At the top level of an app's file, broken or not; other programs have a config.yaml too.
OF_AN_APP = tuple(re.compile(rf"^{setting}[ \t]*:", re.MULTILINE) for setting in ("stack", "functions"))
ROOT_OF_A_REPOSITORY = ".git"


def find(given: str | None) -> Path:
    """The file to use; the tutorial's only if there is no app here or above, as far as .git or the home directory.

    Raises ConfigError for an app in a file that advent does not read: config.yml, or one that another user owns.
    """
    if given:
        return Path(given)
    if Path(NAME).exists():
        return Path(NAME)
    if Path(MISNAMED).exists():
        raise ConfigError(f"{MISNAMED} is not read", hint=f"rename it to {NAME}, or pass --config {MISNAMED}")
    for folder in _above():
        for file in (folder / NAME, folder / MISNAMED):
            if _is_app(file):
                return _checked(file)
    return tutorial() / NAME


def is_above(file: Path) -> bool:
    """Whether `find` found this file in a folder above."""
    return file.parent.parts[:1] == ("..",)


def tutorial() -> Path:
    """The folder of the tutorial's config.yaml and handlers: in the installed package, or the root of a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "tutorial"
    return inside if inside.is_dir() else package.parent


def _above() -> Iterator[Path]:
    """The folders above this one, relative to it, up to the home directory or the root of a repository."""
    here, relative = Path.cwd(), Path()
    home = Path(os.path.expanduser("~"))
    while not (here == home or (here / ROOT_OF_A_REPOSITORY).exists() or here == here.parent):
        here, relative = here.parent, relative / ".."
        yield relative


def _is_app(file: Path) -> bool:
    try:
        text = file.read_bytes().decode(errors="replace")
    except OSError:
        return False
    return all(setting.search(text) for setting in OF_AN_APP)


def _checked(file: Path) -> Path:
    if file.name == MISNAMED:
        raise ConfigError(f"{file} is not read", hint=f"rename it to {NAME}, or pass --config {file}")
    if hasattr(os, "getuid") and file.stat().st_uid not in (os.getuid(), 0):  # its handlers would run as you
        raise ConfigError(f"{file} belongs to another user", hint=f"pass --config {file} if you trust it")
    return file
