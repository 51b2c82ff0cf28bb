"""The table is read page by page: the sums are exact for any number of pages and with other items in the table."""

import io
import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from advent_cli.aws.retry import Waiter
from advent_cli.local.lifecycle import Engine
from advent_cli.output.scan_progress import Reading
from advent_cli.stack.build import Stack
from advent_cli.words import counts, export_import
from tests.conftest import ADVENT
from tests.support import proxy as proxies

LONG = 2000  # bytes per word, so that a few hundred exceed a page of DynamoDB


@pytest.fixture
def stack(deployed: Stack) -> Stack:
    """The tutorial's stack, with a table of three pages that contains one item without a count."""
    client = deployed.aws.client("dynamodb")
    words = {f"{n:0{LONG}}": n for n in range(1, 1201)}
    for start in range(0, len(words), 25):
        export_import._put(deployed.table, dict(list(words.items())[start : start + 25]), Waiter())
    client.put_item(TableName="table", Item={"word": {"S": "x"}, "by": {"M": {"who": {"L": [{"B": b"\x00"}]}}}})
    return deployed


def test_top_returns_the_highest_counts_and_the_sums_of_all_pages(stack: Stack) -> None:
    progress: list[int] = []
    result = counts.top(stack.table, 2, progress.append)
    assert [(int(word), count) for word, count in result.top] == [(1200, 1200), (1199, 1199)]
    assert (result.words, result.others, result.total) == (1200, 1, 1200 * 1201 // 2)
    assert len(progress) == 2  # not after the last page
    assert 0 < progress[0] < progress[1] < 1201
    assert counts.approximate_size(stack.table) == 1201
    assert counts.number_of_words(stack.table, {"status": "ACTIVE"}) == 1201


@pytest.mark.parametrize("body", [b"not JSON", b"[]", b'{"Count": 3}'])
def test_other_responses_are_left_to_botocore(body: bytes) -> None:
    response: dict[str, Any] = {"status_code": 200, "body": body}
    parsed: dict[str, Any] = {}
    counts._parse(response, parsed)
    assert (response["body"], parsed) == (body, {})


def test_the_progress_bar_shows_only_known_totals() -> None:
    console = Console(file=io.StringIO(), width=80, force_terminal=True)
    for about, read, shown in ((0, 5000, "5,000"), (4000, 5000, "5,000"), (9000, 5000, "5,000 of about 9,000")):
        with Reading(console, lambda about=about: about) as notify:  # type: ignore[misc]
            assert not notify.progress.live.is_started
            notify(read)
            (task,) = notify.progress.tasks
            assert task.description == shown
            assert task.total == (about if about > read else None)
            assert not task.finished
    with Reading(console, lambda: 9000) as notify:
        notify(5000)
        notify(9000)
        assert notify.progress.tasks[0].total is None  # because there are more


def test_words_with_equal_counts_are_in_alphabetical_order() -> None:
    assert counts.ranked({"b": 1, "a": 1, "c": 2}) == [("c", 2), ("a", 1), ("b", 1)]


def test_status_prints_resources_before_the_words_and_ctrl_c_ends_the_scan(
    deployed: Stack, running_engine: Engine, tmp_path: Path
) -> None:
    """In a pipe too, the resources and the URL are printed while the scan still waits for its response."""
    ended = threading.Event()

    def wait(handler: proxies.Handler, body: bytes) -> None:
        ended.wait(60)
        handler.cut()

    with proxies.running(running_engine) as proxy:
        proxy.script = {"dynamodb:Scan": [wait]}
        environment = {**os.environ, **running_engine.environment(None), "AWS_ENDPOINT_URL": proxy.endpoint.url}
        command: list[str | Path] = [ADVENT, "--target", "aws", "status"]
        with subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout
            assert process.stderr
            while "Dead letters" not in process.stdout.readline():
                assert process.poll() is None
            assert proxy.calls.count("dynamodb:Scan") < 2  # printed before the scan timed out and was retried
            Waiter().until(lambda: "dynamodb:Scan" in proxy.calls, "waiting for the scan", within=30)
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=20) == 130
            assert process.stderr.read().strip() == "interrupted"
        ended.set()
