"""The zip of a function: the same source gives the same bytes on every machine."""

import base64
import hashlib
import io
import os
import zipfile
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from advent_cli.errors import ConfigError
from advent_cli.packaging import folder, installation, zip_file
from advent_cli.packaging.imports import imported
from advent_cli.packaging.zip_file import MEGABYTE

REQUIREMENTS = "requirements.txt"


@dataclass(frozen=True)
class Source:
    """The code of a function: its file, whether its whole folder is included, and the handler as Lambda names it.

    `root` is the folder of config.yaml.
    """

    file: Path
    is_folder: bool
    handler: str
    root: Path


@dataclass(frozen=True)
class Bundle:
    """A deployment package, built when its bytes are first needed.

    The packages in the folder's requirements.txt are installed for `runtime` and `architecture`; if `architecture` is
    empty, for this machine and the Python that runs advent.
    """

    source: Source
    runtime: str
    architecture: str

    @property
    def requirements(self) -> Path:
        """Where the file with the names of its packages is, if it has one."""
        return self.source.file.with_name(REQUIREMENTS)

    @cached_property
    def packages(self) -> Path | None:
        """The folder of its packages, which are installed if they are not yet; None if it has none."""
        if not self.source.is_folder or not self.requirements.is_file():
            return None
        return installation.install(self.requirements, self.source.root, self.runtime, self.architecture)

    @cached_property
    def data(self) -> bytes:
        """The bytes of the zip; raises ConfigError if a file cannot be read, or if it exceeds Lambda's limits."""
        top, packages = str(self.source.file.parent), str(self.packages or "")
        try:
            data = zip_file.zipped(top, file_names(self.source), packages, zip_file.STORED_UP_TO)
        except OSError as error:
            raise ConfigError(f"cannot read {error.filename}: {os.strerror(error.errno or 0)}") from None
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            sizes = Counter[str]()
            for entry in archive.infolist():
                sizes[entry.filename.split("/")[0]] += entry.file_size
        if sizes.total() > zip_file.MAX_UNZIPPED or len(data) > zip_file.MAX_ZIPPED:
            large = f"{len(data) / MEGABYTE:.0f} MB zipped, {sizes.total() / MEGABYTE:.0f} MB unzipped"
            limits = f"{zip_file.MAX_ZIPPED // MEGABYTE} MB and {zip_file.MAX_UNZIPPED // MEGABYTE} MB"
            largest = ", ".join(f"{name} ({size / MEGABYTE:.0f} MB)" for name, size in sizes.most_common(3))
            hint = f"remove some files; the largest are {largest}"
            what = f"{self.source.file} is too large with its packages: {large}"
            raise ConfigError(what, why=f"Lambda's limits are {limits}", hint=hint)
        return data

    @property
    def notes(self) -> list[str]:
        """Sentences about what one may not expect in the zip, or not expect to be left out."""
        top, notes = self.source.file.parent, []
        names = [name.split("/") for name in file_names(self.source)]
        starts = [(parts, next((n for n, part in enumerate(parts, 1) if part.startswith(".")), 0)) for parts in names]
        if hidden := sorted({"/".join(parts[:end]) for parts, end in starts if end}):
            notes.append(f"the zip of {top} has hidden files: {', '.join(hidden)}")
        secrets = folder.secrets(top, self.source.root) if self.source.is_folder else []
        if left_out := [path.relative_to(top).as_posix() for path in secrets]:
            notes.append(f"the zip of {top} does not have what may be secret: {', '.join(left_out)}")
        return notes

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the zip in base64, as GetFunction returns it."""
        return base64.b64encode(hashlib.sha256(self.data).digest()).decode()


def local_modules(source: Source) -> set[Path]:
    """The file, and what it imports from its folder, directly or through each other: modules, and whole packages."""
    modules, new = {source.file}, {source.file}
    while new:
        names = {name for file in new if file.suffix == ".py" for name in imported(file.read_bytes())}
        files = {file for name in names if (file := source.file.with_name(f"{name}.py")).is_file()}
        for name in names:
            package = source.file.with_name(name)
            found = folder.files(package, source.root) if package.is_dir() else []
            files |= set(found) if any(file.suffix == ".py" for file in found) else set()
        new = files - modules
        modules |= new
    for file in modules:
        folder.check_link(file, source.root)
    return modules


def file_names(source: Source) -> list[str]:
    """The files in the zip, without installed packages, relative to the folder of the source; raises ConfigError."""
    top = source.file.parent
    paths = folder.files(top, source.root) if source.is_folder else local_modules(source)
    names = {path.relative_to(top).as_posix() for path in paths}
    return sorted(names - {REQUIREMENTS} if source.is_folder else names)
