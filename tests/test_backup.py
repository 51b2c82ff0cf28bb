"""Counts written to a file and set from it: whole or not at all, as often as one likes, however many there are."""

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from advent_cli import backup, counts
from advent_cli.errors import UsageError
from advent_cli.local import Engine
from advent_cli.patience import Patience
from advent_cli.stack import Stack
from tests.conftest import Run
from tests.support import stacks

WORDS = {f"word{number}": number % 97 for number in range(150)} | {"a&b": 3, "🎄": 11, "\u2028": 1, '"': 2}


@pytest.fixture
def stack(engine: Engine) -> Stack:
    stack = stacks.tutorial(engine)
    stack.table.create(Patience())
    return stack


def filled(file: Path, words: dict[str, int]) -> Path:
    lines = [json.dumps({"word": word, "count": count}) for word, count in words.items()]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def test_what_is_written_is_what_is_set(stack: Stack, tmp_path: Path) -> None:
    assert backup.restore(stack.table, filled(tmp_path / "in", WORDS), Patience()) == len(WORDS)
    assert dict(counts.scan(stack.table)) == WORDS
    assert backup.export(stack.table, tmp_path / "out") == len(WORDS)
    assert backup.check(tmp_path / "out") == len(WORDS)
    backup.restore(stack.table, tmp_path / "out", Patience())  # again: it sets, and does not add
    assert dict(counts.scan(stack.table)) == WORDS
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "out"]


@pytest.mark.parametrize(
    "line",
    ["", "{", "[]", "3", '{"word": "a"}', '{"word": 1, "count": 1}', '{"word": "a", "count": "1"}',
     '{"word": "a", "count": true}', '{"word": "", "count": 1}', '{"word": "a", "count": 1.5}', "[" * 100_000],
)  # fmt: skip
def test_a_spoilt_line_is_told_before_anything_is_written(stack: Stack, tmp_path: Path, line: str) -> None:
    file = filled(tmp_path / "in", {"good": 1})
    with file.open("a") as lines:
        lines.write(line + "\n")
    with pytest.raises(UsageError, match="in:2: found"):
        backup.check(file)
    assert list(counts.scan(stack.table)) == []


def test_down_up_and_import_give_the_same_counts(engine: Engine, advent: Run, tmp_path: Path) -> None:
    advent("up")
    advent("say", "awsadvent", "some", "words")
    before = dict(counts.scan(stacks.tutorial(engine).table))
    down = advent("down", "--yes", "--export", "counts.jsonl").stderr
    assert "wrote the counts of 3 words" in down
    assert down.endswith("0 left\n")
    up = advent("up", "--import", "counts.jsonl").stderr
    assert "set the counts of 3 words" in up
    assert dict(counts.scan(stacks.tutorial(engine).table)) == before
    (tmp_path / "counts.jsonl").write_text("nonsense\n")
    assert "counts.jsonl:1: found 'nonsense'" in advent("up", "--import", "counts.jsonl", code=2).stderr


def test_a_failed_export_deletes_nothing(engine: Engine, advent: Run) -> None:
    advent("up")
    assert "nothing was deleted" in advent("down", "--yes", "--export", "no/such/folder", code=1).stderr
    assert "nothing to do" in advent("plan").stdout
    stacks.tutorial(engine).aws.client("dynamodb").delete_table(TableName="table")
    assert "no table table of ours to export" in advent("down", "--yes", "--export", "file", code=1).stderr
    assert "1 to create" in advent("plan").stdout


def test_a_kept_table_is_found_again(engine: Engine, advent: Run) -> None:
    advent("up")
    advent("say", "awsadvent")
    down = advent("down", "--yes", "--keep-table").stderr
    assert "- table" not in down
    assert down.endswith("0 left\n")
    assert "table        table" in advent("status").stdout
    up = advent("up").stderr
    assert "1 unchanged" in up
    assert advent("say", "awsadvent").stdout == "awsadvent = 12\n"


def test_killed_half_way_and_run_again_it_is_whole(engine: Engine, stack: Stack, tmp_path: Path) -> None:
    words = {f"word{number}": number for number in range(2000)}
    file = filled(tmp_path / "in", words)
    program = (
        "from pathlib import Path; import sys; from tests.support import stacks; from advent_cli import backup, local; "
        "from advent_cli.patience import Patience; "
        "backup.restore(stacks.tutorial(local.require()).table, Path(sys.argv[1]), Patience())"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(file)], cwd=stacks.ROOT)
    while not counts.number_of_words(stack.table, {"status": "ACTIVE"}):
        assert process.poll() is None
    process.kill()
    process.wait()
    assert 0 < len(dict(counts.scan(stack.table))) < len(words)
    backup.restore(stack.table, file, Patience())
    assert dict(counts.scan(stack.table)) == words


def test_memory_does_not_grow_with_the_table(stack: Stack, tmp_path: Path) -> None:
    words = {f"a-word-of-some-length-{number}": number for number in range(20_000)}
    backup.restore(stack.table, filled(tmp_path / "in", words), Patience())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert backup.export(stack.table, tmp_path / "out") == len(words)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000  # kilobytes
