"""Counts words in the table, each message exactly once: what the functions that count have in common.

The words of a message are added in one transaction, so that all of them count or none does. The transaction carries a
token made from the message's id, and DynamoDB carries out the same token only once, for ten minutes. So a message that
comes twice, an answer that was lost on its way, a function that Lambda runs again: none of them counts a second time.
"""

import os
import random
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError

TABLE = os.environ["DYNAMO_TABLE"]
KEY = os.environ.get("DYNAMO_KEY", "word")
FUNCTION = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")

LONGEST_WORD = 2048  # bytes; DynamoDB allows no longer key
MOST_WORDS = 1000  # different ones in a message
PART = 100  # words; DynamoDB takes no more in one transaction, or in one BatchGetItem
CONFLICTS = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
PASSING = {  # errors that go away by themselves
    "TransactionConflictException",
    "TransactionInProgressException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
}

# Made once, when Lambda starts a container. One try each: `insist` below tries again, for as long as there is time.
QUICK = Config(connect_timeout=0.5, read_timeout=0.8, retries={"total_max_attempts": 1}, max_pool_connections=16)
dynamodb = boto3.client("dynamodb", config=QUICK)


def words(text: str) -> tuple[dict[str, int], str]:
    """The different words of a text with how often each is there; and what of it cannot be counted, told in words."""
    everything = Counter(text.split())
    fitting = {word: times for word, times in everything.items() if len(word.encode()) <= LONGEST_WORD}
    kept = dict(islice(fitting.items(), MOST_WORDS))
    left_out = []
    if len(fitting) < len(everything):
        left_out.append(f"{len(everything) - len(fitting)} longer than {LONGEST_WORD} bytes")
    if len(kept) < len(fitting):
        left_out.append(f"{len(fitting) - len(kept)} beyond the first {MOST_WORDS} different words")
    return kept, ", ".join(left_out)


def add(numbers: Mapping[str, int], message: str, until: float) -> tuple[list[dict[str, int]], Exception | None]:
    """Add each word's number to its count, a hundred words in a transaction, the transactions side by side.

    `message` is the message's id; `until` (as of time.monotonic) is when to give up. Returns the parts that were added,
    and the first error if others were not. The parts of a message are the same each time it comes.
    """
    parts = _parts(numbers.items())

    def add_part(number: int) -> Exception | None:
        token = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{message}/{FUNCTION}/{number}"))
        updates = [{"Update": _update(word, more)} for word, more in parts[number]]
        problem: Exception | None = None
        try:
            insist(lambda: dynamodb.transact_write_items(TransactItems=updates, ClientRequestToken=token), until)
        except (BotoCoreError, ClientError) as error:
            # The one exception: the token was used, with other numbers (another MULTIPLIER, say), so this was counted.
            problem = None if _code(error) == "IdempotentParameterMismatchException" else error
        return problem

    with ThreadPoolExecutor(max(1, len(parts))) as pool:
        errors = list(pool.map(add_part, range(len(parts))))
    added = [dict(part) for part, error in zip(parts, errors, strict=True) if error is None]
    return added, next((error for error in errors if error), None)


def counts(of: Iterable[str], until: float) -> dict[str, int]:
    """The counts of these words as they are at this moment, all read side by side."""

    def read(part: list[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        keys = [{KEY: {"S": word}} for word in part]
        while keys:  # DynamoDB may answer for some of them and leave the others for another time
            request = {TABLE: {"Keys": keys, "ConsistentRead": True}}
            answer = insist(lambda request=request: dynamodb.batch_get_item(RequestItems=request), until)
            found |= {item[KEY]["S"]: int(item["count"]["N"]) for item in answer["Responses"][TABLE]}
            keys = answer["UnprocessedKeys"].get(TABLE, {}).get("Keys", [])
        return {word: found.get(word, 0) for word in part}

    parts = _parts(of)
    with ThreadPoolExecutor(max(1, len(parts))) as pool:
        return {word: count for part in pool.map(read, parts) for word, count in part.items()}


def insist(call: Any, until: float) -> Any:
    """Make a call, and again while it meets what passes by itself, after growing pauses of chance length."""
    pause = 0.02
    while True:
        try:
            return call()
        except (BotoCoreError, ClientError) as error:
            if not _passes(error) or time.monotonic() + pause > until:
                raise
        time.sleep(random.uniform(0, pause))  # noqa: S311 (no secret)
        pause = min(pause * 2, 0.5)


def _update(word: str, number: int) -> dict[str, Any]:
    return {
        "TableName": TABLE,
        "Key": {KEY: {"S": word}},
        "UpdateExpression": "ADD #count :number",
        "ExpressionAttributeNames": {"#count": "count"},  # "count" itself is a reserved word
        "ExpressionAttributeValues": {":number": {"N": str(number)}},
    }


def _passes(error: Exception) -> bool:
    if not isinstance(error, ClientError):  # no answer: it may have been counted, and the token knows
        return isinstance(error, ConnectionError | HTTPClientError)
    if _code(error) == "TransactionCanceledException":
        reasons: Any = error.response.get("CancellationReasons", [])
        return {reason["Code"] for reason in reasons} <= {"None", *CONFLICTS}
    return _code(error) in PASSING or error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500


def _code(error: Any) -> str:
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else ""


def _parts(items: Iterable[Any]) -> list[list[Any]]:
    everything = list(items)
    return [everything[start : start + PART] for start in range(0, len(everything), PART)]
