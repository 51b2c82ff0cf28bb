"""Says why uv could not install the packages, and what to do about it."""

import re

from advent_cli.errors import ConfigError
from advent_cli.packaging.requirements import Requirements, hide_credentials

UNREADABLE = re.compile(r"Couldn't parse requirement in `[^`]*/lines` at position (\d+)")
DECORATION = re.compile(r"^\s*(?:error: |cause: |Caused by: |[\u00d7\u2500-\u257f\u25b6\u25b8]+ ?)*\s*")
CAUSES = {  # in uv's messages, the most certain first
    r"\b401\b|\b403\b|[Uu]nauthorized|[Ff]orbidden|[Mm]issing credentials": (
        "the index asks for a login: put it into the URL of the index, into ~/.netrc, or see `uv auth login --help`"
    ),
    r"[Hh]ash mismatch|[Hh]ash(es)? .*(required|match)": (
        "the index has another file than the one whose hash is in the requirements: find out why, then renew the hash"
    ),
    r"certificate": "set SSL_CERT_FILE to the certificates of your network, as for other programs",
    r"no (usable |matching )?wheels?\b|only has wheels|--no-build|source distributions? .*disabled|no .*compatible": (
        "choose a version that has a wheel for {place}: advent does not build from source. Or build a wheel there, and "
        "name it by its path, as in ./wheels/NAME.whl"
    ),
    r"not found in the package registry|was not found|there is no version|there are no versions|unsatisfiable": (
        "check the names and versions, and that they fit each other"
    ),
    r"error sending request|dns error|connect|timed out|network": "check the network and the address of the index",
}


def explain(stderr: str, file: object, wanted: Requirements, command: list[str]) -> ConfigError:
    """The error that says what uv, called by `command`, wrote to stderr."""
    text = hide_credentials(stderr)
    lines = [DECORATION.sub("", line) for line in text.splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith(("warning:", "hint:", "Using CPython"))]
    if unreadable := UNREADABLE.search(text):
        before = "".join(f"{line}\n" for line in wanted.lines.values()).encode()[: int(unreadable[1])]
        where, line = list(wanted.lines.items())[min(before.count(b"\n"), len(wanted.lines) - 1)]
        return ConfigError(hide_credentials(f"{where}: {line} is not a requirement"), why=lines[1] if lines[1:] else "")
    place = "this machine"
    if "--python-platform" in command:
        python, _, platform = command[command.index("--python-version") + 1 :][:3]
        place = f"Python {python} on {platform.partition('-')[0].replace('aarch64', 'arm64')}"
    hint = next((hint for pattern, hint in CAUSES.items() if re.search(pattern, text)), "see what uv says")
    why = " / ".join(lines)
    return ConfigError(f"cannot install the packages in {file} for {place}", why=why, hint=hint.format(place=place))
