"""The zip of a function: the same bytes for the same source on every machine."""

import base64
import hashlib
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from advent_cli.errors import ConfigError
from advent_cli.packaging import requirements

IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+(\w+)|import[ \t]+(.+))", re.MULTILINE)
REQUIREMENTS = "requirements.txt"
MEGABYTE = 1024 * 1024
# "Lambda quotas" in its developer guide. More than this goes only by way of a bucket, and we keep none.
MOST_ZIPPED, MOST_UNZIPPED = 50 * MEGABYTE, 250 * MEGABYTE


@dataclass(frozen=True)
class Source:
    """The code of a function: its file, whether its whole folder goes along, and Lambda's name of the handler."""

    file: Path
    is_folder: bool
    handler: str


@dataclass(frozen=True)
class Bundle:
    """A deployment package, made when it is first asked for.

    What a folder's requirements.txt names is installed for `runtime` and `architecture`, or, if that is empty, for the
    Python that runs this.
    """

    source: Source
    runtime: str
    architecture: str

    @cached_property
    def data(self) -> bytes:
        """The zip; raises ConfigError if it is more than Lambda takes."""
        contents = _contents(self)
        unzipped = sum(map(len, contents.values()))
        # Stored, since compressed bytes differ between versions of zlib; unless it does not fit otherwise.
        data = _zip(contents, zipfile.ZIP_STORED if unzipped < MOST_ZIPPED * 0.95 else zipfile.ZIP_DEFLATED)
        if unzipped > MOST_UNZIPPED or len(data) > MOST_ZIPPED:
            sizes = f"{len(data) / MEGABYTE:.0f} MB zipped, {unzipped / MEGABYTE:.0f} MB unzipped"
            limits = f"Lambda takes {MOST_ZIPPED // MEGABYTE} and {MOST_UNZIPPED // MEGABYTE}"
            hint = f"take something out; the largest are {_largest(contents)}"
            raise ConfigError(f"{self.source.file} with its packages has {sizes}", why=limits, hint=hint)
        return data

    @cached_property
    def sha256(self) -> str:
        """The base64 of the SHA-256, as GetFunction returns it."""
        return base64.b64encode(hashlib.sha256(self.data).digest()).decode()


def files(source: Path) -> set[Path]:
    """The file, and the modules and packages of the same folder that it imports, or that these import."""
    found, new = {source}, {source}
    while new:
        names = {name for file in new for name in _imported(file)}
        near = {file for name in names if (file := source.with_name(f"{name}.py")).is_file()}
        inside = {file for name in names for file in source.with_name(name or ".py").rglob("*.py")}
        new = (near | inside) - found
        found |= new
    return found


def names(source: Source) -> list[str]:
    """The files that go along, packages aside, named from the folder of the source."""
    folder = source.file.parent
    if source.is_folder:
        return sorted(name.as_posix() for name in _tree(folder) if name.name != REQUIREMENTS)
    return sorted(each.relative_to(folder).as_posix() for each in files(source.file))


def _contents(bundle: Bundle) -> dict[str, bytes]:
    """What is in the zip, by its name there: the packages, and above them the code itself."""
    folder = bundle.source.file.parent
    contents: dict[str, bytes] = {}
    if bundle.source.is_folder and (folder / REQUIREMENTS).is_file():
        installed = requirements.installed(folder / REQUIREMENTS, bundle.runtime, bundle.architecture)
        contents = {str(name): (installed / name).read_bytes() for name in _tree(installed) if name.parts[0] != "bin"}
        contents = {name: data for name, data in contents.items() if not name.endswith(".dist-info/RECORD")}
    return contents | {name: _text(folder / name) for name in names(bundle.source)}


def _tree(folder: Path) -> Iterator[Path]:
    """The files in a folder, named from there; neither hidden ones nor what Python keeps for itself."""
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") or part == "__pycache__" for part in name.parts):
            yield name


def _text(file: Path) -> bytes:
    """The bytes of a file; of a program with the same line ends everywhere."""
    data = file.read_bytes()
    return data.replace(b"\r\n", b"\n") if file.suffix == ".py" else data


def _zip(contents: dict[str, bytes], compression: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression, compresslevel=9) as archive:
        for name, data in sorted(contents.items()):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = compression
            entry.create_system = 3  # Unix, also when this is run on Windows
            entry.external_attr = 0o100644 << 16  # readable by the user that Lambda runs it as
            archive.writestr(entry, data)
    return buffer.getvalue()


def _largest(contents: dict[str, bytes]) -> str:
    sizes: Counter[str] = Counter()
    for name, data in contents.items():
        sizes[name.split("/")[0]] += len(data)
    return ", ".join(f"{name} ({size / MEGABYTE:.0f} MB)" for name, size in sizes.most_common(3))


def _imported(file: Path) -> Iterator[str]:
    """The modules a file names after `import` or `from`: read as text, for Lambda's Python may know more than ours."""
    for from_module, modules in IMPORT.findall(file.read_text(encoding="utf-8", errors="replace")):
        for part in [from_module] if from_module else modules.split(","):
            yield re.split(r"\W", part.strip(), maxsplit=1)[0]
