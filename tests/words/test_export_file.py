"""Where an export goes: what is there stays whole, a link a link and a pipe a pipe, and nothing is left behind."""

import errno
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from advent_cli.errors import AdventError, RefusedError
from advent_cli.words.export_file import ExportFile
from tests.support.stacks import ROOT

LINES = [f"line {number}" for number in range(3)]
TEXT = "line 0\nline 1\nline 2\n"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_pipe_stays_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    file = ExportFile(pipe)
    file.check()
    assert file.write(LINES) == 3
    reader.join(10)
    assert (read, pipe.is_fifo()) == ([TEXT], True)


def test_a_reader_that_leaves_is_an_error(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with pytest.raises(AdventError, match="Broken pipe; nothing was deleted"):
        ExportFile(Path(f"/dev/fd/{writing}")).write(LINES)
    os.close(writing)


@pytest.mark.parametrize("there", [False, True])
def test_a_link_stays_one(tmp_path: Path, there: bool) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    link, target = tmp_path / "link", folder / "target"
    link.symlink_to("elsewhere/target")
    if there:
        target.write_text("precious")
        with pytest.raises(RefusedError, match="link exists"):
            ExportFile(link).check()
    file = ExportFile(link, overwrite=there)
    file.check()
    assert file.write(LINES) == 3
    assert (os.readlink(link), target.read_text()) == ("elsewhere/target", TEXT)
    assert (names(tmp_path), names(folder)) == (["elsewhere", "link"], ["target"])


def test_who_may_read_a_file_stays_when_it_is_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "counts"
    target.touch(0o600)
    ExportFile(target, overwrite=True).write(LINES)
    assert (target.stat().st_mode & 0o777, target.read_text()) == (0o600, TEXT)


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_appears_meanwhile_is_not_overwritten(
    tmp_path: Path, links: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not links:

        def refuse(*_: object) -> None:
            raise OSError(errno.EPERM, "Operation not permitted")  # as FAT does

        monkeypatch.setattr(os, "link", refuse)
    target = tmp_path / "counts"

    def lines() -> Iterator[str]:
        yield "line"
        target.write_text("precious")

    file = ExportFile(target)
    file.check()
    with pytest.raises(RefusedError, match="counts exists"):
        file.write(lines())
    assert (names(tmp_path), target.read_text()) == (["counts"], "precious")
    target.unlink()
    assert file.write(LINES) == 3
    assert (names(tmp_path), target.read_text()) == (["counts"], TEXT)


def test_what_is_not_in_the_file_is_missed(tmp_path: Path) -> None:
    """As on a disk that loses what was written to it."""

    def lines() -> Iterator[str]:
        yield from ["x" * 1000] * 100
        (part,) = tmp_path.glob(".advent-export-*/part")
        os.truncate(part, 0)

    with pytest.raises(AdventError, match=r"of 100 lines .* are in the file; nothing was deleted"):
        ExportFile(tmp_path / "counts").write(lines())
    assert names(tmp_path) == []


@pytest.mark.parametrize("name", ["no/such/directory", "file/counts"])
def test_a_place_where_no_file_can_be_is_told_beforehand(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(AdventError, match=r"cannot write .*; nothing was deleted"):
        ExportFile(tmp_path / name).check()


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("name", ["", "folder", "link"])
def test_a_directory_is_refused_beforehand(
    tmp_path: Path, name: str, overwrite: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AdventError, match="it is a directory; nothing was deleted"):
        ExportFile(Path(name), overwrite=overwrite).check()


@contextmanager
def exporting(target: Path) -> Iterator[None]:
    """While this is entered, a process of its own exports; then it is killed."""
    program = (
        "import sys, time; from pathlib import Path; from advent_cli.words.export_file import ExportFile\n"
        "def lines():\n    yield 'line'\n    print('begun', flush=True)\n    time.sleep(60)\n"
        "ExportFile(Path(sys.argv[1])).write(lines())"
    )
    words = [sys.executable, "-c", program, str(target)]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "begun\n"
        yield
        process.kill()


def test_what_a_killed_export_left_is_removed_by_the_next_and_nothing_else(tmp_path: Path) -> None:
    own = {".advent-export-notes": "lock", ".advent-export-other": "mine", ".advent-abcdefgh": "counts"}
    for folder, name in own.items():
        (tmp_path / folder).mkdir(0o700)
        (tmp_path / folder / name).write_text("my own\n")
        os.utime(tmp_path / folder / name, (0, 0))
    (tmp_path / ".advent-export-file").touch()
    with exporting(tmp_path / "alive"):
        alive = {*names(tmp_path)}
        with exporting(tmp_path / "dead"):
            pass
        assert alive < {*names(tmp_path)}
        assert ExportFile(tmp_path / "counts").write(LINES) == 3
        assert {*names(tmp_path)} == {*alive, "counts"}
    assert ExportFile(tmp_path / "more").write(LINES) == 3
    assert names(tmp_path) == sorted([".advent-export-file", "counts", "more", *own])


@pytest.mark.parametrize(
    ("name", "age", "is_left"), [("counts", 9999, False), ("counts", 0, True), ("other", 9999, True)]
)
def test_what_a_killed_export_of_0_1_left_is_removed_if_that_is_sure(
    tmp_path: Path, name: str, age: int, is_left: bool
) -> None:
    folder = tmp_path / ".advent-ab_d3fgh"
    folder.mkdir(0o700)
    (folder / name).write_text('{"word": "a", "count": 1}\n{"wo')
    os.utime(folder / name, (time.time() - age,) * 2)
    ExportFile(tmp_path / "counts").write(LINES)
    assert folder.exists() == is_left


@pytest.mark.parametrize("has_lock", [False, True])
@pytest.mark.parametrize(("mode", "age", "is_left"), [(0o700, 9999, False), (0o700, 0, True), (0o755, 9999, True)])
def test_what_was_killed_before_it_made_its_mark_is_removed_when_it_is_old(
    tmp_path: Path, has_lock: bool, mode: int, age: int, is_left: bool
) -> None:
    folder = tmp_path / ".advent-export-ab_d3fgh"
    folder.mkdir(mode)
    if has_lock:
        (folder / "lock").touch()
    os.utime(folder, (time.time() - age,) * 2)
    ExportFile(tmp_path / "counts").write(LINES)
    assert folder.exists() == is_left
