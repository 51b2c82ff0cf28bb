"""Exporting counts to a file and importing them: complete or not at all, repeatable, and for tables of any size."""

import gzip
import json
import re
import resource
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from advent_cli.aws.retry import Waiter
from advent_cli.errors import UsageError
from advent_cli.local.lifecycle import Engine
from advent_cli.stack.build import Stack
from advent_cli.words import counts, export_import
from advent_cli.words.atomic_file import ExportFile
from tests.conftest import ADVENT, Run
from tests.support import stacks

WORDS = {f"word{number}": number % 97 for number in range(150)} | {"a&b": 3, "🎄": 11, "\u2028": 1, '"': 2}


@pytest.fixture
def stack(engine: Engine) -> Stack:
    stack = stacks.tutorial(engine)
    stack.table.create(Waiter())
    return stack


def write_counts(file: Path, words: dict[str, int]) -> Path:
    lines = [json.dumps({"word": word, "count": count}) for word, count in words.items()]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def test_an_export_holds_what_was_imported(stack: Stack, tmp_path: Path) -> None:
    assert export_import.restore(stack.table, write_counts(tmp_path / "in", WORDS), Waiter()) == len(WORDS)
    assert dict(counts.scan(stack.table)) == WORDS
    assert export_import.export(stack.table, ExportFile(tmp_path / "out")) == len(WORDS)
    assert export_import.check(tmp_path / "out") == len(WORDS)
    export_import.restore(stack.table, tmp_path / "out", Waiter())  # again: it sets counts, and does not add
    assert dict(counts.scan(stack.table)) == WORDS
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"]


@pytest.mark.parametrize(
    "line",
    ["", "{", "[]", "3", '{"word": "a"}', '{"word": 1, "count": 1}', '{"word": "a", "count": "1"}',
     '{"word": "a", "count": true}', '{"word": "", "count": 1}', '{"word": "a", "count": 1.5}', "[" * 100_000],
)  # fmt: skip
def test_an_invalid_line_is_reported_before_anything_is_written(stack: Stack, tmp_path: Path, line: str) -> None:
    file = write_counts(tmp_path / "in", {"good": 1})
    with file.open("a") as lines:
        lines.write(line + "\n")
    with pytest.raises(UsageError, match="in:2: invalid line"):
        export_import.check(file)
    assert list(counts.scan(stack.table)) == []


def test_export_down_up_and_import_keep_the_counts(engine: Engine, advent: Run, tmp_path: Path) -> None:
    advent("up")
    advent("say", "awsadvent", "some", "words")
    before = dict(counts.scan(stacks.tutorial(engine).table))
    down = advent("down", "--yes", "--export", "counts.jsonl").stderr
    assert "exported 3 word counts" in down
    assert "nothing is left: " in down
    up = advent("up", "--import", "counts.jsonl").stderr
    assert "imported 3 word counts" in up
    assert dict(counts.scan(stacks.tutorial(engine).table)) == before
    (tmp_path / "counts.jsonl").write_text("nonsense\n")
    assert "counts.jsonl:1: invalid line 'nonsense'" in advent("up", "--import", "counts.jsonl", code=2).stderr


def test_a_failed_export_deletes_nothing(engine: Engine, advent: Run, tmp_path: Path) -> None:
    advent("up")
    assert "nothing was deleted" in advent("down", "--yes", "--export", "no/such/folder", code=1).stderr
    nameless = advent("down", "--export", "", code=1).stderr  # an empty path, which is the current directory
    assert "cannot write .: it is a directory; nothing was deleted" in nameless
    advent("say", "awsadvent")
    # By its descriptor: a program that replaces its output file must not get the path of the device.
    command = ["bash", "-c", f"{ADVENT} down --yes --export /dev/fd/3 3>/dev/full"]
    full = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert full.returncode == 1
    assert "cannot write /dev/fd/3: No space left on device; nothing was deleted" in full.stderr
    assert "nothing to do" in advent("plan").stdout
    stacks.tutorial(engine).aws.client("dynamodb").delete_table(TableName="table")
    assert "cannot export: this stack has no table table" in advent("down", "--yes", "--export", "file", code=1).stderr
    assert "1 to create" in advent("plan").stdout


def test_up_reuses_a_table_that_down_kept(engine: Engine, advent: Run) -> None:
    advent("up")
    advent("say", "awsadvent")
    down = advent("down", "--yes", "--keep-table").stderr
    assert "- table" not in down
    assert "kept: table table\n  nothing else is left: " in down
    assert "ok       table        table" in advent("-v", "status").stdout
    up = advent("up").stderr
    assert "1 unchanged" in up
    assert advent("say", "awsadvent").stdout == "awsadvent = 12\n"


def test_a_killed_import_can_be_repeated(engine: Engine, stack: Stack, tmp_path: Path) -> None:
    words = {f"word{number}": number for number in range(2000)}
    file = write_counts(tmp_path / "in", words)
    program = (
        "from pathlib import Path; import sys; from tests.support import stacks; "
        "from advent_cli.words import export_import; "
        "from advent_cli.local import lifecycle; "
        "from advent_cli.aws.retry import Waiter; "
        "export_import.restore(stacks.tutorial(lifecycle.require()).table, Path(sys.argv[1]), Waiter())"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(file)], cwd=stacks.ROOT)
    while not counts.number_of_words(stack.table, {"status": "ACTIVE"}):
        assert process.poll() is None
    process.kill()
    process.wait()
    assert 0 < len(dict(counts.scan(stack.table))) < len(words)
    export_import.restore(stack.table, file, Waiter())
    assert dict(counts.scan(stack.table)) == words


def test_memory_does_not_grow_with_the_table(stack: Stack, tmp_path: Path) -> None:
    words = {f"a-word-of-some-length-{number}": number for number in range(20_000)}
    export_import.restore(stack.table, write_counts(tmp_path / "in", words), Waiter())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert export_import.export(stack.table, ExportFile(tmp_path / "out")) == len(words)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000  # kilobytes


def test_export_and_number_of_words_read_consistently(stack: Stack, tmp_path: Path) -> None:
    """A scan can miss recent writes unless it is consistent, which costs twice as much; `status` need not pay that."""
    consistent: list[bool] = []

    def note(params: dict[str, Any], **_: Any) -> None:
        consistent.append(params.get("ConsistentRead", False))

    stack.aws.client("dynamodb").meta.events.register("provide-client-params.dynamodb.Scan", note)
    export_import.export(stack.table, ExportFile(tmp_path / "out"))
    counts.number_of_words(stack.table, {"status": "ACTIVE"})
    counts.top(stack.table, 1)
    assert consistent == [True, True, False]


def test_an_existing_file_is_refused_before_any_question_or_delete(advent: Run, tmp_path: Path) -> None:
    advent("up")
    advent("say", "awsadvent")
    file = tmp_path / "yesterday's counts"
    file.write_text("precious\n")
    for options in ([], ["--yes"], ["--json"]):
        refused = advent("down", "--export", file.name, *options, code=4)
        assert "yesterday's counts exists" in refused.stdout + refused.stderr
    assert "nothing to do" in advent("plan").stdout
    assert file.read_text() == "precious\n"
    hint = re.search("`advent (.*)`", advent("down", "--export", file.name, code=4).stderr)
    assert hint
    assert "exported 1 word count" in advent(*shlex.split(hint[1]), "--yes").stderr
    assert json.loads(file.read_text()) == {"word": "awsadvent", "count": 11}


def test_an_export_to_stdout_or_a_pipe_holds_the_counts(advent: Run, tmp_path: Path) -> None:
    advent("up")
    advent("say", "awsadvent")
    line = json.dumps({"word": "awsadvent", "count": 11}) + "\n"
    assert advent("down", "--yes", "--keep-table", "--export", "/dev/fd/1").stdout == line
    script = f"echo before; {ADVENT} down --yes --keep-table --export /dev/fd/1"
    subprocess.run(["bash", "-c", f"({script}) > out"], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "out").read_text() == f"before\n{line}"
    script = f"{ADVENT} down --yes --export >(gzip > out.gz)"
    subprocess.run(["bash", "-c", script], cwd=tmp_path, check=True, capture_output=True)
    Waiter().until(lambda: (tmp_path / "out.gz").stat().st_size > 0, "waiting for gzip")
    assert gzip.decompress((tmp_path / "out.gz").read_bytes()).decode() == line


def test_conflicting_options(advent: Run) -> None:
    assert "--force needs --export" in advent("down", "--force", code=2).stderr
    both = json.loads(advent("down", "--json", "--export", "/dev/fd/1", code=2).stdout)
    assert "where the JSON document goes" in both["errors"][0]["what"]
