"""`advent status --watch`: the view fits every terminal, shows what changed, and restores the terminal."""

import io
import re
import signal
from pathlib import Path

import pytest
from rich.console import Console

from advent_cli.deploy.decide import Step
from advent_cli.errors import AdventError, ForeignError
from advent_cli.live import polling
from advent_cli.live.view import Growth, LiveView, Sample, Words, growth, recent
from advent_cli.local import lifecycle
from advent_cli.output.live_screen import draw
from advent_cli.stack.build import Stack
from tests.conftest import ADVENT, Run
from tests.support import stacks
from tests.support.screen import Terminal

OK = [Step(f"function/f{n}", f"function f{n}", {}, {}) for n in range(26)]
BAD = [
    Step("function/g", "function g", {"timeout": 30}, {"timeout": 3}),
    Step("topic/t", "topic t", {}, None),
    Step("table/x", "table x", {}, ForeignError("table/x", "table x", "arn:aws:dynamodb:::x")),
    *(Step(f"queue/q{n}", f"queue q{n}", {}, None) for n in range(20)),
]
WORDS = Words([(f"word{n}", 100 - n) for n in range(50)], {"word0": 11}, 1_000_000, 12_345_678, 1.0, Growth(33, 58.0))
URL = "https://abcdefghij.execute-api.us-east-1.amazonaws.com/aws_advent/and/more"


def lines(view: LiveView | None, width: int, height: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, height=height)
    console.print(draw(console, view, 100.0))
    return console.file.getvalue().splitlines()  # type: ignore[attr-defined, no-any-return]


def view(steps: list[Step], words: Words | None = WORDS, error: AdventError | None = None) -> LiveView:
    return LiveView(
        "awsadvent", 99.0, tuple(steps), (URL,), "awsadvent-dlq", 2, words, 12, error, ("role: not managed",)
    )


@pytest.mark.parametrize("size", [(60, 10), (60, 20), (80, 24), (120, 50), (200, 12)])
@pytest.mark.parametrize("error", [None, AdventError("AWS cannot be reached", why="x\ny" * 300)])
@pytest.mark.parametrize("steps", [OK, OK + BAD])
def test_it_fits_the_terminal_and_shows_what_matters(
    size: tuple[int, int], error: AdventError | None, steps: list[Step]
) -> None:
    shown = lines(view(steps, error=error), *size)
    assert len(shown) <= size[1]
    assert max(map(len, shown)) <= size[0]
    text = "\n".join(shown)
    assert URL in text.replace("\n", "")
    assert "2 dead letters in awsadvent-dlq" in text
    assert "12 messages a minute, 2 dead" in text
    assert ("role: not managed" in text) == (size[1] > 12)  # a small terminal has lines for what changes only
    assert "1,000,000 words, 12,345,678 in total" in text
    assert "+33 in the last 58 s" in text
    assert re.search(r"^word0 +100 +[+]11 █", text, re.MULTILINE)
    assert ("26 resources ok" in text) == (steps == OK)
    assert ("26 of 49 resources ok" in text) == (steps != OK)
    assert ("timeout: 3, should be 30" in text) == (steps != OK)
    assert ("error: AWS cannot be reached" in text) == (error is not None)


def test_it_shows_text_before_the_first_inspection_and_without_a_table() -> None:
    assert lines(None, 60, 10) == ["inspecting the stack"]
    assert "no words: the table is missing" in "\n".join(lines(view(OK, words=None), 60, 10))
    assert "reading the words, 40,000 so far" in "\n".join(lines(view(OK, words=Words([], {}, reading=40000)), 60, 10))


def test_the_age_of_an_old_inspection_is_shown() -> None:
    old = LiveView("awsadvent", 58.0, tuple(OK))
    assert "updated 42 s ago" in lines(old, 60, 10)[0]


def test_growth_is_a_difference_and_not_extrapolated() -> None:
    samples = [Sample(0, 10), Sample(30, 40), Sample(61, 45), Sample(90, 45)]
    assert growth(samples[:1]) is None
    assert growth(recent(samples[:2])) == Growth(30, 30)
    assert growth(recent(samples)) == Growth(5, 60)
    assert growth(recent([Sample(0, 10), Sample(600, 20)])) == Growth(10, 600)


def test_each_inspection_shows_the_changes_since_the_previous_one(deployed: Stack) -> None:
    client = deployed.aws.client("dynamodb")

    def put(**numbers: int) -> None:
        for word, count in numbers.items():
            client.put_item(TableName="table", Item={"word": {"S": word}, "count": {"N": str(count)}})

    put(a=1, b=5, c=3)
    counter = polling.WordCounter(deployed.table, 2)
    first = counter.read()
    assert (first.top, first.changes) == ([("b", 5), ("c", 3)], {})
    assert (first.words, first.total, first.growth) == (3, 9, None)
    put(c=13)
    counter._due = float("inf")  # as after a long scan: the next one is not due yet
    second = counter.read()
    assert (second.top, second.changes) == ([("c", 13), ("b", 5)], {"b": 0, "c": 10})
    assert second.total == 9
    put(a=20)
    counter._due = 0.0
    third = counter.read()
    assert (third.top, third.changes) == ([("a", 20), ("c", 13)], {"c": 0})
    assert (third.total, third.growth and third.growth.added) == (38, 29)


def test_scans_take_at_most_a_tenth_of_the_time() -> None:
    assert [polling.pause_after_scan(took) for took in (0.0, 0.1, 60.0)] == [0.0, pytest.approx(0.9), 540.0]


def test_it_restores_the_terminal_on_exit(deployed: Stack, advent: Run, tmp_path: Path) -> None:
    with Terminal([ADVENT, "status", "--watch"], tmp_path, (60, 12)) as terminal:
        terminal.read("26 resources ok")
        terminal.press("xyz")
        advent("say", "--no-wait", "awsadvent", "board")
        terminal.read("board")
        terminal.press("q")
        assert terminal.ended() == 0
        assert terminal.as_before
    with Terminal([ADVENT, "status", "--watch"], tmp_path, (60, 12), NO_COLOR="1") as terminal:
        terminal.read("26 resources ok")
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.ended() == 0
        assert terminal.as_before
        assert "\x1b[32m" not in terminal.written
    with Terminal([ADVENT, "status", "--watch"], tmp_path, (60, 12)) as terminal:
        terminal.read("\x1b[32m")
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.ended() == 130
        assert terminal.as_before


def test_it_survives_a_stop_of_the_engine_and_a_bug_restores_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))  # an engine of its own
    stacks.up(stacks.tutorial(lifecycle.start()))
    with Terminal([ADVENT, "status", "--watch"], tmp_path, (80, 20)) as terminal:
        terminal.read("26 resources ok")
        lifecycle.stop()
        terminal.read("error: ")
        terminal.read("updated ")
        lifecycle.start()
        terminal.read("26 resources ok")
        terminal.press("q")
        assert terminal.ended() == 0
    bug = "from advent_cli.live import polling; polling.inspect = None; from advent_cli.cli.main import main; main()"
    python = ADVENT.with_name("python")
    with Terminal([python, "-c", bug, "status", "--watch"], tmp_path, (80, 20)) as terminal:
        terminal.read("TypeError")
        assert terminal.ended() == 1
        assert terminal.as_before
    lifecycle.stop()


def test_it_needs_a_terminal(advent: Run, tmp_path: Path) -> None:
    assert "--watch needs a terminal: stdout is a pipe" in advent("status", "--watch", code=2).stderr
    with Terminal([ADVENT, "status", "--watch"], tmp_path, (80, 20), TERM="dumb") as terminal:
        terminal.read("TERM is dumb")
        assert terminal.ended() == 2
    with Terminal([ADVENT, "-v", "status", "--watch"], tmp_path, (80, 20)) as terminal:
        terminal.read("cannot be combined")
        assert terminal.ended() == 2
