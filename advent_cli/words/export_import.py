"""Exports the word counts to a file and imports them: one JSON object per line, {"word": ..., "count": ...}."""

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

from advent_cli.aws import json_text
from advent_cli.aws.retry import Waiter
from advent_cli.deploy.decide import Seen
from advent_cli.errors import AdventError, UsageError
from advent_cli.resources.table import Table
from advent_cli.words import counts
from advent_cli.words.atomic_file import ExportFile

BATCH = 25  # items; the limit of BatchWriteItem
WRITERS = 8  # batches written at the same time
LONGEST_WORD = 2048  # bytes; DynamoDB's limit for a partition key
EXAMPLE = '{"word": "some", "count": 1}'


def check_table(table: Table, seen: Seen) -> None:
    """Raise AdventError if there is no table to export."""
    if not isinstance(seen, dict):
        why, hint = "nothing was deleted", "run `advent down` without --export to delete the rest"
        raise AdventError(f"cannot export: this stack has no {table.title}", why=why, hint=hint)


def export(table: Table, file: ExportFile) -> int:
    """Write all counts to `file`, and return the number of words once they are safe there.

    Memory does not grow with the table, which is read page by page.
    """
    return file.write(json.dumps({"word": word, "count": count}) for word, count in counts.scan(table))


def check(file: Path) -> int:
    """The number of lines; raises UsageError for the first invalid one."""
    return sum(1 for _ in _lines(file))


def restore(table: Table, file: Path, waiter: Waiter) -> int:
    """Set the counts in a file that `check` has passed, and return the number of lines.

    It sets counts rather than adding to them, so it can be repeated, also after it was killed.
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
    remaining: dict[str, Any] = {table.name: [{"PutRequest": {"Item": item}} for item in items]}

    def written() -> bool:
        nonlocal remaining
        remaining = table.aws.client("dynamodb").batch_write_item(RequestItems=remaining)["UnprocessedItems"]
        return not remaining

    waiter.until(written, "DynamoDB is throttling writes")


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
        entry = json_text.parse(line)
        word, count = entry["word"], entry["count"]
        valid = isinstance(word, str) and type(count) is int and 0 < len(word.encode()) <= LONGEST_WORD
    except (ValueError, KeyError, TypeError):
        valid = False
    if not valid:
        why = "nothing was written"
        raise UsageError(f"{place}: invalid line {line.strip()[:60]!r}: expected one like {EXAMPLE}", why=why)
    return word, count
