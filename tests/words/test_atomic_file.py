"""The file of an export: existing files, links and pipes stay intact, and no temporary files remain."""

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
from advent_cli.words.atomic_file import ExportFile
from tests.support.stacks import ROOT

LINES = [f"line {number}" for number in range(3)]
TEXT = "line 0\nline 1\nline 2\n"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_pipe_stays_a_pipe(tmp_path: Path) -> None:
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


def test_a_reader_that_closes_the_pipe_is_an_error(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with pytest.raises(AdventError, match="Broken pipe; nothing was deleted"):
        ExportFile(Path(f"/dev/fd/{writing}")).write(LINES)
    os.close(writing)


@pytest.mark.parametrize("exists", [False, True])
def test_a_link_stays_a_link(tmp_path: Path, exists: bool) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    link, target = tmp_path / "link", folder / "target"
    link.symlink_to("elsewhere/target")
    if exists:
        target.write_text("precious")
        with pytest.raises(RefusedError, match="link exists"):
            ExportFile(link).check()
    file = ExportFile(link, overwrite=exists)
    file.check()
    assert file.write(LINES) == 3
    assert (os.readlink(link), target.read_text()) == ("elsewhere/target", TEXT)
    assert (names(tmp_path), names(folder)) == (["elsewhere", "link"], ["target"])


def test_an_overwritten_file_keeps_its_mode(tmp_path: Path) -> None:
    target = tmp_path / "counts"
    target.touch(0o600)
    ExportFile(target, overwrite=True).write(LINES)
    assert (target.stat().st_mode & 0o777, target.read_text()) == (0o600, TEXT)


@pytest.mark.parametrize("links", [True, False])
def test_a_file_that_appears_during_the_export_is_not_overwritten(
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


def test_missing_lines_are_noticed(tmp_path: Path) -> None:
    """As on a disk that loses writes."""

    def lines() -> Iterator[str]:
        yield from ["x" * 1000] * 100
        (part,) = tmp_path.glob(".advent-export-*/part")
        os.truncate(part, 0)

    with pytest.raises(AdventError, match=r"only \d+ of 100 lines are in the file; nothing was deleted"):
        ExportFile(tmp_path / "counts").write(lines())
    assert names(tmp_path) == []


@pytest.mark.parametrize("name", ["no/such/directory", "file/counts"])
def test_an_impossible_path_is_refused_by_the_check(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(AdventError, match=r"cannot write .*; nothing was deleted"):
        ExportFile(tmp_path / name).check()


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("name", ["", "folder", "link"])
def test_a_directory_is_refused_by_the_check(
    tmp_path: Path, name: str, overwrite: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AdventError, match="it is a directory; nothing was deleted"):
        ExportFile(Path(name), overwrite=overwrite).check()


@contextmanager
def exporting(target: Path) -> Iterator[None]:
    """Export in another process inside the block; kill it at the end."""
    program = (
        "import sys, time; from pathlib import Path; from advent_cli.words.atomic_file import ExportFile\n"
        "def lines():\n    yield 'line'\n    print('begun', flush=True)\n    time.sleep(60)\n"
        "ExportFile(Path(sys.argv[1])).write(lines())"
    )
    command = [sys.executable, "-c", program, str(target)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "begun\n"
        yield
        process.kill()


def test_an_export_removes_only_the_directories_of_killed_exports(tmp_path: Path) -> None:
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
    ("name", "age", "stays"), [("counts", 9999, False), ("counts", 0, True), ("other", 9999, True)]
)
def test_the_directory_of_a_killed_export_of_0_1_is_removed_only_if_it_is_certainly_one(
    tmp_path: Path, name: str, age: int, stays: bool
) -> None:
    folder = tmp_path / ".advent-ab_d3fgh"
    folder.mkdir(0o700)
    (folder / name).write_text('{"word": "a", "count": 1}\n{"wo')
    os.utime(folder / name, (time.time() - age,) * 2)
    ExportFile(tmp_path / "counts").write(LINES)
    assert folder.exists() == stays


@pytest.mark.parametrize("has_lock", [False, True])
@pytest.mark.parametrize(("mode", "age", "stays"), [(0o700, 9999, False), (0o700, 0, True), (0o755, 9999, True)])
def test_an_old_private_directory_without_a_mark_is_removed(
    tmp_path: Path, has_lock: bool, mode: int, age: int, stays: bool
) -> None:
    folder = tmp_path / ".advent-export-ab_d3fgh"
    folder.mkdir(mode)
    if has_lock:
        (folder / "lock").touch()
    os.utime(folder, (time.time() - age,) * 2)
    ExportFile(tmp_path / "counts").write(LINES)
    assert folder.exists() == stays
