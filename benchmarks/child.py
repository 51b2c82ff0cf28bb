"""Runs a command and measures it, through a small process whose own memory does not count for the command."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# A child's peak memory starts from its parent's: so a small process starts the command.
LAUNCHER = """
import json, os, sys, time
began = time.perf_counter()
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, used = os.wait4(pid, 0)
took = time.perf_counter() - began
measured = [os.waitstatus_to_exitcode(status), took, used.ru_utime + used.ru_stime, used.ru_maxrss]
os.write(int(os.environ["MEASURED"]), json.dumps(measured).encode())
"""
KILOBYTE = 1 if sys.platform == "darwin" else 1024  # the unit of ru_maxrss: see getrusage(2)


@dataclass(frozen=True)
class Used:
    """What a command used: wall-clock and CPU seconds, peak megabytes; and what it printed."""

    seconds: float
    cpu: float
    memory: float
    output: str


def run(command: Sequence[str], cwd: Path | None = None, env: dict[str, str] | None = None) -> Used:
    """Run the command; raises RuntimeError with its output if it fails."""
    read, write = os.pipe()
    with open(read) as pipe:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", LAUNCHER, *command],
            cwd=cwd,
            env={**os.environ, **(env or {}), "MEASURED": str(write)},
            pass_fds=[write],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=True,
        )
        os.close(write)
        code, seconds, cpu, memory = json.loads(pipe.read())
    if code:
        raise RuntimeError(f"{' '.join(command)} ended with {code}\n{done.stdout}")
    return Used(seconds, cpu, memory * KILOBYTE / 1e6, done.stdout)
