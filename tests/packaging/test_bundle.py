"""The zip of a function is the same, byte for byte, wherever and whenever it is built."""

import io
import os
import zipfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from advent_cli.packaging.bundle import Bundle, Source


def bundle_of(file: Path, *, is_folder: bool = False) -> Bundle:
    return Bundle(Source(file, is_folder, f"{file.stem}.handler", file.parent), "python3.13", "")


def test_the_bytes_do_not_depend_on_times_modes_or_line_ends(tmp_path: Path) -> None:
    built = set()
    for number, text in enumerate([b"x = 1\ny = 2\n", b"x = 1\r\ny = 2\r\n"]):
        file = tmp_path / str(number) / "app.py"
        file.parent.mkdir()
        file.write_bytes(text)
        file.chmod(0o600 + number)
        os.utime(file, (number * 1e6, number * 1e6))
        built.add(bundle_of(file).data)
    assert len(built) == 1


def test_the_bytes_stay_the_same_between_releases(tmp_path: Path) -> None:
    """Lambda compares hashes: if this one changes, every function of every user is uploaded again."""
    (tmp_path / "app.py").write_text("def handler(event, context):\n    return 1\n")
    assert bundle_of(tmp_path / "app.py").sha256 == "7bRlrX/75ikX+1KXukIEdqgey0sG2zY76P6sUmd/WgI="


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_lambdas_user_can_read_the_files(text: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "app.py")
        file.write_text(text, encoding="utf-8", newline="")
        with zipfile.ZipFile(io.BytesIO(bundle_of(file).data)) as archive:
            (entry,) = archive.infolist()
            assert archive.read(entry) == text.encode().replace(b"\r\n", b"\n")
            assert (entry.filename, entry.external_attr >> 16, entry.compress_type) == ("app.py", 0o100644, 0)
