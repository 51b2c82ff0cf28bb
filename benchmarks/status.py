"""Measures how `advent status` scales with the number of words: time to the first line, total time, and memory.

Run with `python -m benchmarks.status [WORDS...]`. DynamoDB's ImportTable fills the table from a file in S3, which takes
the engine a minute for a million words.
"""

import gzip
import os
import subprocess
import sys
import tempfile
import time

from advent_cli.aws.retry import Waiter
from advent_cli.deploy import apply
from advent_cli.deploy.executor import Interrupt
from advent_cli.deploy.inspection import inspect
from advent_cli.local.lifecycle import Engine
from advent_cli.stack.build import Stack
from benchmarks import engine

NUMBERS = (10_000, 100_000, 1_000_000)


def main() -> None:
    """Print a row for each number of words."""
    numbers = [int(word) for word in sys.argv[1:]] or NUMBERS
    print(f"{'words':>9}  {'fill':>8}  {'first line':>10}  {'all':>8}  {'memory':>8}  last line")
    for number in numbers:
        with engine.running() as local:
            row(local, number)


def row(local: Engine, number: int) -> None:
    """Measure one table."""
    stack = engine.tutorial(local)
    began = time.perf_counter()
    fill(stack, number)
    filled = time.perf_counter() - began
    inspection = inspect(stack)
    apply.up(inspection, inspection.steps_up(), lambda _: None, Interrupt())
    first, whole, memory, last = status()
    stack.table.delete(Waiter())  # otherwise the engine takes long to save it
    print(f"{number:9,}  {filled:6.1f} s  {first:8.2f} s  {whole:6.2f} s  {memory:5.0f} MB  {last}", flush=True)


def fill(stack: Stack, number: int) -> None:
    """Create the table with this many words; the nth has the count n."""
    table, dynamodb, s3 = stack.table, stack.aws.client("dynamodb"), stack.aws.client("s3")
    lines = (
        f'{{"Item":{{"{table.key_name}":{{"S":"word-{n:08}"}},"count":{{"N":"{n}"}}}}}}\n' for n in range(1, number + 1)
    )
    s3.create_bucket(Bucket="words")
    with tempfile.TemporaryFile() as file:  # not in memory, which would count in the child's peak
        with gzip.open(file, "wt", compresslevel=1) as packed:
            packed.writelines(lines)
        file.seek(0)
        s3.put_object(Bucket="words", Key="words.json.gz", Body=file)
    started = dynamodb.import_table(
        S3BucketSource={"S3Bucket": "words"},
        InputFormat="DYNAMODB_JSON",
        InputCompressionType="GZIP",
        TableCreationParameters={
            "TableName": table.name,
            "AttributeDefinitions": [{"AttributeName": table.key_name, "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": table.key_name, "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    )
    arn = started["ImportTableDescription"]["ImportArn"]
    Waiter().until(
        lambda: dynamodb.describe_import(ImportArn=arn)["ImportTableDescription"]["ImportStatus"] == "COMPLETED",
        "the words are imported",
        within=900,
    )
    s3.delete_object(Bucket="words", Key="words.json.gz")
    table.adopt()


def status() -> tuple[float, float, float, str]:
    """Seconds to the first line and to the end, peak megabytes, and the last line, read through a pipe."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "advent_cli", "status"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    lines, first = [], 0.0
    for line in process.stdout or ():
        first = first or time.perf_counter() - began
        lines.append(line.strip())
    _, code, used = os.wait4(process.pid, 0)
    whole = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(code)
    if process.returncode:
        raise RuntimeError(f"status ended with {process.returncode}")
    return first, whole, used.ru_maxrss / 1024, lines[-1]


if __name__ == "__main__":
    main()
