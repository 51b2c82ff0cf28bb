"""`up` where the local engine does not run yet, beside one that does; and the memory of the engine and its workers."""

import statistics
import subprocess

from advent_cli.local import lifecycle
from benchmarks import child, engine
from benchmarks.engine import ADVENT

DOWN, START, STOP, UP = (["down", "--yes"], ["local", "start"], ["local", "stop"], ["up", "--yes"])
ALL_WORK = ["say", "awsadvent", "some", "words"]


def main(runs: int) -> None:
    """Measure and print; with an engine of its own."""
    with engine.running(), engine.app() as app:
        seconds: dict[str, list[float]] = {name: [] for name in ("cold", "warm", "start", "found")}

        def take(name: str, *words: str) -> None:
            seconds[name].append(child.run([ADVENT, *words], app).seconds)

        for _ in range(runs):
            child.run([ADVENT, *STOP], app)
            take("start", *START)
            take("found", *START)
            child.run([ADVENT, *STOP], app)
            take("cold", *UP)
            child.run([ADVENT, *DOWN], app)
            take("warm", *UP)
            child.run([ADVENT, *ALL_WORK], app)
            own, *workers = memory(lifecycle.require().pid)
            child.run([ADVENT, *DOWN], app)
    median = {name: statistics.median(each) for name, each in seconds.items()}
    print(f"\nthe local engine{'':12}not running   running")
    print(f"{'up, fresh':24}{median['cold']:>13.2f} s{median['warm']:>8.2f} s")
    print(f"{'advent local start':24}{median['start']:>13.2f} s{median['found']:>8.2f} s")
    print(f"  {own:.0f} MB, and {max(workers):.0f} MB at the most for each of {len(workers)} functions that worked")


def memory(pid: int) -> list[float]:
    """The megabytes of a process, and of each that it began."""
    ps = ["ps", "-A", "-o", "pid=,ppid=,rss="]
    table = subprocess.run(ps, capture_output=True, text=True, check=True).stdout
    rows = [[int(part) for part in line.split()] for line in table.splitlines()]
    return [rss * 1.024 / 1000 for which in (0, 1) for *ids, rss in rows if ids[which] == pid]
