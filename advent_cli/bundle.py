"""The zip of a function: the same bytes for the same source on every machine."""

import base64
import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+(\w+)|import[ \t]+(.+))", re.MULTILINE)


@dataclass(frozen=True)
class Bundle:
    """A deployment package, and the CodeSha256 under which Lambda knows it."""

    data: bytes

    @property
    def sha256(self) -> str:
        """The base64 of the SHA-256, as GetFunction returns it."""
        return base64.b64encode(hashlib.sha256(self.data).digest()).decode()


def of(source: Path) -> Bundle:
    """Put a source file, and what it imports from its folder, at the top of a zip.

    Stored, since compressed bytes differ between versions of zlib.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for file in sorted(files(source)):
            entry = zipfile.ZipInfo(file.name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3  # Unix, also when this is run on Windows
            entry.external_attr = 0o100644 << 16  # readable by the user that Lambda runs it as
            archive.writestr(entry, file.read_bytes().replace(b"\r\n", b"\n"))
    return Bundle(buffer.getvalue())


def files(source: Path) -> set[Path]:
    """The file, and those of the same folder that it imports, or that these import."""
    found, new = {source}, {source}
    while new:
        names = {name for file in new for name in _imported(file)}
        new = {file for name in names if (file := source.with_name(f"{name}.py")).is_file()} - found
        found |= new
    return found


def _imported(file: Path) -> Iterator[str]:
    """The modules a file names after `import` or `from`: read as text, for Lambda's Python may know more than ours."""
    for from_module, modules in IMPORT.findall(file.read_text(encoding="utf-8", errors="replace")):
        for part in [from_module] if from_module else modules.split(","):
            yield re.split(r"\W", part.strip(), maxsplit=1)[0]
