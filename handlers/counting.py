"""Counts words in the table, each message exactly once. The functions that count share this module.

All words of a message are counted in one transaction: all of them or none. The transaction carries a token that is
derived from the message's ID, and DynamoDB runs a transaction with the same token only once within ten minutes. So a
message counts once, even if it is delivered twice, a response is lost, or Lambda retries the function.
"""

import os
import random
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal  # others may have written 1.5 or 1E+20
from itertools import islice
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError

TABLE = os.environ["DYNAMO_TABLE"]
KEY = os.environ.get("DYNAMO_KEY", "word")
FUNCTION_NAME = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")

MAX_WORD_LENGTH = 2048  # bytes; the limit of a partition key in DynamoDB
MAX_WORDS = 1000  # different words in a message
BATCH_SIZE = 100  # words; the limit of a transaction and of BatchGetItem in DynamoDB
RETRYABLE_REASONS = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
RETRYABLE_ERRORS = {
    "TransactionConflictException",
    "TransactionInProgressException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
}

# botocore makes one attempt for each call; `retry` below makes the others, until the deadline.
CLIENT_CONFIG = Config(
    connect_timeout=0.5, read_timeout=0.8, retries={"total_max_attempts": 1}, max_pool_connections=16
)
dynamodb = boto3.client("dynamodb", config=CLIENT_CONFIG)  # created once in each execution environment


def count_words(text: str) -> tuple[dict[str, int], str]:
    """Return the different words of a text, each with how often it occurs, and a note on which words are left out."""
    everything = Counter(text.split())
    fitting = {word: times for word, times in everything.items() if len(word.encode()) <= MAX_WORD_LENGTH}
    kept = dict(islice(fitting.items(), MAX_WORDS))
    left_out = []
    if len(fitting) < len(everything):
        left_out.append(f"{len(everything) - len(fitting)} longer than {MAX_WORD_LENGTH} bytes")
    if len(kept) < len(fitting):
        left_out.append(f"{len(fitting) - len(kept)} beyond the first {MAX_WORDS} different words")
    return kept, ", ".join(left_out)


def add(
    increments: Mapping[str, int], message_id: str, deadline: float
) -> tuple[list[dict[str, int]], Exception | None]:
    """Add to the count of each word, in batches of up to a hundred words: one transaction each, all in parallel.

    Return the batches that were counted, and the first error if others were not. A message is always split into the
    same batches. `deadline` is a value of time.monotonic(); no attempt starts after it.
    """
    batches = _batches(increments.items())

    def add_batch(number: int) -> Exception | None:
        token = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{message_id}/{FUNCTION_NAME}/{number}"))
        updates = [{"Update": _update(word, increment)} for word, increment in batches[number]]
        failure: Exception | None = None
        try:
            retry(lambda: dynamodb.transact_write_items(TransactItems=updates, ClientRequestToken=token), deadline)
        except (BotoCoreError, ClientError) as error:
            # A mismatch means that this batch is already counted, with other increments (as with another MULTIPLIER).
            failure = None if _error_code(error) == "IdempotentParameterMismatchException" else error
        return failure

    with ThreadPoolExecutor(max(1, len(batches))) as pool:
        errors = list(pool.map(add_batch, range(len(batches))))
    counted = [dict(batch) for batch, error in zip(batches, errors, strict=True) if error is None]
    return counted, next((error for error in errors if error), None)


def read_counts(words: Iterable[str], deadline: float) -> dict[str, int]:
    """Return the current counts of these words; their batches are read in parallel."""

    def read_batch(batch: list[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        keys = [{KEY: {"S": word}} for word in batch]
        while keys:  # DynamoDB may return some of the items, and the keys of the others to request again
            request = {TABLE: {"Keys": keys, "ConsistentRead": True}}
            response = retry(lambda request=request: dynamodb.batch_get_item(RequestItems=request), deadline)
            found |= {item[KEY]["S"]: int(Decimal(item["count"]["N"])) for item in response["Responses"][TABLE]}
            keys = response["UnprocessedKeys"].get(TABLE, {}).get("Keys", [])
        return {word: found.get(word, 0) for word in batch}

    batches = _batches(words)
    with ThreadPoolExecutor(max(1, len(batches))) as pool:
        return {word: count for counts in pool.map(read_batch, batches) for word, count in counts.items()}


def retry(call: Any, deadline: float) -> Any:
    """Make a call, and retry it until the deadline while its error is transient (exponential backoff with jitter)."""
    delay = 0.02
    while True:
        try:
            return call()
        except (BotoCoreError, ClientError) as error:
            if not _is_transient(error) or time.monotonic() + delay > deadline:
                raise
        time.sleep(random.uniform(0, delay))  # noqa: S311 (not a secret)
        delay = min(delay * 2, 0.5)


def _update(word: str, increment: int) -> dict[str, Any]:
    return {
        "TableName": TABLE,
        "Key": {KEY: {"S": word}},
        "UpdateExpression": "ADD #count :increment",
        "ExpressionAttributeNames": {"#count": "count"},  # "count" is a reserved word in DynamoDB
        "ExpressionAttributeValues": {":increment": {"N": str(increment)}},
    }


def _is_transient(error: Exception) -> bool:
    if not isinstance(error, ClientError):  # no response: the words may be counted, but the token makes a retry safe
        return isinstance(error, ConnectionError | HTTPClientError)
    if _error_code(error) == "TransactionCanceledException":
        reasons: Any = error.response.get("CancellationReasons", [])
        return {reason["Code"] for reason in reasons} <= {"None", *RETRYABLE_REASONS}
    return _error_code(error) in RETRYABLE_ERRORS or error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500


def _error_code(error: Any) -> str:
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else ""


def _batches(items: Iterable[Any]) -> list[list[Any]]:
    everything = list(items)
    return [everything[start : start + BATCH_SIZE] for start in range(0, len(everything), BATCH_SIZE)]
