"""Reads the word counts out of the table."""

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

PAGE = 50_000  # words; DynamoDB ends a page at a megabyte anyhow, other servers may not
BATCH = 100  # the most keys that BatchGetItem takes


@dataclass(frozen=True)
class Counts:
    """The most frequent words, highest first; of all words how many there are, and the sum of their counts.

    `others` is how many items are of another kind.
    """

    top: list[tuple[str, int]]
    words: int
    others: int
    total: int


def nobody(read: int) -> None:
    """Tell nobody how many items were read."""


def top(table: Table, number: int, notify: Callable[[int], None] = nobody) -> Counts:
    """Read the whole table page by page, keeping no more than the `number` highest counts.

    While there is more to read, `notify` gets the number of items read so far, after each page.
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


def ranked(numbers: dict[str, int]) -> list[tuple[str, int]]:
    """Words with their counts, highest first, as `top` has them."""
    return sorted(numbers.items(), key=_rank)


def _rank(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def about(table: Table) -> int:
    """How many items there are, as DescribeTable has it: up to six hours old on AWS."""
    return int(table.aws.client("dynamodb").describe_table(TableName=table.name)["Table"].get("ItemCount", 0))


def readable(table: Table, seen: Seen) -> bool:
    """Whether what was seen of the table holds words that can be read."""
    want = table.want()
    return isinstance(seen, dict) and all(seen[name] == want[name] for name in ("primary_key", "status"))


def number_of_words(table: Table, seen: Settings) -> int | str:
    """How many words the table holds now, not one less; DescribeTable's ItemCount may be six hours old."""
    if seen["status"] != "ACTIVE":
        return f"nobody knows how many (the table is {seen['status']})"
    scan = table.aws.client("dynamodb").get_paginator("scan")
    pages = scan.paginate(TableName=table.name, Select="COUNT", ConsistentRead=True)
    read = get_or_none(lambda: list(pages), "ResourceNotFoundException")  # another run may just have deleted it
    return int(sum(page["Count"] for page in read or []))


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
    """Every word with its count, of all that was counted before; raises AdventError for an item that is none."""
    for word, count in items(table, consistent=True):
        if count is None:
            raise AdventError(f"{word!r} in the {table.title} is no word with a count", why="nothing was deleted")
        yield word, count


def items(
    table: Table, notify: Callable[[int], None] = nobody, *, consistent: bool = False
) -> Iterator[tuple[str, int | None]]:
    """The key of every item with its count, None for one without, page by page; `notify` as for `top`.

    `consistent` costs twice as much, and misses nothing that was written before ("Read consistency" in the DynamoDB
    developer guide).
    """
    client, read = table.aws.client("dynamodb"), 0
    client.meta.events.register("before-parse.dynamodb.Scan", _parse, unique_id="advent")
    params = {"TableName": table.name, "ConsistentRead": consistent, "PaginationConfig": {"PageSize": PAGE}}
    pages = client.get_paginator("scan").paginate(**params)
    for page in pages:
        for item in page["Items"]:
            count = item.get("count", {}).get("N")
            yield item[table.key_name]["S"], None if count is None else int(count)
        read += len(page["Items"])
        if "LastEvaluatedKey" in page:
            notify(read)


def _parse(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any) -> None:
    """Take the items out of a page before botocore reads it; what is no page is left to it.

    It looks up each value in its model, which takes nine seconds for a million words; json takes one.
    """
    if response_dict["status_code"] != 200:
        return
    try:
        answer = json.loads(response_dict["body"])
        items = answer.pop("Items")
    except (ValueError, TypeError, KeyError, AttributeError):
        return
    response_dict["body"] = json.dumps(answer).encode()
    customized_response_dict["Items"] = items
