"""Charts one `up` with AWS's delays and limits, beside the longest chain of dependent steps; then traces a message."""

import json
import os
import subprocess
import time
from collections.abc import Mapping
from graphlib import TopologicalSorter

from advent_cli.aws.connect import offline
from advent_cli.local.lifecycle import Engine
from advent_cli.stack.build import Stack, build
from benchmarks import aws_behaviour, engine, proxy
from benchmarks.aws_behaviour import ACTIVE_FUNCTION, ACTIVE_TABLE, ASSUMABLE

CALL = 0.1  # seconds
BEFORE = 2  # rounds: the caller's identity, then the current state
CALLS = {"table": 2, "function": 2, "log-group": 2, "api": 2, "route": 2}  # sequential calls; 1 for other kinds
WAITS = {"table": ACTIVE_TABLE, "function": ACTIVE_FUNCTION}
WIDTH = 60  # characters
Times = dict[str, tuple[float, float]]


def main() -> None:
    """Run and draw."""
    print(f"up with {CALL * 1000:.0f} ms a call, and as on AWS: a role can be assumed after {ASSUMABLE:.0f} s,")
    print(f"a table is active after {ACTIVE_TABLE:.0f} s, a function after {ACTIVE_FUNCTION:.0f} s;", end=" ")
    print(f"calls a second: {', '.join(f'{name} {rate}' for name, rate in aws_behaviour.LIMITS.items())}\n")
    with engine.running() as local, proxy.running(local.port) as link, engine.commands_use_port(link.port):
        # The engine loads a service at the first call to it, and AWS does not.
        subprocess.run([engine.ADVENT, "plan"], check=True, cwd=engine.ROOT, capture_output=True)
        behaviour = aws_behaviour.Delays()
        link.delay, link.behaviour = CALL, behaviour
        times, seconds = run()
        up = len(link.calls)
        say(local, link.port)
    ends = chain(build(engine.TUTORIAL, offline(engine.TUTORIAL.stack)))
    longest = max(ends.values())
    draw(times, ends, max(seconds, longest))
    limit = f"limit ({longest:.1f} s * 1.15 + 1 s) {longest * 1.15 + 1:.1f} s"
    print(f"\n{seconds:.1f} s; longest chain {longest:.1f} s; {limit}")
    print(f"{up} calls of up and {len(link.calls) - up} of `say --trace`, ", end="")
    print(f"{sum(behaviour.limits.refused.values())} of them throttled")


def run() -> tuple[Times, float]:
    """When each step began and ended, in seconds after the start of the command; and the command's duration."""
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


def say(local: Engine, port: int) -> None:
    """Trace a message as on AWS, whose logs take five reads a second."""
    variables = {**os.environ, **local.environment(None), "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
    command = [engine.ADVENT, "--target", "aws", "say", "--trace", "awsadvent", "some", "words"]
    subprocess.run(command, check=True, cwd=engine.ROOT, env=variables, capture_output=True)


def chain(stack: Stack) -> dict[str, float]:
    """When each step would end if only calls and AWS took time."""
    ends: dict[str, float] = {}
    for key in TopologicalSorter(stack.needs).static_order():
        kind = key.split("/")[0]
        start = BEFORE * CALL
        for need in stack.needs[key]:
            delay = ASSUMABLE if kind == "function" and need.startswith("role/") else 0
            if need in stack.needs_existing.get(key, ()):
                delay = -CALL - ACTIVE_FUNCTION  # it starts after CreateFunction
            start = max(start, ends[need] + delay)
        ends[key] = start + CALL * CALLS.get(kind, 1) + WAITS.get(kind, 0)
    return ends


def draw(times: Times, ends: Mapping[str, float], most: float) -> None:
    """Print a bar for each step, and a mark where it would end at best."""
    print(f"{'':40}0{'seconds':^{WIDTH - 6}}{most:5.1f}")
    for key, (began, ended) in times.items():
        bar = [" "] * (WIDTH + 1)
        for column in range(int(began / most * WIDTH), int(ended / most * WIDTH) + 1):
            bar[column] = "="
        bar[int(ends[key] / most * WIDTH)] = "|"
        print(f"{key[:39]:40}{''.join(bar)} {ended:5.1f}")
