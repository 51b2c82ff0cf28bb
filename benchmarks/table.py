"""The table: each advent command beside a script that does the same with boto3, one call after the other."""

import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from benchmarks import child, cold, engine, proxy
from benchmarks.child import Used
from benchmarks.engine import ADVENT
from benchmarks.proxy import Call, Proxy

DELAYS = (0.0, 0.05, 0.1)  # seconds added to each call
ROUND = 0.5  # seconds added to count rounds: far more than everything else takes
SAY = ("say", "--no-wait", "awsadvent", "some", "words")
CLICK = "import click\nclick.echo('hello')\n"


@dataclass(frozen=True)
class Row:
    """An advent command, and the command of by_hand.py that does the same."""

    name: str
    words: tuple[str, ...]
    by_hand: str


ROWS = (
    Row("up, fresh", ("up", "--yes"), "up"),
    Row("up, again", ("up", "--yes"), "read"),
    Row("up, one handler changed", ("up", "--yes"), "change"),
    Row("plan", ("plan",), "read"),
    Row("status", ("status",), "read"),
    Row("say --no-wait", SAY, "say"),
    Row("down", ("down", "--yes"), "down"),
)
Samples = dict[tuple[str, float], list[Used]]


def main(runs: int) -> None:
    """Measure and print."""
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("aws-advent", "boto3", "ministack"))
    print(f"{time.strftime('%Y-%m-%d')}, Python {sys.version.split()[0]}, {versions}, {os.cpu_count()} cores")
    with (
        engine.running() as local,
        proxy.running(local.port) as link,
        engine.commands_use_port(link.port),
        engine.app() as app,
    ):
        os.environ.update(local.environment(None))
        os.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{link.port}"
        by_advent: Samples = defaultdict(list)
        by_script: Samples = defaultdict(list)
        for delay in DELAYS:
            for _ in range(runs):
                cycle(app, link, delay, by_advent, by_script)
        show_times(by_advent, by_script)
        show_rounds(app, link)
        start_up(runs * 3)
    cold.main(runs)


def cycle(app: Path, link: Proxy, delay: float, by_advent: Samples, by_script: Samples) -> None:
    """Run each command once, both ways; the last one deletes everything."""
    link.delay = delay
    for row in ROWS:
        change(app, row)
        by_script[row.name, delay].append(by_hand(app, row.by_hand))
        if row is ROWS[0]:
            link.delay = 0
            child.run([ADVENT, "plan", "--exit-code"], app)  # exits with 5 if the app is not the same
            link.delay = delay
        if row is ROWS[1]:
            by_script["together", delay].append(by_hand(app, "together"))
    for row in ROWS:
        change(app, row)
        by_advent[row.name, delay].append(child.run([ADVENT, *row.words], app))


def by_hand(app: Path, command: str) -> Used:
    """Run a command of by_hand.py."""
    return child.run([sys.executable, "-m", "benchmarks.by_hand", command], app)


def change(app: Path, row: Row) -> None:
    """Change a handler, if the row needs that."""
    if row.by_hand == "change":
        with open(app / "handlers" / "sns_logger.py", "a") as handler:
            handler.write(f"# {time.time()}\n")


def median(samples: list[Used], part: str = "seconds") -> float:
    """The median of `seconds`, `cpu` or `memory`."""
    return float(statistics.median(getattr(used, part) for used in samples))


def show_times(by_advent: Samples, by_script: Samples) -> None:
    """Print seconds at each delay, the script's first; and CPU and memory at the longest delay."""
    heads = "".join(f"{f'{delay * 1000:.0f} ms a call':>17}" for delay in DELAYS)
    print(f"\nseconds, boto3 alone and advent, medians\n\n{'':24}{heads}   ratio     CPU   memory")
    last = DELAYS[-1]
    for row in ROWS:
        pairs = [(median(by_script[row.name, delay]), median(by_advent[row.name, delay])) for delay in DELAYS]
        times = "".join(f"{script:>10.2f}{advent:>7.2f}" for script, advent in pairs)
        samples = by_advent[row.name, last]
        ratio = pairs[-1][1] / pairs[-1][0]
        print(f"{row.name:24}{times}{ratio:>8.2f}{median(samples, 'cpu'):>6.2f} s{max_memory(samples):>6.0f} MB")
    reading = [(median(by_script["together", delay]), median(by_advent[ROWS[1].name, delay])) for delay in DELAYS]
    times = "".join(f"{script:>10.2f}{advent:>7.2f}" for script, advent in reading)
    print(f"{'up, again, beside boto3':24}{times}{reading[-1][1] / reading[-1][0]:>8.2f}")
    print("  which reads each part on its own thread")


def max_memory(samples: list[Used]) -> float:
    """The peak megabytes of all runs."""
    return max(used.memory for used in samples)


def show_rounds(app: Path, link: Proxy) -> None:
    """Print how many calls each command makes, and how many of them one after the other."""
    print(f"\nwith {ROUND} s a call\n\n{'':24}{'calls':>7}{'rounds':>8}{'time':>8}")
    link.delay = ROUND
    for row in ROWS:
        change(app, row)
        link.calls.clear()
        child.run([ADVENT, *row.words], app)
        calls = list(link.calls)
        took = max(call.ended for call in calls) - min(call.began for call in calls)
        print(f"{row.name:24}{len(calls):>7}{longest(calls):>8}{took / ROUND:>8.1f}", flush=True)
    print("  rounds: the longest chain of calls, each sent after the response to the one before;")
    print(f"  time: from the first call to the last response, divided by {ROUND} s")


def longest(calls: list[Call]) -> int:
    """The length of the longest chain of calls made one after the other."""
    number, last = 0, 0.0
    for call in sorted(calls, key=lambda call: call.ended):
        if call.began >= last:
            number, last = number + 1, call.ended
    return number


def start_up(runs: int) -> None:
    """Print what a command without calls takes, beside Python and click."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "click_alone.py")
        script.write_text(CLICK)
        commands = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "import click, and print": [sys.executable, str(script)],
            "advent --help": [ADVENT, "--help"],
            "advent --version": [ADVENT, "--version"],
            "advent say --help": [ADVENT, "say", "--help"],
        }
        samples: dict[str, list[Used]] = defaultdict(list)
        for _ in range(runs):
            for name, command in commands.items():
                samples[name].append(child.run(command))
    alone = median(samples["import click, and print"])
    print(f"\n{'':24}{'':>7}{'of click':>9}")
    for name, each in samples.items():
        print(f"{name:24}{median(each) * 1000:>4.0f} ms{median(each) / alone:>9.2f}{max_memory(each):>6.0f} MB")
