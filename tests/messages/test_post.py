"""Posting a message as Slack does, also to an API that is not ready yet."""

import http.server
import json
import threading
import urllib.parse
from collections.abc import Iterator

import pytest

from advent_cli.aws.retry import Waiter
from advent_cli.errors import AdventError, TargetError
from advent_cli.messages import post, slack_post
from tests.support.stacks import TUTORIAL

NEW = [(404, b'{"message":"Not Found"}'), (403, b'{"message":"Forbidden"}')]
REFUSED = (500, b'{"message":"Internal Server Error"}')
REPLY = (200, b'{"text": "some = 1"}')


class Gateway(http.server.ThreadingHTTPServer):
    """Sends prepared responses in order, and keeps the posted requests."""

    responses: list[tuple[int, bytes]]
    posted: list[tuple[str, str]]

    @property
    def url(self) -> str:
        return f"http://some-api.execute-api.localhost:{self.server_port}/aws_advent"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Gateway

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.posted.append((self.headers["Host"], body))
        status, response = self.server.responses.pop(0)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(response)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway(("127.0.0.1", 0), Handler) as server:
        server.responses, server.posted = [], []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def no_sleep(seconds: float) -> None:
    """Return at once."""


POST = slack_post.build_request("some & <more>", TUTORIAL.slack, None)
QUICKLY = Waiter(sleep=no_sleep)


def test_it_posts_what_slack_posts_to_the_host_of_the_url(gateway: Gateway) -> None:
    gateway.responses = [REPLY]
    assert post.post(gateway.url, POST, QUICKLY).text == "some = 1"
    host, body = gateway.posted[0]
    assert host == urllib.parse.urlsplit(gateway.url).netloc  # although the name does not resolve
    fields = dict(urllib.parse.parse_qsl(body))
    assert fields.keys() == {
        "token", "team_id", "team_domain", "channel_id", "channel_name", "timestamp",
        "user_id", "user_name", "text", "trigger_word",
    }  # fmt: skip
    assert (fields["text"], fields["trigger_word"]) == ("some &amp; &lt;more&gt;", "awsadvent")


def test_an_api_that_is_not_ready_is_retried(gateway: Gateway) -> None:
    gateway.responses = [*NEW, REPLY]
    progress: list[str] = []
    assert post.post(gateway.url, POST, Waiter(notify=progress.append, sleep=no_sleep)).text == "some = 1"
    assert "does not answer yet" in progress[0]


def test_a_function_without_permissions_is_retried_only_if_nothing_was_counted(gateway: Gateway) -> None:
    gateway.responses = [REFUSED, REFUSED, REPLY]
    assert post.post(gateway.url, POST, QUICKLY, lambda _: True).text == "some = 1"
    gateway.responses = [REFUSED, REPLY]
    with pytest.raises(AdventError, match="the API answered 500"):
        post.post(gateway.url, POST, QUICKLY, lambda _: False)
    assert gateway.responses == [REPLY]


@pytest.mark.parametrize("response", [(404, b"Not Found"), (403, b'{"text": "Forbidden"}')])
def test_a_refusal_of_the_function_is_not_retried(gateway: Gateway, response: tuple[int, bytes]) -> None:
    gateway.responses = [response, REPLY]
    with pytest.raises(AdventError, match=f"the API answered {response[0]}"):
        post.post(gateway.url, POST, QUICKLY)


@pytest.mark.parametrize("response", [b"<html>", b"[]", b"{}", json.dumps({"other": 1}).encode()])
def test_a_response_that_is_not_a_reply_is_an_error(gateway: Gateway, response: bytes) -> None:
    gateway.responses = [(200, response)]
    with pytest.raises(AdventError, match="not a Slack reply"):
        post.post(gateway.url, POST, QUICKLY)


def test_an_empty_response_is_an_empty_reply(gateway: Gateway) -> None:
    gateway.responses = [(200, b"")]
    assert post.post(gateway.url, POST, QUICKLY).text == ""


def test_an_unreachable_url_is_an_error() -> None:
    with pytest.raises(TargetError, match="does not answer"):
        post.post("http://127.0.0.1:1/path", POST, QUICKLY)
