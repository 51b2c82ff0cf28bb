"""Starts the process of the local engine, and ends it once it has saved what it holds."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from advent_cli.errors import AdventError, TargetError
from advent_cli.local import files
from advent_cli.local.files import home, log_file, log_lines
from advent_cli.local.probe import PAUSE, Engine, alive, answering, hello

START_WITHIN, STOP_WITHIN = 120, 300  # seconds; a million words take it half a minute to load, and two to save
LOGS = "`advent local logs` shows what it does"
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "SYSTEMROOT")  # of our environment; AWS_* of the person must not get in


def spawn() -> Engine:
    """Start the process; only for who holds the lock for it, while no other runs."""
    shutil.rmtree(files.temporary(home()), ignore_errors=True)
    files.temporary(home()).mkdir(mode=0o700)
    command = [sys.executable, "-m", "advent_cli.local.server", str(home())]
    with log_file().open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 (our own module)
            command,
            cwd=home(),
            env=environment(os.environ, home()),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_WITHIN
    while process.poll() is None and time.monotonic() < deadline:
        engine = answering() if alive() else None
        if engine:
            return engine
        time.sleep(PAUSE)
    if process.poll() is None:
        process.terminate()
    raise TargetError("the local engine did not start", why="".join(log_lines(1)), hint=LOGS)


def environment(ours: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The variables of the process: some of ours, and MiniStack's settings; the functions get them too."""
    kept = {name: ours[name] for name in KEPT if name in ours}
    return {
        **kept,
        "BIND_HOST": "127.0.0.1",  # whatever else would listen
        "AUTH": "true",  # a permission that is missing must be missed at home
        "PERSIST_STATE": "1",
        "STATE_DIR": str(folder / "state"),
        "TMPDIR": str(files.temporary(folder)),
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "LAMBDA_WARM_TTL_SECONDS": "60",
        "LOG_LEVEL": "INFO",
        "AWS_CONFIG_FILE": os.devnull,  # the functions inherit this environment
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def end(engine: Engine) -> None:
    """End the engine that runs; raises AdventError if it cannot save what it holds, and so goes on running."""
    deadline = time.monotonic() + STOP_WITHIN
    before, saved = hello(engine), files.saves(home())
    os.kill(engine.pid, signal.SIGTERM)
    while alive():
        now = hello(engine) if engine.access_key else None
        if now and before and now["tries"] > before["tries"]:
            raise AdventError(
                "the local engine could not save what it holds, and goes on running",
                why=now["problem"],
                hint=f"see to it that {home()} can be written, then run `advent local stop` again",
            )
        if time.monotonic() > deadline:
            raise AdventError(f"the local engine (process {engine.pid}) does not end", hint=LOGS)
        time.sleep(PAUSE)
    for folder in (files.temporary(home()), home() / "tmp"):  # it leaves the code of the functions there
        shutil.rmtree(folder, ignore_errors=True)
    if not engine.access_key:
        check_old_save(saved)
    elif files.is_unsaved(home()):
        raise AdventError(files.lost(), hint=LOGS)


def check_old_save(before: Mapping[str, float]) -> None:
    """Raise AdventError if the engine of advent 0.1, which does not say so, ended without saving.

    What it has loaded, it saves again, and that is all that it had saved before.
    """
    after = files.saves(home())
    stale = [name for name, moment in before.items() if after.get(name) == moment]
    log = home() / "engine.log"
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    problem = next((line for line in lines if "failed to save" in line), "")
    if stale or problem or not after:
        raise AdventError(
            "the local engine ended, and has not saved all that it held",
            why=problem or f"{', '.join(stale) or 'nothing'} was not written",
            hint=f"see to it that {home()} can be written; `advent up` goes on with what was saved before",
        )
