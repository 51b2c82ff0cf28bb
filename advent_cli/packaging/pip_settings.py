"""Where pip takes packages from on this machine, for uv, which does not read pip's settings.

Read are `index-url`, `extra-index-url`, `no-index`, `find-links`, `trusted-host`, `cert` and `proxy`, in pip.conf and
in the variables PIP_INDEX_URL and so on ("Configuration" in pip's documentation). All other settings of pip are not.
"""

import os
import sys
from configparser import Error, RawConfigParser
from pathlib import Path

from advent_cli.errors import ConfigError

NAMES = ("index-url", "extra-index-url", "no-index", "find-links", "trusted-host", "cert", "proxy")
FALSE = ("0", "false", "no", "off", "n", "f")


def read() -> dict[str, list[str]]:
    """The values of each setting that is there; raises ConfigError if pip would not read its file either."""
    sections: dict[str, dict[str, str]] = {"global": {}, "install": {}}  # the second one counts more in every file
    for file in _files():
        parser = RawConfigParser()
        try:
            parser.read_string(file.read_text(encoding="utf-8"), str(file))
        except (Error, OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"cannot read pip's settings in {file}", why=str(error).splitlines()[0]) from None
        for section, settings in sections.items():
            if parser.has_section(section):
                settings |= {name.replace("_", "-"): value for name, value in parser.items(section)}
    variables = {name: os.environ.get(f"PIP_{name.replace('-', '_').upper()}", "") for name in NAMES}
    merged = {**sections["global"], **sections["install"], **{name: v for name, v in variables.items() if v}}
    values = {name: merged.get(name, "").split() for name in NAMES}
    if (values["no-index"] or ["0"])[0].lower() in FALSE:
        del values["no-index"]
    return {name: value for name, value in values.items() if value}


def _files() -> list[Path]:
    """The files that are there, the least important first: of the machine, the person, the environment, a named one."""
    named = os.environ.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return []
    home, windows = Path.home(), os.name == "nt"
    folders = [*os.environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(os.pathsep)[::-1], "/Library/Application Support"]
    files = [Path(folder, "pip", "pip.conf") for folder in folders] + [
        Path("/etc/pip.conf"),
        home / ".pip" / "pip.conf",
    ]
    files.append(Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config", "pip", "pip.conf"))
    files.append(home / "Library" / "Application Support" / "pip" / "pip.conf")
    if windows:
        files = [Path(os.environ.get(name, home), "pip", "pip.ini") for name in ("PROGRAMDATA", "APPDATA")]
        files.insert(1, home / "pip" / "pip.ini")
    files += [Path(sys.prefix, "pip.ini" if windows else "pip.conf"), *([Path(named)] if named else [])]
    return [file for file in files if file.is_file()]
