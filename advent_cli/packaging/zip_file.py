"""The bytes of a zip. `plan --explain` prints the code of `zipped`, so its script writes the same ones."""

import io
import os
import zipfile
from collections.abc import Iterable
from pathlib import Path

MEGABYTE = 1024 * 1024
# "Lambda quotas" in its developer guide. A larger zip has to go through an S3 bucket, and advent has none.
MAX_ZIPPED, MAX_UNZIPPED = 50 * MEGABYTE, 250 * MEGABYTE
STORED_UP_TO = int(MAX_ZIPPED * 0.95)  # bytes; so much is not compressed, as compressed bytes differ between zlibs


# It holds for older Pythons too, and has no single quote in it, because it is printed for a shell.
def zipped(folder: str, names: Iterable[str], packages: str, stored_up_to: int) -> bytes:
    """The zip of these files in `folder`, and of all in `packages` unless that is empty; the former win."""
    found = [os.path.join(top, name) for top, _, files in os.walk(packages) for name in files] if packages else []
    paths = {os.path.relpath(path, packages).replace(os.sep, "/"): path for path in found}
    own = {name: os.path.join(folder, name) for name in names}
    contents = {name: Path(path).read_bytes() for name, path in {**paths, **own}.items()}
    contents.update({n: contents[n].replace(b"\r\n", b"\n") for n in own if n.endswith(".py")})
    method = zipfile.ZIP_DEFLATED if sum(map(len, contents.values())) >= stored_up_to else zipfile.ZIP_STORED
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method, compresslevel=9) as archive:
        for name, data in sorted(contents.items()):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type, entry.create_system = method, 3  # Unix, on Windows too
            is_program = os.stat({**paths, **own}[name]).st_mode & 0o100
            entry.external_attr = (0o100755 if is_program else 0o100644) << 16  # for any user that Lambda runs it as
            archive.writestr(entry, data)
    return buffer.getvalue()
