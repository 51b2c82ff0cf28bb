"""`advent logs`: the lines of all functions, merged by time, each once."""

import io
import json
import re
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from advent_cli.aws.retry import Waiter
from advent_cli.local.lifecycle import Engine
from advent_cli.messages import log_reader
from advent_cli.messages.log_reader import Line
from advent_cli.output.log_lines import show
from advent_cli.stack.build import Stack
from tests.conftest import ADVENT, Run
from tests.support import stacks

ID = "29dd2fab-176b-4663-a230-0c997caef7ce"
NAMES = ["aws_advent", "sns_multiplier", "sns_logger"]


def write(stack: Stack, function: str, *lines: tuple[float, str]) -> None:
    """Write lines to a function's log, each with its time."""
    client, group = stack.aws.client("logs"), f"/aws/lambda/{function}"
    stream = uuid.uuid4().hex
    client.create_log_stream(logGroupName=group, logStreamName=stream)
    events = [{"timestamp": int(at * 1000), "message": text} for at, text in lines]
    client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


@pytest.fixture
def written(deployed: Stack) -> Stack:
    """The tutorial's stack, with some lines in its logs that are a few minutes old."""
    now = int(time.time())
    write(deployed, "sns_multiplier", (now - 500, "old"), (now - 200, "second"), (now - 100, "fourth"))
    write(deployed, "aws_advent", (now - 300, "first"), (now - 150, "Traceback (most recent call last):\n  in x"))
    write(deployed, "sns_logger", (now - 90, "START RequestId: 1 Version: $LATEST"), (now - 80, "fifth"))
    return deployed


def texts(lines: Iterator[Line]) -> list[str]:
    return [line.text.split("\n")[0] for line in lines if not line.is_platform]


def test_lines_are_merged_by_time_from_the_start_on(written: Stack) -> None:
    now = time.time()
    wanted = ["first", "second", "Traceback (most recent call last):", "fourth", "fifth"]
    assert texts(log_reader.read_merged(written.aws, NAMES, now - 400))[-5:] == wanted
    assert texts(log_reader.read_merged(written.aws, ["sns_multiplier"], now - 250))[-2:] == ["second", "fourth"]
    assert texts(log_reader.read_merged(written.aws, ["never_made"], 0)) == []


def test_following_yields_each_line_once_including_late_ones(written: Stack) -> None:
    now = time.time()
    lines = log_reader.follow(written.aws, ["sns_logger"], now - 2, lambda _: None)
    write(written, "sns_logger", (now, "one"), (now, "one"))  # two equal lines are two lines
    assert [next(lines).text, next(lines).text] == ["one", "one"]
    write(written, "sns_logger", (now - 1, "late"))
    assert next(lines).text == "late"
    write(written, "sns_logger", (now + 1, "two"))
    assert next(lines).text == "two"


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("10m", 600), ("2h", 7200), ("1d", 86400)])
def test_parse_span(text: str, seconds: float) -> None:
    assert log_reader.parse_span(text) == seconds


@pytest.mark.parametrize("text", ["", "10", "m", "-1m", "1.5h", "1w", "10 m", "\u0661m", "9999999s"])
def test_invalid_spans(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        log_reader.parse_span(text)


def shown(*texts: str) -> str:
    out = Console(file=io.StringIO(), width=40, highlight=False)
    for text in texts:
        show(out, NAMES, Line(0.25, "aws_advent", text, "id"))
    file: Any = out.file
    return "".join(line[len("00:00:00.250 ") :] for line in file.getvalue().splitlines(keepends=True))


def test_lines_are_formatted_for_people_without_control_characters() -> None:
    assert shown("plain") == "aws_advent     plain\n"
    assert shown("one\n  two") == "aws_advent     one\naws_advent       two\n"
    line = json.dumps({"level": "ERROR", "message": "not counted", "request_id": None, "words": 3})
    assert shown(line) == "aws_advent     ERROR not counted  words=3\n"
    assert shown('{"a": 1}') == 'aws_advent     {"a": 1}\n'
    for level in ("INFO", "WARNING"):
        ids = {"request_id": ID, "message_id": ID, "published": [ID]}
        line = json.dumps({"level": level, "message": "x", **ids, "n": 1})
        assert shown(line).split(maxsplit=1)[1] == ("" if level == "INFO" else "WARNING ") + "x  n=1\n"
    for lead, kept in ((f"[ERROR]\t2026-11-26T09:48:00.123Z\t{ID}\t", "[ERROR] "), (f"RequestId: {ID} ", "")):
        assert " ".join(shown(f"{lead}no").split()) == f"aws_advent {kept}no"
    assert ID in shown(f"{ID} is what the function wrote itself")
    assert "\x1b" not in shown("a\x1b[31mb\x07", json.dumps({"message": "\x1b[2J", "x": "\x1b"}))


def on_terminal(width: int, text: str, *, ids: bool = True) -> list[str]:
    out = Console(file=io.StringIO(), width=width, highlight=False, force_terminal=True, color_system=None)
    show(out, NAMES, Line(0.25, "aws_advent", text, "id"), ids=ids)
    file: Any = out.file
    lines: list[str] = file.getvalue().splitlines()
    return [line.replace(lines[0][:12], "hh:mm:ss.mmm") for line in lines]


def test_a_terminal_wraps_between_words_under_the_message() -> None:
    assert on_terminal(50, "  one two three four five six seven") == [
        "hh:mm:ss.mmm aws_advent       one two three four",
        "                            five six seven",
    ]
    for width in (60, 80, 100):
        wrapped = on_terminal(width, json.dumps({"message": "some words", "request_id": ID, "n": 1}))
        assert max(map(len, wrapped)) <= width
        assert " ".join(wrapped).split()[2:] == ["some", "words", f"request_id={ID}", "n=1"]
    alone = on_terminal(60, f"see {'x' * 70} there")
    assert [line.strip() for line in alone] == ["hh:mm:ss.mmm aws_advent     see", "x" * 70, "there"]
    assert on_terminal(60, "") == ["hh:mm:ss.mmm aws_advent     "]


@given(st.text(alphabet="ab \u4e2d"), st.integers(29, 60))
def test_wrapping_loses_nothing_and_breaks_no_word(text: str, width: int) -> None:
    wrapped = on_terminal(width, text)
    assert " ".join(wrapped).split()[2:] == text.split()
    assert [line for line in wrapped if cell_len(line) > width and len(line.split()) > 1] == []


def test_spans_in_words() -> None:
    spans = ("90s", "10m", "1h", "2d")
    assert [log_reader.span_words(span) for span in spans] == ["90 seconds", "10 minutes", "hour", "2 days"]


def test_the_command_shows_all_functions_some_or_only_errors(written: Stack, advent: Run) -> None:
    out = advent("logs").stdout
    assert [name for name in NAMES if name in out] == NAMES
    assert "START RequestId" not in out
    assert "START RequestId" in advent("-v", "logs").stdout
    assert {line.split()[1] for line in advent("logs", "sns_logger").stdout.splitlines()} == {"sns_logger"}
    errors = advent("logs", "--errors").stdout
    assert "Traceback" in errors
    assert "first" not in errors
    assert "second" not in advent("logs", "--since", "110s").stdout
    assert "unknown function 'nope'" in advent("logs", "nope", code=2).stderr
    assert "invalid time span" in advent("logs", "--since", "soon", code=2).stderr


def test_following_shows_the_lines_of_a_new_message_until_ctrl_c(engine: Engine, advent: Run, tmp_path: Path) -> None:
    advent("up")
    file, said = tmp_path / "lines.txt", tmp_path / "said.txt"
    with file.open("w") as out, said.open("w") as err:
        process = subprocess.Popen([ADVENT, "logs", "-f", "--since", "5m"], stdout=out, stderr=err, cwd=tmp_path)
        try:
            time.sleep(1)
            advent("say", "--no-wait", "awsadvent loudly")
            Waiter().until(
                lambda: all(name in file.read_text() for name in NAMES), "waiting for three functions", within=60
            )
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=30) == 0
        finally:
            process.kill()
            process.wait()
    stack = stacks.tutorial(engine)
    assert file.read_text().count("loudly") == 1
    assert said.read_text() == "following aws_advent, sns_multiplier, sns_logger; press Ctrl-C to stop\n"
    assert stack.queue.depth() == 0


def test_an_error_is_shown_to_its_end(deployed: Stack, advent: Run) -> None:
    """A traceback may be one event, or one per line; the next invocation's lines are not part of it."""
    stacks.up(deployed)
    now = time.time()
    texts = [
        "START RequestId: 1",
        "Traceback (most recent call last):",
        '  File "x"',
        "ValueError: no",
        "END RequestId: 1",
    ]
    texts += ["START RequestId: 2", "fine", "END RequestId: 2", json.dumps({"level": "ERROR", "message": "told"})]
    write(deployed, "sns_logger", *((now + n / 1000, text) for n, text in enumerate(texts)))
    shown = advent("logs", "--errors", "--since", "1m", "sns_logger").stdout
    assert [line.split(maxsplit=2)[2] for line in shown.splitlines()[-4:]] == [
        "Traceback (most recent call last):", 'File "x"', "ValueError: no", "ERROR told",
    ]  # fmt: skip


def test_without_lines_it_says_so_and_why(engine: Engine, advent: Run) -> None:
    asked = advent("logs")
    assert (asked.stdout, asked.stderr) == ("", "nothing is deployed: `advent up` deploys it\n")
    stack = stacks.tutorial(engine)
    stacks.up(stack)
    asked = advent("logs")
    assert (asked.stdout, asked.stderr) == ("", "no log lines in the last 10 minutes\n")
    assert advent("logs", "--errors", "--since", "1h").stderr == "no errors in the last hour\n"
    stack.resources["log-group//aws/lambda/sns_logger"].delete(Waiter())
    why = "no log lines in the last 10 minutes; not deployed: sns_logger; `advent up` deploys it\n"
    assert advent("logs").stderr == advent("logs", "sns_logger").stderr == why
    write(stack, "sns_multiplier", (time.time(), "a line"))
    asked = advent("-v", "logs")
    assert asked.stderr.count("logs:FilterLogEvents") == 3  # one for each function: a line is an answer
    assert "not deployed" not in asked.stderr
