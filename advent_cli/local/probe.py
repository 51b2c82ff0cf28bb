"""Looks whether the local engine runs, and asks it the few things that it answers to everybody."""

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
END_WITHIN = 2  # seconds from the last connection of a process to its end
PAUSE = 0.02
INSTALL = "pip install '.[local]' in a clone of advent"


@dataclass(frozen=True)
class Engine:
    """An engine that runs, and the keys of its root user."""

    pid: int
    port: int
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)

    @property
    def url(self) -> str:
        """Its address; it listens nowhere else."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def endpoint(self) -> Endpoint:
        """How to talk to it. The address of an API is one that plain curl can reach: *.localhost does not resolve."""
        api_url = f"{self.url}/_aws/execute-api/{{api_id}}"
        return Endpoint(self.url, self.access_key, self.secret_key, REGION, api_url, has_ended)

    def environment(self, region: str | None) -> dict[str, str]:
        """The variables with which any AWS client reaches it."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_REGION": region or REGION,
            "AWS_DEFAULT_REGION": region or REGION,
        }


def alive() -> bool:
    """Whether an engine's process lives, told by the lock that it holds."""
    require_package()
    from filelock import FileLock, Timeout

    try:
        with FileLock(home() / "running.lock", timeout=0):
            return False
    except Timeout:
        return True


def answering(within: float = 5) -> Engine | None:
    """The engine that runs, if it has written who it is and answers at this moment."""
    record = files.record(home())
    if record is None:
        return None
    engine = Engine(record.pid, record.port, record.access_key, record.secret_key)
    answered = hello(engine, within) is not None
    return engine if answered and files.record(home()) == record else None  # else another one has just begun


def hello(engine: Engine, within: float = 5) -> dict[str, Any] | None:
    """What the engine says of itself: how saving went. None if it does not answer, or if it is somebody else who does.

    It proves that it knows the secret, for anybody could listen at the port of one that has just ended; one of
    advent 0.1 has no secret, and nothing to say.
    """
    if not engine.access_key:
        return _get(engine, "/_ministack/ready", within)
    nonce = secrets.token_hex(16)
    said = _get(engine, f"/_advent/{nonce}", within) or {}
    return said if hmac.compare_digest(str(said.get("proof")), proof(engine.secret_key, nonce)) else None


def proof(secret: str, nonce: str) -> str:
    """What only who knows the secret can say to a question that was never asked before."""
    return hmac.new(secret.encode(), nonce.encode(), hashlib.sha256).hexdigest()


def has_ended() -> bool:
    """Whether the engine that was just talked to has ended; asked when it did not answer, and may be just ending."""
    deadline = time.monotonic() + END_WITHIN
    while alive():
        if time.monotonic() > deadline or answering():
            return False
        time.sleep(PAUSE)
    return True


def require_package() -> None:
    """Raise TargetError unless the packages of the local engine are installed."""
    if importlib.util.find_spec("ministack") is None or importlib.util.find_spec("filelock") is None:
        raise TargetError(
            "the local engine is not installed", hint=f"{INSTALL} installs it; with --target aws it is not needed"
        )


def _get(engine: Engine, path: str, within: float) -> dict[str, Any] | None:
    """What the engine answers to this question; None if it does not."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"{engine.url}{path}", timeout=within) as answer:
            found = json.load(answer)
            return found if isinstance(found, dict) else None
    except (OSError, urllib.error.URLError, ValueError, RecursionError):
        return None
