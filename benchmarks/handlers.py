"""Measures function 1 against a version that makes its calls one after the other.

Run with `python -m benchmarks.handlers`. Both use the same engine over a link that adds 10 ms to each call.
"""

import importlib
import io
import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from advent_cli.aws.retry import Waiter
from advent_cli.messages import slack_post
from advent_cli.stack.build import Stack
from benchmarks import engine, latency

HANDLERS = Path(__file__).parents[1] / "handlers"
DELAY = 0.010  # seconds added to each call
RUNS = {1: 40, 10: 40, 100: 20, 1000: 5}  # words in a message -> number of messages
COLD = """
import sys, time; sys.path.insert(0, {folder!r}); began = time.perf_counter()
import {module}; print(time.perf_counter() - began)
"""


def main() -> None:
    """Measure and print."""
    with engine.running() as local, latency.link(local.port, DELAY) as port:
        stack = engine.tutorial(local)
        for resource in (stack.table, stack.topics["awsadvent"], stack.queue):
            resource.create(Waiter())
        function: Any = stack.resources["function/aws_advent"]
        os.environ.update({**local.environment(None), **function.environment, **function.attached})
        os.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{port}"
        print(f"{DELAY * 1000:.0f} ms added to each call; milliseconds, median and 95th percentile.\n")
        print(f"{'words':>5}  {'one after the other':>21}  {'function 1':>15}  {'ratio':>5}")
        side_by_side(stack)
        print("\nCold start: importing each handler in a new process, median of 10.")
        for module in ("app", "sns_multiplier", "sns_logger", "boto3"):
            print(f"{module:>15}  {statistics.median(imports(module) for _ in range(10)):4.0f} ms")


def side_by_side(stack: Stack) -> None:
    """Print a row for each message length, alternating between the two versions."""
    sys.path.insert(0, str(HANDLERS))
    with redirect_stdout(io.StringIO()):  # where its log goes
        app = importlib.import_module("app")
    sequential = importlib.import_module("benchmarks.sequential")
    app.COUNT_WITHIN = app.READ_WITHIN = 60.0  # type: ignore[attr-defined]  # nothing waits here
    numbers, context = itertools.count(), SimpleNamespace(aws_request_id="benchmark")

    def concurrent(text: str) -> None:
        post = slack_post.build_request(text, stack.config.slack, None)
        response = app.handler({"headers": post.headers, "body": post.body.decode()}, context)
        if json.loads(response["body"])["text"].count(" = 1") < len(text.split()):
            raise RuntimeError(response)

    for words, runs in RUNS.items():
        old: list[float] = []
        new: list[float] = []
        for _ in range(runs):
            for times, count in ((old, sequential.count), (new, concurrent)):
                times.append(milliseconds(count, " ".join(f"w{next(numbers)}" for _ in range(words))))
        ratio = statistics.median(new) / statistics.median(old)
        print(f"{words:5}  {shown(old):>21}  {shown(new):>15}  {ratio:5.2f}", flush=True)


def shown(times: list[float]) -> str:
    """Median and 95th percentile, as text."""
    return f"{statistics.median(times):.0f} {statistics.quantiles(times, n=20)[-1]:6.0f}"


def milliseconds(count: Callable[[str], object], text: str) -> float:
    """The milliseconds that counting a text takes."""
    began = time.perf_counter()
    count(text)
    return (time.perf_counter() - began) * 1000


def imports(module: str) -> float:
    """The milliseconds that importing a module takes in a new process."""
    program = COLD.format(folder=str(HANDLERS), module=module)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return float(done.stdout) * 1000


if __name__ == "__main__":
    main()
