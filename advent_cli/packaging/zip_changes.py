"""Pure: which files differ between two zips."""

import io
import zipfile

MOST = 5  # files that are named


def changes(old: bytes, new: bytes) -> list[str]:
    """What happens to each file, as in `app.py (changed)`; only the first few, and how many more there are.

    Empty if no file differs, as in zips that differ in their compression alone.
    """
    before, after = _files(old), _files(new)
    words = [
        f"{name} ({'new' if name not in before else 'removed' if name not in after else 'changed'})"
        for name in sorted({**before, **after})
        if before.get(name) != after.get(name)
    ]
    more = [f"{len(words) - MOST} more"] if len(words) > MOST else []
    return [*words[:MOST], *more]


def _files(data: bytes) -> dict[str, tuple[int, int, int]]:
    """What distinguishes two versions of a file, by name: its checksum, size and mode."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {e.filename: (e.CRC, e.file_size, e.external_attr >> 16) for e in archive.infolist() if not e.is_dir()}
