"""The zip of a function is the same, byte for byte, wherever and whenever it is made."""

import io
import os
import zipfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from advent_cli.packaging.bundle import Bundle, Source


def of(file: Path, *, is_folder: bool = False) -> Bundle:
    return Bundle(Source(file, is_folder, f"{file.stem}.handler"), "python3.13", "")


def test_the_bytes_do_not_depend_on_times_modes_or_line_ends(tmp_path: Path) -> None:
    made = set()
    for number, text in enumerate([b"x = 1\ny = 2\n", b"x = 1\r\ny = 2\r\n"]):
        file = tmp_path / str(number) / "app.py"
        file.parent.mkdir()
        file.write_bytes(text)
        file.chmod(0o600 + number)
        os.utime(file, (number * 1e6, number * 1e6))
        made.add(of(file).data)
    assert len(made) == 1


def test_these_very_bytes(tmp_path: Path) -> None:
    """Lambda compares hashes: were this to change, every function of every user would be uploaded anew."""
    (tmp_path / "app.py").write_text("def handler(event, context):\n    return 1\n")
    assert of(tmp_path / "app.py").sha256 == "7bRlrX/75ikX+1KXukIEdqgey0sG2zY76P6sUmd/WgI="


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_goes_in_can_be_read_by_lambdas_user(text: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "app.py")
        file.write_text(text, encoding="utf-8", newline="")
        with zipfile.ZipFile(io.BytesIO(of(file).data)) as archive:
            (entry,) = archive.infolist()
            assert archive.read(entry) == text.encode().replace(b"\r\n", b"\n")
            assert (entry.filename, entry.external_attr >> 16, entry.compress_type) == ("app.py", 0o100644, 0)
