"""Reads a requirements.txt as pip does, with the files it includes, and refuses what is not the same everywhere."""

import codecs
import os
import re
import shlex
from contextlib import suppress
from dataclasses import dataclass, field
from optparse import OptionParser, Values
from pathlib import Path
from typing import NoReturn
from urllib.parse import unquote, urlsplit

from advent_cli.errors import ConfigError

OPTIONS = {  # "Requirements File Format" in pip's documentation; the other options are refused
    "append": "-r/--requirement -c/--constraint --extra-index-url -f/--find-links --trusted-host --only-binary --hash",
    "store": "-i/--index-url",
    "store_true": "--no-index --pre --prefer-binary --require-hashes",
}
BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}  # of PowerShell
NAMED = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)\s*(?P<extras>\[[^\]]*\])?\s*@\s*(?P<where>.+)")
PATH = re.compile(r"(?P<where>[^\[]*)(?P<extras>\[[^\]]*\])?")
CREDENTIALS = re.compile(r"(?<=://)[^/\s@]+(?=@)")
WHEELS = "advent installs wheels and builds nothing"


@dataclass
class Requirements:
    """What a file and those that it includes ask for, each line with its place, as in `requirements.txt:3`.

    Paths in `lines` and `constraints` are absolute. `wheels` are the files among them, `indexes` the options that say
    where packages come from, as pip names them.
    """

    lines: dict[str, str] = field(default_factory=dict)
    constraints: dict[str, str] = field(default_factory=dict)
    wheels: list[Path] = field(default_factory=list)
    indexes: dict[str, list[str]] = field(default_factory=dict)
    flags: set[str] = field(default_factory=set)


class _Parser(OptionParser):
    def __init__(self) -> None:
        super().__init__(add_help_option=False)
        for action, options in OPTIONS.items():
            for names in options.split():
                self.add_option(*names.split("/"), action=action)

    def error(self, msg: str) -> NoReturn:
        raise ValueError(msg.replace("no such option:", f"{WHEELS}, so it does not take"))


def read(file: Path, root: Path) -> Requirements:
    """What `file` asks for; `root` is the folder of the app, in which wheels may lie.

    Raises ConfigError, with the file and the line, for what is no wheel or what advent cannot take.
    """
    found = Requirements()
    _read(file, found.lines, found, root, set())
    return found


def hide_credentials(text: str) -> str:
    """The text without the user and the password of each URL."""
    return CREDENTIALS.sub("***", text)


def _read(file: Path, lines: dict[str, str], found: Requirements, root: Path, seen: set[tuple[Path, bool]]) -> None:
    """Add what the file asks for to `lines` and `found`; each file counts once, so a circle of them ends."""
    known = len(seen)
    seen.add((file.resolve(), lines is found.lines))
    for number, line in _logical_lines(_text(file)) if len(seen) > known else ():
        place = f"{file}:{number}"
        wanted, options = _split(line, place)
        for names, more in ((options.requirement, lines), (options.constraint, found.constraints)):
            for name in names or ():
                _read(_file(file.parent, name, place), more, found, root, seen)
        _add_indexes(found, options, file.parent)
        found.flags |= {f"--{name.replace('_', '-')}" for name in ("pre", "require_hashes") if getattr(options, name)}
        if wanted:
            hashes = [f"--hash={value}" for value in options.hash or ()]
            lines[place] = " ".join([_requirement(wanted, place, found, root, has_hash=bool(hashes)), *hashes])


def _file(folder: Path, name: str, place: str) -> Path:
    with suppress(OSError, ValueError):  # no name of a file
        if (folder / name).is_file():
            return folder / name
    raise ConfigError(hide_credentials(f"{place}: there is no file {name}"))


def _text(file: Path) -> str:
    try:
        data = file.read_bytes()
        return data.decode(next((name for bom, name in BOMS.items() if data.startswith(bom)), "utf-8"))
    except UnicodeDecodeError:
        raise ConfigError(f"{file} is not in UTF-8", hint="save it in UTF-8") from None
    except OSError as error:
        raise ConfigError(f"cannot read {file}: {os.strerror(error.errno or 0)}") from None


def _logical_lines(text: str) -> list[tuple[int, str]]:
    """The lines with their numbers, joined at a backslash, without comments, with ${VARIABLES} from the environment."""
    logical, joined = [], ""
    for number, line in enumerate([*text.splitlines(), ""], 1):
        is_comment = line.lstrip().startswith("#")
        joined += "" if is_comment and joined else line
        if joined.endswith("\\") and not is_comment:
            joined = joined[:-1]
            continue
        if joined := re.sub(r"(^|\s+)#.*$", "", joined).strip():
            logical.append((number, re.sub(r"\$\{([A-Z0-9_]+)\}", lambda m: os.environ.get(m[1]) or m[0], joined)))
        joined = ""
    return logical


def _split(line: str, place: str) -> tuple[str, Values]:
    """The requirement of a line, which may be empty, and its options."""
    start = re.search(r"(?:^|\s)-", line)
    wanted, words = (line[: start.start()], line[start.start() :]) if start else (line, "")
    try:
        options, rest = _Parser().parse_args(shlex.split(words))
        if rest:
            raise ValueError(f"unexpected {' '.join(rest)}")
    except ValueError as error:
        hint = f"advent takes packages by name, wheels in the app, and {' '.join(OPTIONS.values())}"
        raise ConfigError(hide_credentials(f"{place}: {line}: {error}"), hint=hint) from None
    return wanted.strip(), options


def _add_indexes(found: Requirements, options: Values, folder: Path) -> None:
    for name in ("extra_index_url", "find_links", "trusted_host", "index_url", "no_index"):
        value = getattr(options, name)
        values = value if isinstance(value, list) else [str(value)] if value else []
        if name == "find_links":
            values = [each if "://" in each else os.path.abspath(folder / each) for each in values]
        if values:
            found.indexes.setdefault(name.replace("_", "-"), []).extend(values)


def _requirement(wanted: str, place: str, found: Requirements, root: Path, *, has_hash: bool) -> str:
    """The requirement for uv; raises ConfigError if it is a path or a URL of something that is no wheel in the app."""
    what, *marker = re.split(r"\s+;|;\s+", wanted, maxsplit=1)
    named = NAMED.fullmatch(what.strip())
    if not named and not re.search(r"[/\\]|^\.|\.(whl|zip|gz|bz2|xz)\s*(\[|$)", what.partition(";")[0]):
        return wanted
    parts = named or PATH.fullmatch(what.strip())
    where = (parts or {"where": what})["where"].strip()
    try:
        url = urlsplit(where)
    except ValueError as error:
        raise ConfigError(f"{place}: {hide_credentials(where)} is not a URL", why=str(error)) from None
    if not url.path.endswith(".whl") or url.scheme not in ("", "file", "http", "https"):
        hint = "`pip wheel --no-deps -w wheels PACKAGE` makes a wheel; name it by its path, as in ./wheels/NAME.whl"
        raise ConfigError(f"{place}: {hide_credentials(where)} is not a wheel", why=WHEELS, hint=hint)
    if url.scheme in ("http", "https"):
        if not has_hash and "sha256=" not in url.fragment:
            hint = "add `#sha256=...` to the URL"
            raise ConfigError(f"{place}: {hide_credentials(where)} has no hash, so it may change", hint=hint)
        target = where
    else:
        target = _wheel(unquote(url.path) if url.scheme else where, place, found, root)
    name = parts["name"] if named and parts else Path(url.path).name.partition("-")[0]
    line = f"{name}{(parts['extras'] if parts else '') or ''} @ {target}"
    return f"{line} ; {marker[0].strip()}" if marker else line


def _wheel(name: str, place: str, found: Requirements, root: Path) -> str:
    """The URL of a wheel, which must be a file in the app: on another machine nothing else is there."""
    path = _file(Path(place).parent, name, place)
    if not path.resolve().is_relative_to(root.resolve()):
        raise ConfigError(f"{place}: {name} is outside the folder of config.yaml", hint=f"copy it into {root}")
    found.wheels.append(path.resolve())
    return path.resolve().as_uri()
