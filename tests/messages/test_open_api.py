"""The API under arbitrary requests: it answers every one, no function fails, and the counts are exact.

The quick run sends some requests; `ADVENT_FUZZ=all pytest tests/messages/test_open_api.py` sends a thousand.
"""

import http.client
import json
import os
import random
import urllib.parse
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from advent_cli.aws.retry import Waiter
from advent_cli.local.lifecycle import Engine
from advent_cli.words import counts
from tests.support import stacks
from tests.support.functions import FORM

NUMBER = 1000 if os.environ.get("ADVENT_FUZZ") == "all" else 80
WORDS = ["some", "words", "ünï", "🎄", "a&b", "<c>", "d+e", "%41", "x" * 2049]


@dataclass(frozen=True)
class Request:
    """A request, and the words that it must count."""

    method: str
    path: str
    body: bytes
    kind: str | None
    words: tuple[str, ...] = ()


def requests(chance: random.Random, path: str) -> Request:
    """A random request; half of them are valid."""
    if chance.random() < 0.5:
        words = tuple(chance.choices(WORDS, k=chance.randint(1, 6)))
        text = " ".join(words).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        fields = {"token": "x", chance.choice(["trigger_word", "command"]): "y", "text": text}
        return Request("POST", path, urllib.parse.urlencode(fields).encode(), FORM, words)
    body = chance.choice(
        [b"", chance.randbytes(50), b"text=%ff", b"text", b'{"text": "x"}', b"&" * 500, b"text=&text=x"]
    )
    kind = chance.choice([FORM, FORM, "application/json", "text/plain", "", None])
    method = chance.choice(["POST", "POST", "POST", "GET", "PUT", "DELETE"])
    return Request(method, chance.choice([path, path, path, path + "/x", path[:-3]]), body, kind)


def send(port: int, request: Request) -> tuple[int, bytes]:
    """Send the request, and return the status and body of the response."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        headers = {"Content-Type": request.kind} if request.kind is not None else {}
        connection.request(request.method, request.path, request.body, headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_every_request_is_answered_and_the_counts_are_exact(engine: Engine) -> None:
    stack = stacks.tutorial(engine)
    stacks.up(stack)
    url = urllib.parse.urlsplit(stack.url or "")
    chance = random.Random(7)
    sent = [requests(chance, url.path) for _ in range(NUMBER)]
    with ThreadPoolExecutor(8) as pool:
        responses = list(pool.map(lambda request: send(engine.port, request), sent))
    for request, (status, body) in zip(sent, responses, strict=True):
        assert status == 200 if request.words else status < 500, (request, status, body)
        assert status == 200 or len(json.loads(body)) == 1, (request, body)
    fitting = Counter(word for request in sent for word in request.words if len(word) < 2048)
    expected = {word: 11 * times for word, times in fitting.items()}
    Waiter().until(lambda: dict(counts.scan(stack.table)) == expected, "waiting for the counts", within=120)
    logs = stack.aws.client("logs").get_paginator("filter_log_events")
    for name in ("aws_advent", "sns_multiplier"):
        lines = [e["message"] for p in logs.paginate(logGroupName=f"/aws/lambda/{name}") for e in p["events"]]
        assert any('"counted"' in line for line in lines)
        assert not any("Traceback" in line or "ERROR" in line or "🎄" in line for line in lines)
    assert stack.queue.depth() == 0
