"""Measures how time, calls and memory grow with the number of consumers, with and without AWS's limits.

Run with `python -m benchmarks.scale [NUMBER...]`.
"""

import sys
import tempfile
import time
from pathlib import Path

from advent_cli.aws.connect import connect
from advent_cli.aws.retry import Waiter
from advent_cli.config import config_file
from advent_cli.local.lifecycle import Engine
from advent_cli.messages import post, slack_post
from advent_cli.stack.build import build
from advent_cli.words import counts
from benchmarks import child, engine, proxy
from benchmarks.aws_behaviour import LIMITS, Limits
from benchmarks.proxy import Proxy, unchanged

NUMBERS = (2, 10, 30, 100)
DELAY = 0.1  # seconds added to each call
COMMANDS = (("up", "--yes"), ("up",), ("down", "--yes"))
HEAD = """
stack: scale
handlers: {handlers}
table: {{name: words, key: word}}
topics: [all]
api: {{name: api}}
functions:
  front: {{handler: app.handler, routes: POST /words, table: read-write, publishes: all, memory: 256}}
"""
CONSUMER = "  consumer{n}: {{handler: sns_multiplier.handler, subscribes: all, table: write}}\n"


def main() -> None:
    """Print a row for each number of consumers, first without limits."""
    numbers = [int(word) for word in sys.argv[1:]] or NUMBERS
    limits = ", ".join(f"{service} {rate}" for service, rate in LIMITS.items())
    print(f"{DELAY * 1000:.0f} ms a call; seconds, calls per consumer, and with limits the least time they allow")
    with engine.running() as local, proxy.running(local.port) as link, engine.commands_use_port(link.port):
        link.delay = DELAY
        for limited in (False, True):
            print(f"\n{f'limits, calls a second: {limits}' if limited else 'no limits'}\n")
            print(f"{'consumers':>9}{'up':>22}{'up again':>22}{'down':>22}{'message':>9}{'memory':>8}")
            for number in numbers:
                with tempfile.TemporaryDirectory() as folder:
                    row(local, link, number, Path(folder, "config.yaml"), limited=limited)


def row(local: Engine, link: Proxy, number: int, file: Path, *, limited: bool) -> None:
    """Measure one app, and delete it."""
    file.write_text(
        HEAD.format(handlers=engine.ROOT / "handlers") + "".join(CONSUMER.format(n=n) for n in range(number))
    )
    cells, memory, message = [], 0.0, 0.0
    for words in COMMANDS:
        if words[0] == "down":
            message = seconds_to_count(local, file, number)
        link.calls.clear()
        link.behaviour = limits = Limits() if limited else unchanged  # with a full token bucket
        used = child.run([engine.ADVENT, "--config", str(file), *words])
        memory = max(memory, used.memory)
        minimum = f"{limits.minimum_seconds:6.1f}" if isinstance(limits, Limits) else ""
        cells.append(f"{used.seconds:6.1f} s{len(link.calls) / number:6.1f}{minimum:>8}")
    print(f"{number:9}{''.join(cells)}{message:7.1f} s{memory:5.0f} MB", flush=True)


def seconds_to_count(local: Engine, file: Path, number: int) -> float:
    """The seconds until all consumers have counted a message."""
    settings = config_file.load(file)
    stack = build(settings, connect(settings.stack, endpoint=local.endpoint))
    began = time.perf_counter()
    post.post(stack.url or "", slack_post.build_request("hello", None, None), Waiter())
    expected = {"hello": 1 + 10 * number}
    Waiter().until(lambda: counts.of(stack.table, ["hello"]) == expected, "all consumers have counted", within=300)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
