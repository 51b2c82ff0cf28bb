"""The zip of a function: the same bytes for the same source on every machine."""

import base64
import hashlib
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Bundle:
    """A deployment package, and the CodeSha256 under which Lambda knows it."""

    data: bytes

    @property
    def sha256(self) -> str:
        """The base64 of the SHA-256, as GetFunction returns it."""
        return base64.b64encode(hashlib.sha256(self.data).digest()).decode()


def of(source: Path) -> Bundle:
    """Put one source file at the top of a zip; stored, since compressed bytes differ between versions of zlib."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        entry = zipfile.ZipInfo(source.name, date_time=(1980, 1, 1, 0, 0, 0))
        entry.create_system = 3  # Unix, also when this is run on Windows
        entry.external_attr = 0o100644 << 16  # readable by the user that Lambda runs it as
        archive.writestr(entry, source.read_bytes().replace(b"\r\n", b"\n"))
    return Bundle(buffer.getvalue())
