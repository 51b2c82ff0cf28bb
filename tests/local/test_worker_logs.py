"""No line that a function prints is lost, however busy the machine is."""

import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from advent_cli.local.worker_logs import WorkerLog
from advent_cli.local.workers import with_failure
from advent_cli.stack.build import Stack
from tests.support import stacks
from tests.support.tampering import put_code

PRINTS = """
def handler(event, context):
    for number in range(event["lines"]):
        print(f"{event['run']}-{number}")
"""

FLOODS = "import os\ndef handler(event, context):\n    os.write(1, b'no result\\n' * 300)\n"
TRACEBACK = "Traceback (most recent call last):\nKeyError: 'boom'\n"
ENDED = "RequestId: 1 Error: Runtime exited without providing a reason"


def test_what_is_in_the_pipe_is_taken_without_a_reader() -> None:
    reader, writer = os.pipe()
    log = WorkerLog(reader)
    assert log.take() == ""
    os.write(writer, "größer\nlast\n".encode())
    assert log.take() == "größer\nlast"
    os.write(writer, b"\xff no text")
    os.close(writer)
    assert log.take() == "\ufffd no text"
    assert log.take() == ""
    log.keep_reading()  # ends at once, and closes the pipe


def test_a_process_never_waits_for_a_full_pipe() -> None:
    reader, writer = os.pipe()
    log = WorkerLog(reader)
    reading = threading.Thread(target=log.keep_reading)
    reading.start()
    os.write(writer, b"x" * (1 << 20))
    assert len(log.take()) == 1 << 20
    os.close(writer)
    reading.join()


def test_each_line_of_many_invocations_at_once_is_in_the_log(deployed: Stack) -> None:
    put_code(deployed, "sns_logger", "sns_logger", PRINTS)
    runs, lines = 60, 50
    try:
        client = deployed.aws.client("lambda")

        def invoke(run: int) -> None:
            client.invoke(FunctionName="sns_logger", Payload=json.dumps({"run": run, "lines": lines}))

        with ThreadPoolExecutor(12) as pool:
            list(pool.map(invoke, range(runs)))
        pages = deployed.aws.client("logs").get_paginator("filter_log_events")
        found = [e["message"] for p in pages.paginate(logGroupName="/aws/lambda/sns_logger") for e in p["events"]]
    finally:
        stacks.up(deployed)
    assert {f"{run}-{number}" for run in range(runs) for number in range(lines)} - {*found} == set()


@pytest.mark.parametrize(
    ("log", "text", "logged"),
    [
        (TRACEBACK, "'boom'", TRACEBACK),
        (TRACEBACK, "", TRACEBACK),  # an exception without a text
        ("a\nTask timed out after 3.00 seconds", "Task timed out after 3.00 seconds", None),
        ("", "Worker init failed: No module named 'x'", "[ERROR] Runtime.ImportModuleError: No module named 'x'"),
        ("a\nWorker process died", "Worker process died", f"a\n{ENDED}"),
        ("[Errno 32] Broken pipe", "[Errno 32] Broken pipe", ENDED),
        ("", "'NoneType' object has no attribute 'stdin'", ENDED),
        ("", "", ENDED),
    ],
)
def test_a_failure_that_is_not_explained_is_in_the_log(log: str, text: str, logged: str | None) -> None:
    assert with_failure(log, text, "1") == (log if logged is None else logged)


def test_a_process_that_sends_no_result_is_in_the_log(deployed: Stack) -> None:
    put_code(deployed, "sns_logger", "sns_logger", FLOODS)
    try:
        deployed.aws.client("lambda").invoke(FunctionName="sns_logger", Payload=b"{}")
        found = deployed.aws.client("logs").filter_log_events(logGroupName="/aws/lambda/sns_logger")["events"]
    finally:
        stacks.up(deployed)
    assert any("Error: Runtime exited without providing a reason" in event["message"] for event in found)
