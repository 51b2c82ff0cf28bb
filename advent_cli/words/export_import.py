"""Writes the word counts to a file and sets them from one: a JSON object a line, {"word": ..., "count": ...}."""

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

from advent_cli.aws.retry import Waiter
from advent_cli.deploy.decide import Seen
from advent_cli.errors import AdventError, UsageError
from advent_cli.resources.table import Table
from advent_cli.words import counts
from advent_cli.words.export_file import ExportFile

BATCH = 25  # the most items that BatchWriteItem takes
WRITERS = 8  # batches on their way at the same time
LONGEST_WORD = 2048  # bytes, as DynamoDB has it for a key


def check_table(table: Table, seen: Seen) -> None:
    """Raise AdventError if there is no table to export."""
    if not isinstance(seen, dict):
        why, hint = "nothing was deleted", "`advent down` deletes the rest"
        raise AdventError(f"there is no {table.title} of ours to export", why=why, hint=hint)


def export(table: Table, file: ExportFile) -> int:
    """Write all counts to `file`, and return when they are safe there; the number of words.

    Read page by page, so that the size of the table does not matter to memory.
    """
    return file.write(json.dumps({"word": word, "count": count}) for word, count in counts.scan(table))


def check(file: Path) -> int:
    """How many lines there are; raises UsageError for the first that is not as `export` writes them."""
    return sum(1 for _ in _lines(file))


def restore(table: Table, file: Path, waiter: Waiter) -> int:
    """Set the counts in `file`, all of which were checked before; the number of lines.

    It sets and does not add, so that it can be repeated, also after it was killed half way.
    """
    lines, number = _lines(file), 0
    with ThreadPoolExecutor(WRITERS) as pool:
        running: list[Future[None]] = []
        while batch := dict(islice(lines, BATCH)):
            number += len(batch)
            running.append(pool.submit(_put, table, batch, waiter))
            if len(running) >= 2 * WRITERS:
                running.pop(0).result()
        for future in running:
            future.result()
    return number


def _put(table: Table, batch: dict[str, int], waiter: Waiter) -> None:
    items = [{table.key_name: {"S": word}, "count": {"N": str(count)}} for word, count in batch.items()]
    left: dict[str, Any] = {table.name: [{"PutRequest": {"Item": item}} for item in items]}

    def written() -> bool:
        nonlocal left
        left = table.aws.client("dynamodb").batch_write_item(RequestItems=left)["UnprocessedItems"]
        return not left

    waiter.until(written, "DynamoDB takes no more for the moment")


def _lines(file: Path) -> Iterator[tuple[str, int]]:
    try:
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                yield _parsed(line, f"{file}:{number}")
    except OSError as error:
        raise UsageError(f"cannot read {file}", why=error.strerror or "") from None
    except UnicodeDecodeError:
        raise UsageError(f"{file} is not UTF-8") from None


def _parsed(line: str, place: str) -> tuple[str, int]:
    try:
        entry = json.loads(line)
        word, count = entry["word"], entry["count"]
        good = isinstance(word, str) and type(count) is int and 0 < len(word.encode()) <= LONGEST_WORD
    except (ValueError, KeyError, TypeError, RecursionError):
        good = False
    if not good:
        allowed = '{"word": "some", "count": 1}'
        raise UsageError(f"{place}: found {line.strip()[:60]!r}; allowed is a line like {allowed}; nothing was written")
    return word, count
