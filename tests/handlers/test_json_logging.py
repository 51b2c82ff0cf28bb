"""What the functions log: each record once, as one line of JSON, whatever handlers the root logger had before."""

import importlib
import json
import logging
from datetime import date
from types import ModuleType
from typing import Any

import pytest

from tests.support import functions
from tests.support.functions import Context, told

Capture = pytest.CaptureFixture[str]
ONE = {"level": "INFO", "message": "one", "request_id": "1", "message_id": "M"}
LOGGED = {"level": "INFO", "message": "logged", "request_id": "1", "message_id": "M", "words": 1}


@pytest.fixture
def sns_logger(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The simplest function."""
    return functions.load("sns_logger", monkeypatch)


def lines(capsys: Capture) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_each_record_is_printed_once_and_not_by_lambdas_own_handler(capsys: Capture, sns_logger: ModuleType) -> None:
    sns_logger.handler(told("one", published_as="M"), Context("1"))
    printed = capsys.readouterr()
    assert printed.out == f"{json.dumps(ONE)}\n{json.dumps(LOGGED)}\n"  # these very fields, in this order
    assert printed.err == ""


def test_each_record_is_printed_once_where_the_runtime_adds_no_handler(
    capsys: Capture, sns_logger: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # as on the local engine
    importlib.reload(sns_logger).handler(told("one", published_as="M"), Context("1"))
    assert lines(capsys) == [ONE, LOGGED]


def test_each_record_is_printed_once_after_the_modules_were_imported_again(
    capsys: Capture, sns_logger: ModuleType
) -> None:
    importlib.reload(sns_logger.json_logging)
    importlib.reload(sns_logger).handler(told("one", published_as="M"), Context("1"))
    assert lines(capsys) == [ONE, LOGGED]


def test_each_line_has_the_id_of_its_own_request(capsys: Capture, sns_logger: ModuleType) -> None:
    for request in ("1", "2", "3"):
        sns_logger.handler(told("one"), Context(request))
    assert [line["request_id"] for line in lines(capsys)] == ["1", "1", "2", "2", "3", "3"]


def test_an_exception_is_part_of_its_line(capsys: Capture, sns_logger: ModuleType) -> None:
    try:
        raise KeyError("one\n[ERROR] forged")
    except KeyError:
        sns_logger.logger.exception("failed for %s", "one", extra={"day": date(2026, 1, 2)})
    (line,) = lines(capsys)
    assert [*line] == ["level", "message", "request_id", "day", "exception"]
    assert (line["level"], line["message"], line["day"]) == ("ERROR", "failed for one", "2026-01-02")
    assert line["exception"].startswith("Traceback (most recent call last):\n")
    assert line["exception"].endswith("KeyError: 'one\\n[ERROR] forged'")


def test_libraries_print_warnings_as_json_and_nothing_less(capsys: Capture, sns_logger: ModuleType) -> None:
    logging.getLogger("botocore.credentials").info("Found credentials in environment variables.")
    logging.getLogger("urllib3.connectionpool").warning("Connection pool is full, discarding connection: %s", "x")
    (line,) = lines(capsys)
    assert line == {
        "level": "WARNING",
        "message": "Connection pool is full, discarding connection: x",
        "request_id": None,
    }
