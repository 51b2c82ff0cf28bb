"""Starts the process of the local engine, and stops it, which saves its state."""

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
from advent_cli.local.probe import PAUSE, Engine, find_responding, handshake, is_alive

START_WITHIN, STOP_WITHIN = 120, 300  # seconds; loading a million words takes half a minute, saving them two
KILL_WITHIN = 10  # seconds; the system ends it, but may be busy
LOGS = "see its log with `advent local logs`"
INHERITED = (  # variables: where things are, and the language. Never the user's AWS_*, proxies and secrets
    "PATH", "HOME", "SYSTEMROOT", "LANG", "LC_ALL", "LC_CTYPE", "TZ",
    "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "PYTHONHOME", "PYTHONUSERBASE",
)  # fmt: skip


def spawn() -> Engine:
    """Start an engine. The caller holds the lock for starting, and no engine runs."""
    shutil.rmtree(files.temp_folder(home()), ignore_errors=True)
    files.temp_folder(home()).mkdir(mode=0o700)
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
        engine = find_responding() if is_alive() else None
        if engine:
            return engine
        time.sleep(PAUSE)
    if process.poll() is None:
        process.terminate()
    raise TargetError("the local engine did not start", why="".join(log_lines(1)), hint=LOGS)


def environment(own: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The variables of the engine's process: a few of our `own`, and MiniStack's settings. Functions inherit them."""
    return {
        **{name: own[name] for name in INHERITED if name in own},
        **({"PYTHONPATH": _absolute(own["PYTHONPATH"])} if own.get("PYTHONPATH") else {}),
        "BIND_HOST": "127.0.0.1",  # for MiniStack's other servers too
        "AUTH": "true",  # a missing permission must fail locally too
        "PERSIST_STATE": "1",
        "STATE_DIR": str(folder / "state"),
        "TMPDIR": str(files.temp_folder(folder)),
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "LAMBDA_WARM_TTL_SECONDS": "60",
        "LOG_LEVEL": "INFO",
        "AWS_CONFIG_FILE": os.devnull,  # the functions inherit this environment
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _absolute(search_path: str) -> str:
    """The same search path for another current directory."""
    return os.pathsep.join(os.path.abspath(entry) for entry in search_path.split(os.pathsep) if entry)


def end(engine: Engine) -> None:
    """Stop the running engine; raises AdventError if it cannot save its state, in which case it keeps running."""
    deadline = time.monotonic() + STOP_WITHIN
    before, saved = handshake(engine), files.saved_files(home())
    os.kill(engine.pid, signal.SIGTERM)
    while is_alive():
        now = handshake(engine) if engine.access_key else None
        if now and before and now["tries"] > before["tries"]:
            raise AdventError(
                "the local engine could not save its state, and is still running",
                why=now["problem"],
                hint=f"make sure that {home()} is writable and has free space, then run `advent local stop` again",
            )
        if time.monotonic() > deadline:
            raise AdventError(f"the local engine (process {engine.pid}) does not stop", hint=LOGS)
        time.sleep(PAUSE)
    for folder in (files.temp_folder(home()), home() / "tmp"):  # MiniStack leaves the code of the functions there
        shutil.rmtree(folder, ignore_errors=True)
    if not engine.access_key:
        check_old_engine_saved(saved)
    elif files.is_unsaved(home()):
        raise AdventError(files.unsaved_warning(), hint=LOGS)


def kill(engine: Engine) -> None:
    """End the running engine and its functions at once, without saving."""
    deadline = time.monotonic() + KILL_WITHIN
    is_group = os.getpgid(engine.pid) == engine.pid  # as spawn() starts it
    (os.killpg if is_group else os.kill)(engine.pid, signal.SIGKILL)
    while is_alive():
        if time.monotonic() > deadline:
            raise AdventError(f"the local engine (process {engine.pid}) does not end", hint=LOGS)
        time.sleep(PAUSE)


def check_old_engine_saved(before: Mapping[str, float]) -> None:
    """Raise AdventError if an engine of advent 0.1, which does not report it, stopped without saving.

    It saves everything that it loaded, so each file that was there before must be newer.
    """
    after = files.saved_files(home())
    stale = [name for name, written in before.items() if after.get(name) == written]
    log = home() / "engine.log"
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    problem = next((line for line in lines if "failed to save" in line), "")
    if stale or problem or not after:
        raise AdventError(
            "the local engine stopped without saving all of its state",
            why=problem or (f"not written: {', '.join(stale)}" if stale else "no file was written"),
            hint=f"make sure that {home()} is writable; `advent up` continues with the state that was saved before",
        )
