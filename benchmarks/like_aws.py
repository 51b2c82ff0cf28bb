"""`up` with AWS's own delays and limits, as a chart, beside the longest chain of what depends on each other."""

import json
import os
import subprocess
import time
from collections.abc import Mapping
from graphlib import TopologicalSorter

from advent_cli.aws.connect import offline
from advent_cli.stack.build import Stack, build
from benchmarks import aws_manners, engine, proxy
from benchmarks.aws_manners import ACTIVE_FUNCTION, ACTIVE_TABLE, ASSUMABLE

CALL = 0.1  # seconds
BEFORE = 2  # rounds: who we are, and what there is
CALLS = {"table": 2, "function": 2, "log-group": 2, "api": 2, "route": 2}  # one after the other; of other kinds 1
WAITS = {"table": ACTIVE_TABLE, "function": ACTIVE_FUNCTION}
WIDTH = 60  # characters
Times = dict[str, tuple[float, float]]


def main() -> None:
    """Run, and draw."""
    print(f"up with {CALL * 1000:.0f} ms a call, and as on AWS: a role can be assumed after {ASSUMABLE:.0f} s,")
    print(f"a table is active after {ACTIVE_TABLE:.0f} s, a function after {ACTIVE_FUNCTION:.0f} s;", end=" ")
    print(f"calls a second: {', '.join(f'{name} {rate}' for name, rate in aws_manners.LIMITS.items())}\n")
    with engine.running() as local, proxy.running(local.port) as link, engine.seen_at(link.port):
        manners = aws_manners.Delays()
        link.delay, link.behaviour = CALL, manners
        times, seconds = run()
    ends = chain(build(engine.TUTORIAL, offline(engine.TUTORIAL.stack)))
    longest = max(ends.values())
    draw(times, ends, max(seconds, longest))
    print(f"\n{seconds:.1f} s; the longest chain {longest:.1f} s, and that * 1.15 + 1 s is {longest * 1.15 + 1:.1f} s")
    print(f"{len(link.calls)} calls, {sum(manners.limits.refused.values())} of them too many for a moment")


def run() -> tuple[Times, float]:
    """When each step began and ended, in seconds after the start of the command; and when that ended."""
    times: Times = {}
    began = time.monotonic()
    command = [engine.ADVENT, "up", "--yes", "--events"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=engine.ROOT, env=dict(os.environ)) as process:
        for line in process.stdout or ():
            event, now = json.loads(line), time.monotonic() - began
            if event["event"] == "started":
                times[event["key"]] = now, now
            elif event["event"] == "finished":
                times[event["key"]] = times[event["key"]][0], now
    if process.returncode:
        raise RuntimeError(f"up ended with {process.returncode}: {line}")
    return times, time.monotonic() - began


def chain(stack: Stack) -> dict[str, float]:
    """When each step would end if nothing took any time but calls and AWS."""
    ends: dict[str, float] = {}
    for key in TopologicalSorter(stack.needs).static_order():
        kind = key.split("/")[0]
        begins = BEFORE * CALL
        for need in stack.needs[key]:
            known = ASSUMABLE if kind == "function" and need.startswith("role/") else 0
            begins = max(begins, ends[need] + known)
        ends[key] = begins + CALL * CALLS.get(kind, 1) + WAITS.get(kind, 0)
    return ends


def draw(times: Times, ends: Mapping[str, float], most: float) -> None:
    """A bar for each step, and a mark where the chain lets it end."""
    print(f"{'':40}0{'seconds':^{WIDTH - 6}}{most:5.1f}")
    for key, (began, ended) in times.items():
        bar = [" "] * (WIDTH + 1)
        for column in range(int(began / most * WIDTH), int(ended / most * WIDTH) + 1):
            bar[column] = "="
        bar[int(ends[key] / most * WIDTH)] = "|"
        print(f"{key[:39]:40}{''.join(bar)} {ended:5.1f}")
