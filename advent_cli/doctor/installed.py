"""What is installed; asks with nothing but Python's own, for any package may be the broken one."""

import platform
from importlib import metadata

from advent_cli.doctor import judge
from advent_cli.doctor.findings import ELSEWHERE, IN_THE_STACK, Finding, not_checked, note, problem


def versions(target: str | None) -> list[Finding]:
    """The versions of Python and of what setup.py asks for; for the target `local` with what the engine needs."""
    try:
        about = metadata.metadata("aws-advent")
    except metadata.PackageNotFoundError:
        return [note("versions", "advent is not installed, so it cannot be told what it needs")]
    installed = {judge.plain(dist.metadata["Name"]): dist.version for dist in metadata.distributions()}
    python = f"Python{about['Requires-Python'] or ''}"
    requirements = [python, *(about.get_all("Requires-Dist") or [])]
    have = {**installed, "python": platform.python_version()}
    return judge.versions(requirements, have, {"local"} if target == "local" else set())


def broken(error: ImportError) -> list[Finding]:
    """All that can be told when a package cannot be loaded."""
    told = problem("versions", f"a package cannot be loaded: {error}", "install advent again")
    return [*versions(None), told, *not_checked(("config", *ELSEWHERE, *IN_THE_STACK), "a package cannot be loaded")]
