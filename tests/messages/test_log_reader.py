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
from rich.console import Console

from advent_cli.aws.retry import Waiter
from advent_cli.local.lifecycle import Engine
from advent_cli.messages import log_reader
from advent_cli.messages.log_reader import Line
from advent_cli.output.log_lines import show
from advent_cli.stack.build import Stack
from tests.conftest import ADVENT, Run
from tests.support import stacks

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
    assert "\x1b" not in shown("a\x1b[31mb\x07", json.dumps({"message": "\x1b[2J", "x": "\x1b"}))


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
    file = tmp_path / "lines.txt"
    with file.open("w") as out:
        process = subprocess.Popen([ADVENT, "logs", "-f", "--since", "5m"], stdout=out, stderr=out, cwd=tmp_path)
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
    assert "bug in advent" not in file.read_text()
    assert file.read_text().count("loudly") == 1
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
