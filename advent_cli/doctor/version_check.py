"""Checks the versions of Python and the installed packages; imports only the standard library, as any may be broken."""

import platform
import re
from collections.abc import Iterable, Mapping
from importlib import metadata

from advent_cli.doctor.findings import IN_THE_STACK, REACHING_TARGET, Finding, not_checked, note, ok, problem

REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)\s*\(?([^;)]*)\)?\s*(?:;\s*extra\s*==\s*['\"](\w+)['\"])?")


def versions(target: str | None) -> list[Finding]:
    """The findings for Python and the packages in setup.py; for the target `local`, those of the engine too."""
    try:
        about = metadata.metadata("aws-advent")
    except metadata.PackageNotFoundError:
        return [note("versions", "advent is not installed as a package, so its requirements are unknown")]
    installed = {normalized(dist.metadata["Name"]): dist.version for dist in metadata.distributions()}
    python = f"Python{about['Requires-Python'] or ''}"
    requirements = [python, *(about.get_all("Requires-Dist") or [])]
    have = {**installed, "python": platform.python_version()}
    return judge_versions(requirements, have, {"local"} if target == "local" else set())


def broken(error: ImportError) -> list[Finding]:
    """The findings that are possible when a package cannot be loaded."""
    failed = problem("versions", f"cannot load a package: {error}", "install aws-advent again")
    others = ("config", *REACHING_TARGET, *IN_THE_STACK)
    return [*versions(None), failed, *not_checked(others, "a package cannot be loaded")]


def judge_versions(requirements: Iterable[str], installed: Mapping[str, str | None], extras: set[str]) -> list[Finding]:
    """Pure: a finding for each package that is missing, too old or too new; one with all versions if none is.

    `requirements` are in the form of package metadata; those of an extra count only if it is in `extras`. `installed`
    has the versions by `normalized` name.
    """
    wrong, fine = [], []
    for name, limits, extra in map(_requirement, requirements):
        have = installed.get(normalized(name))
        if extra and extra not in extras:
            continue
        if have is None:
            wrong.append(problem("versions", f"{name} is not installed", f"pip install '{name}{limits}'"))
        elif any(_is_below(have, limit) for limit in limits.split(",")):
            wrong.append(problem("versions", f"{name} is {have}, needs {limits}", f"pip install '{name}{limits}'"))
        elif any(_is_beyond(have, limit) for limit in limits.split(",")):
            wrong.append(note("versions", f"{name} is {have}, tested with {limits}"))
        else:
            fine.append(f"{name} {have}")
    return wrong or [ok("versions", ", ".join(dict.fromkeys(fine)))]


def normalized(name: str) -> str:
    """The normalized name of a package (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _requirement(text: str) -> tuple[str, str, str]:
    match = REQUIREMENT.match(text)
    name, limits, extra = match.groups() if match else (text, "", "")
    return name, limits.replace(" ", ""), extra or ""


def _number(version: str) -> tuple[int, ...]:
    """The release of a version, as in (1, 5, 33, 0), without suffixes like rc1."""
    match = re.match(r"[0-9]+(\.[0-9]+)*", version)
    numbers = [int(part) for part in match[0].split(".")] if match else []
    return tuple([*numbers, 0, 0, 0, 0][:4])


def _is_below(have: str, limit: str) -> bool:
    return limit[:2] in (">=", "==") and _number(have) < _number(limit[2:])


def _is_beyond(have: str, limit: str) -> bool:
    if limit.startswith("=="):
        return _number(have) > _number(limit[2:])
    return limit.startswith("<") and limit[1:2] != "=" and _number(have) >= _number(limit[1:])
