"""Reads the word counts from the table."""

import heapq
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from advent_cli.aws.aws_errors import get_or_none
from advent_cli.deploy.decide import Seen
from advent_cli.errors import AdventError
from advent_cli.resources.base import Settings
from advent_cli.resources.table import Table

PAGE = 50_000  # items; DynamoDB also ends a page at 1 MB, other servers may not
BATCH = 100  # keys; the limit of BatchGetItem


@dataclass(frozen=True)
class Counts:
    """The most frequent words, highest count first; the number of all words, and the sum of their counts.

    `others` is the number of items without a whole count.
    """

    top: list[tuple[str, int]]
    words: int
    others: int
    total: int


def ignore(read: int) -> None:
    """Drop the number of items read."""


def top(table: Table, number: int, notify: Callable[[int], None] = ignore) -> Counts:
    """Read the whole table page by page, and keep only the `number` highest counts in memory.

    After each page but the last, `notify` gets the number of items read so far.
    """
    words = others = total = 0

    def counted() -> Iterator[tuple[str, int]]:
        nonlocal words, others, total
        for word, count in items(table, notify):
            if count is None:
                others += 1
            else:
                words += 1
                total += count
                yield word, count

    highest = heapq.nsmallest(number, counted(), key=_rank)
    return Counts(highest, words, others, total)


def ranked(counts: dict[str, int]) -> list[tuple[str, int]]:
    """Words with their counts, highest first, in the order of `top`."""
    return sorted(counts.items(), key=_rank)


def _rank(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def approximate_size(table: Table) -> int:
    """The number of items that DescribeTable reports; on AWS it is up to six hours old."""
    return int(table.aws.client("dynamodb").describe_table(TableName=table.name)["Table"].get("ItemCount", 0))


def is_readable(table: Table, seen: Seen) -> bool:
    """Whether the table, as `seen` by its read, is active and has the wanted key."""
    want = table.want()
    return isinstance(seen, dict) and all(seen[name] == want[name] for name in ("primary_key", "status"))


def number_of_words(table: Table, seen: Settings) -> int | str:
    """The exact number of words, by a scan, because DescribeTable's ItemCount may be six hours old.

    A text that says so if the table is not active.
    """
    if seen["status"] != "ACTIVE":
        return f"an unknown number (the table is {seen['status']}) of"
    scan = table.aws.client("dynamodb").get_paginator("scan")
    pages = scan.paginate(TableName=table.name, Select="COUNT", ConsistentRead=True)
    read = get_or_none(lambda: list(pages), "ResourceNotFoundException")  # another run may just have deleted it
    return int(sum(page["Count"] for page in read or []))


def of(table: Table, words: Iterable[str]) -> dict[str, int]:
    """The current counts of these words, 0 for a word without one."""
    keys = [{table.key_name: {"S": word}} for word in dict.fromkeys(words)]
    counts = {key[table.key_name]["S"]: 0 for key in keys}
    while keys:
        request = {table.name: {"Keys": keys[:BATCH], "ConsistentRead": True}}
        response = table.aws.client("dynamodb").batch_get_item(RequestItems=request)
        for item in response["Responses"][table.name]:
            counts[item[table.key_name]["S"]] = _count(item) or 0
        keys = response.get("UnprocessedKeys", {}).get(table.name, {}).get("Keys", []) + keys[BATCH:]
    return counts


def scan(table: Table) -> Iterator[tuple[str, int]]:
    """Every word with its count, by a consistent read; raises AdventError for an item without a whole count."""
    for word, count in items(table, consistent=True):
        if count is None:
            why = "it is no whole number, or missing; nothing was deleted"
            raise AdventError(f"item {word!r} in the {table.title} has no count", why=why)
        yield word, count


def items(
    table: Table, notify: Callable[[int], None] = ignore, *, consistent: bool = False
) -> Iterator[tuple[str, int | None]]:
    """The key and count (or None) of every item, page by page; for `notify` see `top`.

    A `consistent` read costs twice as much and includes every earlier write ("Read consistency" in the DynamoDB
    developer guide).
    """
    client, read = table.aws.client("dynamodb"), 0
    client.meta.events.register("before-parse.dynamodb.Scan", _parse, unique_id="advent")
    params = {"TableName": table.name, "ConsistentRead": consistent, "PaginationConfig": {"PageSize": PAGE}}
    pages = client.get_paginator("scan").paginate(**params)
    for page in pages:
        for item in page["Items"]:
            yield item[table.key_name]["S"], _count(item)
        read += len(page["Items"])
        if "LastEvaluatedKey" in page:
            notify(read)


def _count(item: dict[str, Any]) -> int | None:
    """The count in an item as DynamoDB returns it; None if it has none, or one such as 1.5 that others wrote."""
    number = item.get("count", {}).get("N")
    try:
        return None if number is None else int(number)
    except ValueError:
        from decimal import Decimal

        exact = Decimal(number)  # DynamoDB has up to 38 digits, and writes 1E+20 too
        return int(exact) if exact == exact.to_integral_value() else None


def _parse(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    """Take the items out of a page before botocore parses it; leave any other response to botocore.

    botocore looks up each value in its model, which takes nine seconds for a million words; json takes one.
    """
    if response_dict["status_code"] != 200:
        return
    try:
        page = json.loads(response_dict["body"])
        items = page.pop("Items")
    except (ValueError, TypeError, KeyError, AttributeError):
        return
    response_dict["body"] = json.dumps(page).encode()
    customized_response_dict["Items"] = items
