"""Reads the word counts out of the table."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from advent_cli.errors import AdventError
from advent_cli.plan import Seen
from advent_cli.resource import Settings
from advent_cli.resources.table import Table

PAGE = 10_000  # words; DynamoDB ends a page at a megabyte anyhow, other servers may not
BATCH = 100  # the most keys that BatchGetItem takes


@dataclass(frozen=True)
class Counts:
    """The most frequent words, highest first, how many words there are in all, and how many items of another kind."""

    top: list[tuple[str, int]]
    words: int
    others: int = 0


def top(table: Table, number: int) -> Counts:
    """Read the whole table page by page, keeping no more than the `number` highest counts."""
    words = others = 0

    def counted() -> Iterator[tuple[str, int]]:
        nonlocal words, others
        for word, count in items(table):
            if count is None:
                others += 1
            else:
                words += 1
                yield word, count

    highest = heapq.nsmallest(number, counted(), key=lambda item: (-item[1], item[0]))
    return Counts(highest, words, others)


def readable(table: Table, seen: Seen) -> bool:
    """Whether what was seen of the table holds words that can be read."""
    want = table.want()
    return isinstance(seen, dict) and all(seen[name] == want[name] for name in ("primary_key", "status"))


def number_of_words(table: Table, seen: Settings) -> int | str:
    """How many words the table holds now; DescribeTable's ItemCount may be six hours old."""
    if seen["status"] != "ACTIVE":
        return f"nobody knows how many (the table is {seen['status']})"
    pages = table.aws.client("dynamodb").get_paginator("scan").paginate(TableName=table.name, Select="COUNT")
    return int(sum(page["Count"] for page in pages))


def of(table: Table, words: Iterable[str]) -> dict[str, int]:
    """The counts of these words as they are at this moment; words that were never counted have 0."""
    keys = [{table.key_name: {"S": word}} for word in dict.fromkeys(words)]
    counts = {key[table.key_name]["S"]: 0 for key in keys}
    while keys:
        request = {table.name: {"Keys": keys[:BATCH], "ConsistentRead": True}}
        answer = table.aws.client("dynamodb").batch_get_item(RequestItems=request)
        for item in answer["Responses"][table.name]:
            counts[item[table.key_name]["S"]] = int(item.get("count", {}).get("N", 0))
        keys = answer.get("UnprocessedKeys", {}).get(table.name, {}).get("Keys", []) + keys[BATCH:]
    return counts


def scan(table: Table) -> Iterator[tuple[str, int]]:
    """Every word with its count; raises AdventError for an item that is none."""
    for word, count in items(table):
        if count is None:
            raise AdventError(f"{word!r} in the {table.title} is no word with a count", hint="nothing was deleted")
        yield word, count


def items(table: Table) -> Iterator[tuple[str, int | None]]:
    """The key of every item with its count, None for one without, page by page."""
    pages = table.aws.client("dynamodb").get_paginator("scan")
    for page in pages.paginate(TableName=table.name, PaginationConfig={"PageSize": PAGE}):
        for item in page["Items"]:
            count = item.get("count", {}).get("N")
            yield item[table.key_name]["S"], None if count is None else int(count)
