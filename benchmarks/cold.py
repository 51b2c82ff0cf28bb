"""`up` with the local engine stopped and running; and the memory of the engine and its workers."""

import statistics
import subprocess

from advent_cli.local import lifecycle
from benchmarks import child, engine
from benchmarks.engine import ADVENT

DOWN, START, STOP, UP = (["down", "--yes"], ["local", "start"], ["local", "stop"], ["up", "--yes"])
USE_ALL_FUNCTIONS = ["say", "awsadvent", "some", "words"]


def main(runs: int) -> None:
    """Measure and print, on an engine of its own."""
    with engine.running(), engine.app() as app:
        seconds: dict[str, list[float]] = {name: [] for name in ("cold", "warm", "start", "found")}

        def measure(name: str, *words: str) -> None:
            seconds[name].append(child.run([ADVENT, *words], app).seconds)

        for _ in range(runs):
            child.run([ADVENT, *STOP], app)
            measure("start", *START)
            measure("found", *START)
            child.run([ADVENT, *STOP], app)
            measure("cold", *UP)
            child.run([ADVENT, *DOWN], app)
            measure("warm", *UP)
            child.run([ADVENT, *USE_ALL_FUNCTIONS], app)
            own, *workers = memory(lifecycle.require().pid)
            child.run([ADVENT, *DOWN], app)
    median = {name: statistics.median(each) for name, each in seconds.items()}
    print(f"\nthe local engine{'':12}not running   running")
    print(f"{'up, fresh':24}{median['cold']:>13.2f} s{median['warm']:>8.2f} s")
    print(f"{'advent local start':24}{median['start']:>13.2f} s{median['found']:>8.2f} s")
    print(f"  {own:.0f} MB, and {max(workers):.0f} MB at the most for each of {len(workers)} functions that worked")


def memory(pid: int) -> list[float]:
    """The memory of a process and of each of its children, in megabytes."""
    ps = ["ps", "-A", "-o", "pid=,ppid=,rss="]
    table = subprocess.run(ps, capture_output=True, text=True, check=True).stdout
    rows = [[int(part) for part in line.split()] for line in table.splitlines()]
    return [rss * 1.024 / 1000 for which in (0, 1) for *ids, rss in rows if ids[which] == pid]
