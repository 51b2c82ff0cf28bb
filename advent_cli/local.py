"""The local engine, a MiniStack in a background process: starts it, finds it, stops it. Nothing else knows of it."""

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from advent_cli.aws import Endpoint
from advent_cli.errors import AdventError, TargetError

REGION = "us-east-1"
KEY = "test"  # the engine's root user; any secret goes with it
START_WITHIN, STOP_WITHIN = 120, 300  # seconds; a million words take it half a minute to load, and two to save
INSTALL = "pip install '.[local]' in a clone of advent"
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "SYSTEMROOT")  # of our environment; AWS_* of the person must not get in


@dataclass(frozen=True)
class Engine:
    """An engine that runs."""

    pid: int
    port: int

    @property
    def url(self) -> str:
        """Its address; it listens nowhere else."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def endpoint(self) -> Endpoint:
        """How to talk to it. The address of an API is one that plain curl can reach: *.localhost does not resolve."""
        return Endpoint(self.url, KEY, KEY, REGION, f"{self.url}/_aws/execute-api/{{api_id}}")

    def environment(self, region: str | None) -> dict[str, str]:
        """The variables with which any AWS client reaches it."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": KEY,
            "AWS_REGION": region or REGION,
            "AWS_DEFAULT_REGION": region or REGION,
        }


def home() -> Path:
    """The directory of the engine's state, temporary files and log; for this user alone."""
    path = Path(platformdirs.user_state_dir("advent", appauthor=False)) / "engine"
    try:
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o700)
    except OSError as error:
        raise TargetError(f"cannot use {path} for the local engine", why=error.strerror or "") from None
    return path


def log_file() -> Path:
    """Where the engine writes its log."""
    return home() / "engine.log"


def log_lines(number: int) -> list[str]:
    """The last lines of the engine's log, since it was last started."""
    text = log_file().read_text(encoding="utf-8", errors="replace") if log_file().exists() else ""
    return text.splitlines()[-number:]


def find() -> Engine | None:
    """The engine of this user, if one runs and answers; files left by one that died are not taken for it."""
    if not _alive():
        return None
    try:
        told = json.loads((home() / "engine.json").read_text(encoding="utf-8"))
        engine = Engine(int(told["pid"]), int(told["port"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return engine if _answers(engine) else None


def since() -> str:
    """When the engine that runs was started, in local time."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime((home() / "engine.json").stat().st_mtime))


def require() -> Engine:
    """The engine that runs, or TargetError."""
    engine = find()
    if engine is None:
        raise TargetError(
            "the local engine is not running", hint="`advent up` starts it, and so does `advent local start`"
        )
    return engine


def start() -> Engine:
    """The engine that runs, started if there is none; of many who ask at once, one starts it."""
    _require_package()
    from filelock import FileLock

    with FileLock(home() / "starting.lock"):
        engine = find()
        return engine or _spawn()


def stop() -> bool:
    """End the engine, which then saves its state; False if none was running."""
    _require_package()
    from filelock import FileLock

    with FileLock(home() / "starting.lock"):
        return _alive() and _end()


def _end() -> bool:
    deadline = time.monotonic() + STOP_WITHIN
    engine = find()
    while engine is None and _alive():  # it is just starting
        if time.monotonic() > deadline:
            raise AdventError("the local engine does not answer", hint=f"see {log_file()}")
        time.sleep(0.05)
        engine = find()
    if engine:
        os.kill(engine.pid, signal.SIGTERM)
    while _alive():
        if time.monotonic() > deadline:
            raise AdventError(
                f"the local engine (process {engine and engine.pid}) does not end", hint=f"see {log_file()}"
            )
        time.sleep(0.05)
    shutil.rmtree(home() / "tmp", ignore_errors=True)  # it leaves the code of the functions there
    return True


def _require_package() -> None:
    if importlib.util.find_spec("ministack") is None or importlib.util.find_spec("filelock") is None:
        raise TargetError(
            "the local engine is not installed", hint=f"{INSTALL} installs it; with --target aws it is not needed"
        )


def _alive() -> bool:
    """Whether an engine's process lives, told by the lock that it holds."""
    _require_package()
    from filelock import FileLock, Timeout

    try:
        with FileLock(home() / "running.lock", timeout=0):
            return False
    except Timeout:
        return True


def _answers(engine: Engine) -> bool:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"{engine.url}/_ministack/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def _spawn() -> Engine:
    shutil.rmtree(home() / "tmp", ignore_errors=True)
    (home() / "tmp").mkdir(mode=0o700)
    command = [sys.executable, "-m", "advent_cli.local_server", str(home())]
    with log_file().open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 (our own module)
            command,
            cwd=home(),
            env=_environment(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_WITHIN
    while process.poll() is None and time.monotonic() < deadline:
        engine = find()
        if engine:
            return engine
        time.sleep(0.02)
    if process.poll() is None:
        process.terminate()
    raise TargetError("the local engine did not start", why="".join(log_lines(1)), hint=f"see {log_file()}")


def _environment(ours: Mapping[str, str]) -> dict[str, str]:
    kept = {name: ours[name] for name in KEPT if name in ours}
    return {
        **kept,
        "BIND_HOST": "127.0.0.1",
        "AUTH": "true",  # a permission that is missing must be missed at home
        "PERSIST_STATE": "1",
        "STATE_DIR": str(home() / "state"),
        "TMPDIR": str(home() / "tmp"),
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "LAMBDA_WARM_TTL_SECONDS": "60",
        "LOG_LEVEL": "INFO",
        "AWS_CONFIG_FILE": os.devnull,  # the functions inherit this environment
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
