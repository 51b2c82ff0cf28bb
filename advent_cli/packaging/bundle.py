"""The zip of a function: the same source gives the same bytes on every machine."""

import base64
import hashlib
import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from advent_cli.errors import ConfigError
from advent_cli.packaging import requirements
from advent_cli.packaging.imports import imported

REQUIREMENTS = "requirements.txt"
MEGABYTE = 1024 * 1024
# "Lambda quotas" in its developer guide. A larger zip has to go through an S3 bucket, and advent has none.
MAX_ZIPPED, MAX_UNZIPPED = 50 * MEGABYTE, 250 * MEGABYTE


@dataclass(frozen=True)
class Source:
    """The code of a function: its file, whether its whole folder is included, and the handler as Lambda names it."""

    file: Path
    is_folder: bool
    handler: str


@dataclass(frozen=True)
class Bundle:
    """A deployment package, built when its bytes are first needed.

    The packages in the folder's requirements.txt are installed for `runtime` and `architecture`; if `architecture` is
    empty, for this machine and the Python that runs advent.
    """

    source: Source
    runtime: str
    architecture: str

    @cached_property
    def data(self) -> bytes:
        """The bytes of the zip; raises ConfigError if it exceeds Lambda's limits."""
        contents = _contents(self)
        unzipped = sum(map(len, contents.values()))
        # Uncompressed if it fits, because compressed bytes differ between versions of zlib.
        data = _zip(contents, zipfile.ZIP_STORED if unzipped < MAX_ZIPPED * 0.95 else zipfile.ZIP_DEFLATED)
        if unzipped > MAX_UNZIPPED or len(data) > MAX_ZIPPED:
            sizes = f"{len(data) / MEGABYTE:.0f} MB zipped, {unzipped / MEGABYTE:.0f} MB unzipped"
            limits = f"Lambda's limits are {MAX_ZIPPED // MEGABYTE} MB and {MAX_UNZIPPED // MEGABYTE} MB"
            hint = f"remove some files; the largest are {_largest(contents)}"
            raise ConfigError(f"{self.source.file} is too large with its packages: {sizes}", why=limits, hint=hint)
        return data

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the zip in base64, as GetFunction returns it."""
        return base64.b64encode(hashlib.sha256(self.data).digest()).decode()


def local_modules(source: Path) -> set[Path]:
    """The file, and the modules and packages in its folder that it imports, directly or through each other."""
    modules, new = {source}, {source}
    while new:
        names = {name for file in new for name in imported(file.read_bytes())}
        files = {file for name in names if (file := source.with_name(f"{name}.py")).is_file()}
        in_packages = {file for name in names for file in source.with_name(name or ".py").rglob("*.py")}
        new = (files | in_packages) - modules
        modules |= new
    return modules


def file_names(source: Source) -> list[str]:
    """The files in the zip, without installed packages, relative to the folder of the source."""
    folder = source.file.parent
    if source.is_folder:
        return sorted(name.as_posix() for name in _tree(folder) if name.name != REQUIREMENTS)
    return sorted(file.relative_to(folder).as_posix() for file in local_modules(source.file))


def _contents(bundle: Bundle) -> dict[str, bytes]:
    """The files of the zip by name. Where a package and the function's own code share a name, the code wins."""
    folder = bundle.source.file.parent
    contents: dict[str, bytes] = {}
    if bundle.source.is_folder and (folder / REQUIREMENTS).is_file():
        installed = requirements.install(folder / REQUIREMENTS, bundle.runtime, bundle.architecture)
        contents = {str(name): (installed / name).read_bytes() for name in _tree(installed) if name.parts[0] != "bin"}
        contents = {name: data for name, data in contents.items() if not name.endswith(".dist-info/RECORD")}
    return contents | {name: _text(folder / name) for name in file_names(bundle.source)}


def _tree(folder: Path) -> Iterator[Path]:
    """The files in a folder, relative to it, without hidden ones and Python's caches."""
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") or part == "__pycache__" for part in name.parts):
            yield name


def _text(file: Path) -> bytes:
    """The bytes of a file; a Python file gets the same line ends on every system."""
    data = file.read_bytes()
    return data.replace(b"\r\n", b"\n") if file.suffix == ".py" else data


def _zip(contents: dict[str, bytes], compression: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression, compresslevel=9) as archive:
        for name, data in sorted(contents.items()):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = compression
            entry.create_system = 3  # Unix, on Windows too
            entry.external_attr = 0o100644 << 16  # readable by the user that Lambda runs the function as
            archive.writestr(entry, data)
    return buffer.getvalue()


def _largest(contents: dict[str, bytes]) -> str:
    sizes: Counter[str] = Counter()
    for name, data in contents.items():
        sizes[name.split("/")[0]] += len(data)
    return ", ".join(f"{name} ({size / MEGABYTE:.0f} MB)" for name, size in sizes.most_common(3))
