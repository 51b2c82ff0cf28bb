"""Checks whether the local engine runs, and whether what listens at its port is that engine."""

import hashlib
import hmac
import importlib.util
import json
import secrets
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from advent_cli.aws.endpoint import Endpoint
from advent_cli.errors import TargetError
from advent_cli.local import files
from advent_cli.local.files import home

REGION = "us-east-1"
END_WITHIN = 2  # seconds from a process's last connection to its end
PAUSE = 0.02  # seconds
INSTALL = "pip install '.[local]'"


@dataclass(frozen=True)
class Engine:
    """A running engine, and the keys of its root user."""

    pid: int
    port: int
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)

    @property
    def url(self) -> str:
        """The URL of the engine, which only listens on the loopback address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint for clients. An API's URL is one that plain curl can reach: *.localhost does not resolve."""
        api_url = f"{self.url}/_aws/execute-api/{{api_id}}"
        return Endpoint(self.url, self.access_key, self.secret_key, REGION, api_url, has_ended)

    def environment(self, region: str | None) -> dict[str, str]:
        """The environment variables with which any AWS client reaches the engine."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_REGION": region or REGION,
            "AWS_DEFAULT_REGION": region or REGION,
        }


def is_alive() -> bool:
    """Whether an engine's process exists; it holds a lock as long as it does."""
    require_packages()
    from filelock import FileLock, Timeout

    try:
        with FileLock(home() / "running.lock", timeout=0):
            return False
    except Timeout:
        return True


def find_responding(within: float = 5) -> Engine | None:
    """The running engine, if it has written its record and responds within these seconds."""
    record = files.read_record(home())
    if record is None:
        return None
    engine = Engine(record.pid, record.port, record.access_key, record.secret_key)
    responds = handshake(engine, within) is not None
    return engine if responds and files.read_record(home()) == record else None  # else another one has just started


def handshake(engine: Engine, within: float = 5) -> dict[str, Any] | None:
    """The engine's report on saving its state; None if it does not respond, or if another program does.

    The engine proves that it knows the secret, because any program can listen at the port of an engine that has ended.
    An engine of advent 0.1 has no secret and no report.
    """
    if not engine.access_key:
        return _get(engine, "/_ministack/ready", within)
    nonce = secrets.token_hex(16)
    report = _get(engine, f"/_advent/{nonce}", within) or {}
    return report if hmac.compare_digest(str(report.get("proof")), proof(engine.secret_key, nonce)) else None


def proof(secret: str, nonce: str) -> str:
    """The response to a nonce, which only a program that knows the secret can compute."""
    return hmac.new(secret.encode(), nonce.encode(), hashlib.sha256).hexdigest()


def has_ended() -> bool:
    """Whether the engine in use has ended; called when it did not respond, so it may be about to end."""
    deadline = time.monotonic() + END_WITHIN
    while is_alive():
        if time.monotonic() > deadline or find_responding():
            return False
        time.sleep(PAUSE)
    return True


def require_packages() -> None:
    """Raise TargetError unless the packages of the local engine are installed."""
    if importlib.util.find_spec("ministack") is None or importlib.util.find_spec("filelock") is None:
        raise TargetError(
            "the local engine is not installed",
            hint=f"install it with `{INSTALL}` in a clone of advent, or use --target aws",
        )


def _get(engine: Engine, path: str, within: float) -> dict[str, Any] | None:
    """The JSON object at this path of the engine; None if there is no such response."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"{engine.url}{path}", timeout=within) as response:
            document = json.load(response)
            return document if isinstance(document, dict) else None
    except (OSError, urllib.error.URLError, ValueError, RecursionError):
        return None
