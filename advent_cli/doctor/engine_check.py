"""Checks whether the local engine is installed and running."""

from advent_cli.doctor.findings import Finding, note, ok
from advent_cli.local import lifecycle
from advent_cli.local.lifecycle import Engine


def find() -> Engine | Finding:
    """The running engine, or a note that there is none; raises AdventError if it is not installed."""
    engine = lifecycle.find()
    if engine and not engine.access_key:
        return note("engine", "running, but started by an older version of advent", "`advent up` restarts it")
    return engine or note("engine", "installed, but not running", "`advent up` or `advent local start` starts it")


def running(engine: Engine) -> Finding:
    """The finding for a running engine."""
    return ok("engine", f"running at {engine.url}, process {engine.pid}, since {lifecycle.started_at()}")
