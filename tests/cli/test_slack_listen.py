"""`advent slack listen` on the engine, with a workspace that behaves as Slack's."""

import os
import random
import signal
import subprocess
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from advent_cli.aws.retry import Waiter
from advent_cli.config.schema import SLACK_SECRET
from advent_cli.local.lifecycle import Engine
from advent_cli.stack.build import Stack
from advent_cli.words import counts
from tests.conftest import ADVENT, Run
from tests.support import fake_slack, stacks
from tests.support import proxy as proxies
from tests.support.fake_slack import TOKEN, FakeSlack, wait_until
from tests.support.proxy import changing
from tests.support.screen import Terminal

LISTEN: list[str | Path] = [ADVENT, "slack", "listen"]


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with fake_slack.running() as slack:
        yield slack


class Listening:
    """A listener that runs, and what it printed once it ended."""

    def __init__(self, folder: Path, slack: FakeSlack, *options: str, **variables: str) -> None:
        self.files = [(folder / name).open("w") for name in ("stdout", "stderr")]
        words, environment = [ADVENT, *options, *LISTEN[1:]], {**os.environ, **slack.environment, **variables}
        out, err = self.files
        self.process = subprocess.Popen(
            words, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err
        )

    def printed(self) -> tuple[str, str]:
        out, err = (Path(file.name).read_text() for file in self.files)
        return out, err

    def end(self) -> tuple[str, str]:
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(120) == 0, self.printed()
        return self.printed()


@contextmanager
def listening(folder: Path, slack: FakeSlack, *options: str, **variables: str) -> Iterator[Listening]:
    before, listener = slack.connections, Listening(folder, slack, *options, **variables)
    try:
        wait_until(lambda: slack.connections > before or listener.process.poll() is not None)
        assert listener.process.poll() is None, listener.printed()
        yield listener
    finally:
        listener.process.kill()
        listener.process.wait()
        for file in listener.files:
            file.close()


def answer(slack: FakeSlack, words: str) -> str:
    envelope = slack.type(words)
    wait_until(lambda: slack.acknowledged(envelope) is not None)
    found = slack.acknowledged(envelope) or {}
    if not found:  # the machine is very busy, so the reply is late
        path = envelope["payload"]["response_url"].removeprefix(slack.url)
        wait_until(lambda: path in dict(slack.responses))
        found = dict(slack.responses)[path]
    assert found["response_type"] == "in_channel"
    return str(found["text"])


def settled(stack: Stack, **words: int) -> None:
    wait_until(lambda: counts.of(stack.table, words) == words)


def test_a_slash_command_is_answered_by_the_functions_here(deployed: Stack, slack: FakeSlack, tmp_path: Path) -> None:
    with listening(tmp_path, slack) as listener:
        assert answer(slack, "/awsadvent three new words") == "three = 1, new = 1, words = 1"
        settled(deployed, three=11, new=11, words=11)
        assert answer(slack, "/awsadvent three new words") == "three = 12, new = 12, words = 12"
        settled(deployed, three=22, new=22, words=22)
        out, err = listener.end()
    lines = out.splitlines()
    assert lines[0].startswith("ann: /awsadvent three new words -> three = 1, new = 1, words = 1")
    assert len(lines) == 2
    assert "press Ctrl-C to stop" in err
    assert "awsadvent on the local engine" in err


def test_the_commands_are_signed_once_there_is_a_secret(deployed: Stack, slack: FakeSlack, tmp_path: Path) -> None:
    deployed.secrets[SLACK_SECRET].put("8f742231b10e8888abcd99yyyzzz85a5", Waiter())
    try:
        with listening(tmp_path, slack):
            assert answer(slack, "/awsadvent signed") == "signed = 1"
    finally:
        deployed.secrets[SLACK_SECRET].delete(Waiter())


def test_an_app_that_is_deployed_again_is_found(deployed: Stack, slack: FakeSlack, tmp_path: Path) -> None:
    with listening(tmp_path, slack):
        assert answer(slack, "/awsadvent before") == "before = 1"
        deployed.api.delete(Waiter())
        stacks.up(deployed)
        assert answer(slack, "/awsadvent after") == "after = 1"


@pytest.mark.long
def test_no_command_is_lost_or_doubled_by_reconnects_and_repetitions(
    deployed: Stack, slack: FakeSlack, tmp_path: Path
) -> None:
    with listening(tmp_path, slack) as listener:
        typed = []
        for number in range(200):
            typed.append(slack.type("/awsadvent often"))
            if number % 10 == 5:
                slack.send(random.choice(typed))
            if number % 40 == 20:
                slack.refresh("refresh_requested")
            if number % 40 == 0:
                slack.close(slack.sockets)
            wait_until(lambda: len(typed) - len(slack.acknowledgements) < 20)
        wait_until(lambda: len(slack.acknowledgements) == 200)
        settled(deployed, often=200 * 11)
        out, _ = listener.end()
    assert slack.connections >= 6
    assert sorted(each["envelope_id"] for each in slack.acknowledgements) == sorted(e["envelope_id"] for e in typed)
    assert len(out.splitlines()) == 200
    replies = [each["payload"]["text"] for each in slack.acknowledgements if "payload" in each]
    assert len(replies) + len(slack.responses) == 200


REFUSALS = {
    "invalid_auth": "Slack does not know this token",
    "token_revoked": "the token was revoked",
    "account_inactive": "the app of this token was removed",
    "missing_scope": "the token lacks the scope connections:write",
    "forbidden_team": "the workspace does not allow Socket Mode",
    "link_disabled": "Socket Mode is off for this app",
    "internal_error": "Slack is busy: internal_error",
    "token_expired": "Slack refuses to connect: token_expired",
}


@pytest.mark.parametrize("error", REFUSALS)
def test_a_refusal_is_one_sentence(deployed: Stack, slack: FakeSlack, advent: Run, error: str) -> None:
    slack.error = error
    done = advent("slack", "listen", code=3, **slack.environment)
    assert f"error: {REFUSALS[error]}" in done.stderr
    assert done.stderr.count("error:") == 1
    assert "\ntry: " in done.stderr.replace("  try: ", "\ntry: ")
    assert TOKEN not in done.stderr


def test_without_a_network_it_ends(deployed: Stack, advent: Run) -> None:
    nowhere = {"ADVENT_SLACK_API_URL": "http://127.0.0.1:1/api/", "ADVENT_SLACK_APP_TOKEN": TOKEN}
    assert "error: Slack cannot be reached: " in advent("slack", "listen", code=3, **nowhere).stderr


@pytest.mark.parametrize("token", ["xoxb-1-2-3", "", "a b", "xapp-1\nxapp-2", "xapp-\u00fc"])
def test_another_token_is_refused_before_any_call(advent: Run, tmp_path: Path, token: str) -> None:
    alone = str(tmp_path / "state")  # no engine runs there
    given = [{"ADVENT_SLACK_APP_TOKEN": token}] if token else []
    for variables in [{"stdin": f"{token}\n"}, *given]:
        stderr = advent("slack", "listen", code=2, XDG_STATE_HOME=alone, **variables).stderr
        assert "error: this is not an app-level token: " in stderr
        assert "  try: create a token" in stderr
        assert "engine" not in stderr


def test_nobody_is_asked_for_a_token_that_has_no_use_yet(tmp_path: Path) -> None:
    with Terminal(LISTEN, tmp_path, (80, 24), XDG_STATE_HOME=str(tmp_path / "state")) as terminal:
        assert terminal.ended() == 3
    assert "xapp-" not in terminal.written
    assert "advent up" in terminal.written


def test_a_token_comes_from_stdin_with_its_line_break(deployed: Stack, slack: FakeSlack, advent: Run) -> None:
    slack.error = "token_revoked"
    there = {"ADVENT_SLACK_API_URL": slack.environment["ADVENT_SLACK_API_URL"]}
    advent("slack", "listen", code=3, stdin=f"{TOKEN}\r\n", **there)
    assert slack.tokens == [f"Bearer {TOKEN}"]


def test_a_token_that_is_revoked_later_ends_it(deployed: Stack, slack: FakeSlack, tmp_path: Path) -> None:
    with listening(tmp_path, slack) as listener:
        wait_until(lambda: bool(slack.sockets))
        slack.error = "token_revoked"
        slack.close(slack.sockets)
        assert listener.process.wait(60) == 3


def test_socket_mode_that_is_switched_off_ends_it(deployed: Stack, slack: FakeSlack, tmp_path: Path) -> None:
    with listening(tmp_path, slack) as listener:
        wait_until(lambda: bool(slack.sockets))
        slack.sockets[0].send_json({"type": "disconnect", "reason": "link_disabled"})
        assert listener.process.wait(60) == 3


def test_a_terminal_shows_the_way_of_each_command(deployed: Stack, slack: FakeSlack, tmp_path: Path) -> None:
    environment = {**os.environ, "ADVENT_SLACK_API_URL": slack.environment["ADVENT_SLACK_API_URL"]}
    with Terminal(LISTEN, tmp_path, (100, 40), **environment) as terminal:
        terminal.read(until="app-level token")
        terminal.press(f"{TOKEN}\n")
        terminal.read(until="press Ctrl-C to stop")
        answer(slack, "/awsadvent seen")
        terminal.read(until="seen")
        terminal.read(until="sns_logger")
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.ended() == 0
        assert TOKEN not in terminal.written


class SlowApp(ThreadingHTTPServer):
    """An app that replies once it may."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Slow)
        self.posted: list[dict[str, str]] = []
        self.may_reply = threading.Event()


class _Slow(BaseHTTPRequestHandler):
    server: SlowApp

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.posted.append(dict(urllib.parse.parse_qsl(body)))
        self.server.may_reply.wait(60)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"text": "at last"}')

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def listening_on_aws(engine: Engine, folder: Path, slack: FakeSlack) -> Iterator[tuple[SlowApp, Listening]]:
    """A listener with --target aws, where the API of the stack is a slow one."""
    with SlowApp() as app, proxies.running(engine) as proxy:
        threading.Thread(target=app.serve_forever, daemon=True).start()

        def meet(name: str, handler: proxies.Handler, body: bytes) -> None:
            url = f"http://127.0.0.1:{app.server_port}"
            elsewhere = changing(r'"(apiEndpoint)": ?"[^"]*"', rf'"\1": "{url}"')
            (elsewhere if name == "apigateway:GetApis" else proxies.pass_on)(handler, body)

        proxy.meet = meet
        keys = {**engine.environment(None), "AWS_ENDPOINT_URL": proxy.endpoint.url}
        with listening(folder, slack, "--target", "aws", **keys) as listener:
            yield app, listener
        app.may_reply.set()
        app.shutdown()


def test_ctrl_c_finishes_the_commands_under_way(
    deployed: Stack, running_engine: Engine, slack: FakeSlack, tmp_path: Path
) -> None:
    with listening_on_aws(running_engine, tmp_path, slack) as (app, listener):
        wait_until(lambda: bool(slack.sockets))
        typed = [slack.type(f"/awsadvent {number}") for number in range(12)]  # more than are posted at once
        wait_until(lambda: len(app.posted) == 8)
        assert {each["user_name"] for each in app.posted} == {"ann"}
        listener.process.send_signal(signal.SIGINT)
        wait_until(lambda: "finishing the commands under way" in listener.printed()[1])
        assert listener.process.poll() is None
        app.may_reply.set()
        assert listener.process.wait(60) == 0
        out, err = listener.printed()
    assert len(app.posted) == len(out.splitlines()) == 12
    assert all(slack.acknowledged(each) is not None for each in typed)
    replies = [*slack.acknowledgements, *({"payload": message} for _, message in slack.responses)]
    texts = [each["payload"]["text"] for each in replies if "payload" in each]
    assert texts == ["at last"] * 12
    assert "Traceback" not in err


def test_a_second_ctrl_c_ends_it_at_once(
    deployed: Stack, running_engine: Engine, slack: FakeSlack, tmp_path: Path
) -> None:
    with listening_on_aws(running_engine, tmp_path, slack) as (app, listener):
        wait_until(lambda: bool(slack.sockets))
        slack.type("/awsadvent words")
        wait_until(lambda: bool(app.posted))
        listener.process.send_signal(signal.SIGINT)
        wait_until(lambda: "finishing the commands under way" in listener.printed()[1])
        listener.process.send_signal(signal.SIGINT)
        assert listener.process.wait(30) == 130  # the app has not replied
        assert "Traceback" not in listener.printed()[1]


HOSTILE = "\x1b]0;owned\x07\x1b[2Jann\n\ud800"


def test_what_a_stranger_types_does_neither_steer_the_terminal_nor_end_it(
    deployed: Stack, slack: FakeSlack, tmp_path: Path
) -> None:
    with listening(tmp_path, slack) as listener:
        hostile = slack.type("/awsadvent hostile")
        wait_until(lambda: slack.acknowledged(hostile) is not None)
        fields = {
            **hostile["payload"],
            "user_name": HOSTILE,
            "text": HOSTILE,
            "command": ["\x1b[31m"],
            "more": {"a": 1},
        }
        hostile = {**hostile, "envelope_id": HOSTILE, "payload": fields}
        slack.send(hostile)
        wait_until(lambda: slack.acknowledged(hostile) is not None)
        elsewhere = {
            "response_url": "https://hooks.slack.com.example.org/",
            "command": "/awsadvent",
            "text": "z " * 3000,
        }
        slack.send({**hostile, "envelope_id": "3", "payload": elsewhere})
        answer(slack, "/awsadvent still here")
        out, err = listener.end()
    assert not {*"\x1b\x07"} & {*out, *err}
    assert "\\x1b]0;owned" in out
    assert "Traceback" not in err


def test_the_token_is_nowhere_to_be_read(deployed: Stack, slack: FakeSlack, tmp_path: Path) -> None:
    with listening(tmp_path, slack, "-v") as listener:
        answer(slack, "/awsadvent secret")
        processes = [file.read_bytes() for file in Path("/proc").glob("[0-9]*/cmdline") if os.access(file, os.R_OK)]
        assert not [line for line in processes if TOKEN.encode() in line]
        printed = "".join(listener.end())
    assert TOKEN not in printed
    assert slack.tokens == [f"Bearer {TOKEN}"]  # so it was in use
    _assert_not_in_files(Path(os.environ["XDG_STATE_HOME"]))


def _assert_not_in_files(folder: Path) -> None:
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert files
    assert not [file for file in files if TOKEN.encode() in file.read_bytes()]


def test_the_token_is_in_no_crash_report(deployed: Stack, slack: FakeSlack, advent: Run, tmp_path: Path) -> None:
    broken = "def broken(self, *, app_token, **_): raise RuntimeError(f'cannot use {app_token}')"
    lines = ["from slack_sdk.web import WebClient", broken, "WebClient.apps_connections_open = broken"]
    (tmp_path / "sitecustomize.py").write_text("\n".join(lines))
    done = advent("slack", "listen", code=1, PYTHONPATH=str(tmp_path), **slack.environment)
    assert "this is a bug in advent" in done.stderr
    assert TOKEN not in done.stderr + done.stdout
    reports = [file.read_text() for file in Path(os.environ["XDG_STATE_HOME"]).rglob("*") if "crash" in file.name]
    assert [each for each in reports if "cannot use ***" in each]
    _assert_not_in_files(Path(os.environ["XDG_STATE_HOME"]))


def test_without_slack_sdk_the_error_has_the_command(advent: Run, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as util, sys\nfound = util.find_spec\n"
        "util.find_spec = lambda name, *more: None if name == 'slack_sdk' else found(name, *more)\n"
        "sys.modules['slack_sdk'] = None  # an import fails as if it were not there\n"
    )
    stderr = advent("slack", "listen", code=2, PYTHONPATH=str(tmp_path)).stderr
    assert stderr.startswith("error: slack_sdk is not installed\n")
    assert "-m pip install 'slack_sdk>=3.48'" in stderr
