"""The local engine: one per user, on the loopback address, found again, and stopped with its state saved."""

import contextlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from unittest.mock import ANY

import pytest

from advent_cli.aws.retry import Waiter
from advent_cli.errors import AdventError, TargetError
from advent_cli.local import engine_process, files, lifecycle, probe
from advent_cli.local.workers import MAX_IDLE_WORKERS, MAX_WORKERS
from advent_cli.messages import post
from advent_cli.resources.role import TRUST
from advent_cli.words import counts
from tests.conftest import ADVENT, Run
from tests.support import proxy as proxies
from tests.support import stacks

START = [sys.executable, "-c", "from advent_cli.local import lifecycle; print(lifecycle.start().pid)"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The directory of an engine that only this test uses."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    yield lifecycle.home()
    lifecycle.stop()


def test_concurrent_starts_share_one_engine(home: Path) -> None:
    processes = [subprocess.Popen(START, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    pids = {engine_process.communicate(timeout=120)[0] for engine_process in processes}
    engine = lifecycle.find()
    assert engine
    assert pids == {f"{engine.pid}\n"}


def test_it_listens_on_the_loopback_address_only_in_a_private_directory(home: Path) -> None:
    engine = lifecycle.start()
    assert home.stat().st_mode & 0o777 == 0o700
    with socket.socket() as other, pytest.raises(OSError, match="refused"):
        other.connect(("127.0.0.2", engine.port))


def test_a_stop_keeps_state_and_port_and_deletes_temporary_files(home: Path) -> None:
    first = lifecycle.start()
    stack = stacks.tutorial(first)
    stacks.up(stack)
    before = {key: resource.read() for key, resource in stack.resources.items()}
    assert lifecycle.stop()
    assert not (files.temp_folder(home)).exists()
    assert not [file for file in (home / "state").rglob("*") if file.stat().st_mode & 0o077]
    assert lifecycle.find() is None
    assert not lifecycle.stop()
    second = lifecycle.start()
    assert (second.port, second.pid != first.pid) == (first.port, True)
    assert {key: resource.read() for key, resource in stacks.tutorial(second).resources.items()} == before


def test_the_files_of_a_killed_engine_do_not_count(home: Path) -> None:
    engine = lifecycle.start()
    os.kill(engine.pid, signal.SIGKILL)
    wait_until_gone()
    with socket.socket() as other:  # another program has the port by now
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", engine.port))
        other.listen()
        assert lifecycle.find() is None
        with pytest.raises(TargetError, match="not running"):
            lifecycle.require()
        notes: list[str] = []
        assert lifecycle.start(notes.append).port != engine.port
        assert f"because port {engine.port} is taken" in notes[-1]


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"pid": "x", "port": 1}',
        '{"pid": 1}',
        '{"pid": 1, "port": 99999999}',
        "[" * 100_000,
        '{"pid": 1, "port": Infinity}',
        '{"pid": 1, "port": 1e400}',
        '{"pid": 1, "port": 5, "access_key": null}',
        '{"pid": 1, "port": 5, "access_key": "test", "secret_key": "test"}',
        "\x00",
        "\udcff",
    ],
)
def test_an_invalid_record_does_no_harm(home: Path, content: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "engine.json").write_text(content, errors="surrogateescape")
    assert lifecycle.find() is None
    engine = lifecycle.start()
    assert len(engine.secret_key) == 40
    (home / "engine.json").write_text(content, errors="surrogateescape")
    monkeypatch.setattr(lifecycle, "RESPOND_WITHIN", 0)
    with pytest.raises(TargetError, match=r"engine\.json, which has its port, cannot be read"):
        lifecycle.require()
    files.write_record(home, files.Record(engine.pid, engine.port, engine.access_key, engine.secret_key))


def test_an_engine_that_does_not_start_is_an_error(home: Path) -> None:
    (home / "state").write_text("not a directory")
    (home / "engine.json").mkdir()
    with pytest.raises(TargetError, match="did not start"):
        lifecycle.start()


def test_an_engine_that_cannot_save_keeps_running(home: Path, advent: Run) -> None:
    stack = stacks.tutorial(lifecycle.start())
    stacks.up(stack)
    word = {"word": {"S": "kept"}, "count": {"N": "7"}}
    stack.aws.client("dynamodb").put_item(TableName=stack.table.name, Item=word)
    obstacle = home / "state" / "dynamodb.json.tmp"  # where MiniStack writes first; it fails as on a full disk
    obstacle.mkdir(parents=True)
    for _ in range(2):
        stopped = advent("local", "stop", code=1)
        assert "could not save its state, and is still running" in stopped.stderr
        assert "dynamodb" in stopped.stderr
        assert dict(counts.scan(stack.table)) == {"kept": 7}
    obstacle.rmdir()
    assert advent("local", "stop").stderr == "stopped\n"
    assert advent("local", "start").stderr == ""
    assert dict(counts.scan(stack.table)) == {"kept": 7}


def test_it_keeps_its_port_while_it_saves(home: Path) -> None:
    """A program that got the port would pass for the engine, and the engine could not continue after a failed save."""
    engine = lifecycle.start()
    stack = stacks.tutorial(engine)
    stacks.up(stack)
    (home / "state" / "dynamodb.json.tmp").mkdir(parents=True)
    taken, ended = [], threading.Event()

    def take() -> None:
        while not ended.is_set():
            with socket.socket() as other, contextlib.suppress(OSError):
                other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                other.bind(("127.0.0.1", engine.port))
                other.listen()
                taken.append(other.getsockname())

    taker = threading.Thread(target=take)
    taker.start()
    try:
        with pytest.raises(AdventError, match="could not save"):
            lifecycle.stop()
    finally:
        ended.set()
        taker.join()
    assert taken == []
    assert lifecycle.find() == engine
    assert dict(counts.scan(stack.table)) == {}
    (home / "state" / "dynamodb.json.tmp").rmdir()


def test_an_engine_killed_while_it_saves_is_an_error(home: Path, advent: Run) -> None:
    engine = lifecycle.start()
    stacks.up(stacks.tutorial(engine))
    (home / "state").mkdir(exist_ok=True)
    os.mkfifo(home / "state" / "dynamodb.json.tmp")  # on which it blocks when it saves
    with subprocess.Popen([ADVENT, "local", "stop"], stderr=subprocess.PIPE, text=True) as stopping:
        while not files.saved_files(home):  # it saves the services one after another
            time.sleep(0.01)
        os.kill(engine.pid, signal.SIGKILL)
        assert stopping.stderr
        assert "stopped without saving" in stopping.stderr.read()
    assert stopping.returncode == 1


def test_messages_in_progress_are_counted_before_it_stops(home: Path) -> None:
    stack = stacks.tutorial(lifecycle.start())
    stacks.up(stack)
    webhook = post.webhook(stack)
    webhook.say("warm", Waiter())
    with ThreadPoolExecutor(8) as pool:
        replies = [pool.submit(webhook.say, "awsadvent", Waiter()) for _ in range(16)]
        while not replies[0].done():
            time.sleep(0.01)
        assert lifecycle.stop()
    counted = sum(1 for reply in replies if reply.exception() is None)
    stack = stacks.tutorial(lifecycle.start())
    assert counts.of(stack.table, ["awsadvent"]) == {"awsadvent": 11 * counted}


def test_another_program_at_its_port_does_not_pass_for_it(home: Path) -> None:
    """A program that responds as an engine would, but does not know its secret."""
    engine = lifecycle.start()
    with proxies.running(engine) as impostor:
        impostor.meet = lambda _, handler, __: handler.answer(200, {}, b'{"proof": "x", "tries": 0}')
        assert probe.handshake(replace(engine, port=impostor.port)) is None
        impostor.meet = proxies.passing
        assert probe.handshake(replace(engine, port=impostor.port)) == {"proof": ANY, "tries": 0, "problem": ""}
        assert probe.handshake(replace(engine, secret_key="another")) is None


def test_a_client_that_does_not_read_cannot_keep_it_from_stopping(home: Path) -> None:
    engine = lifecycle.start()
    stacks.up(stacks.tutorial(engine))
    with socket.socket() as stuck:
        stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        stuck.connect(("127.0.0.1", engine.port))
        stuck.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            for _ in range(2000):
                stuck.send(b"GET /_ministack/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with socket.create_connection(("127.0.0.1", engine.port)) as half:
            half.sendall(b"POST /_aws/execute-api/x/y HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\nabc")
            assert lifecycle.stop()


def test_without_its_lock_file_it_is_still_found(home: Path) -> None:
    engine = lifecycle.start()
    (home / "running.lock").unlink()
    assert lifecycle.start() == engine
    os.kill(engine.pid, signal.SIGKILL)  # without the lock, `stop` cannot tell when it has ended


def test_unsaved_state_is_reported_once(home: Path, advent: Run) -> None:
    os.kill(lifecycle.start().pid, signal.SIGKILL)
    wait_until_gone()
    assert "stopped without saving: it never saved its state" in advent("local", "start").stderr
    stacks.up(stacks.tutorial(lifecycle.require()))
    assert lifecycle.stop()
    at = time.strftime("%Y-%m-%d %H:%M", time.localtime((home / "state" / "dynamodb.json").stat().st_mtime))
    os.kill(lifecycle.start().pid, signal.SIGKILL)
    wait_until_gone()
    warning = f"the local engine stopped without saving: its state is that of {at}\n"
    assert advent("plan", "--json").stderr.startswith(warning)
    assert "saving" not in advent("up").stderr
    assert lifecycle.stop()
    assert advent("local", "start").stderr == ""


def wait_until_gone() -> None:
    while probe.is_alive():
        time.sleep(0.01)


def test_a_slow_engine_is_waited_for_and_not_replaced(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = lifecycle.start()
    log, inode = files.log_file().read_bytes(), (files.temp_folder(home)).stat().st_ino
    os.kill(engine.pid, signal.SIGSTOP)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(lifecycle, "RESPOND_WITHIN", 0)
            for find in (lifecycle.start, lifecycle.require, lifecycle.find):
                with pytest.raises(TargetError, match="does not respond: its process is running"):
                    find()
        up = subprocess.Popen([ADVENT, "up"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert up.stderr
        assert up.stderr.readline() == "waiting for the local engine, which is running but does not respond yet\n"
    finally:
        os.kill(engine.pid, signal.SIGCONT)
    up.communicate()
    assert up.returncode == 0
    assert lifecycle.find() == engine
    assert files.log_file().read_bytes().startswith(log)
    assert (files.temp_folder(home)).stat().st_ino == inode


@pytest.mark.parametrize("words", [["up"], ["say", "--no-wait", "x"]], ids=lambda words: words[0])
def test_an_engine_that_ends_during_a_command_is_the_error(home: Path, words: list[str]) -> None:
    engine = lifecycle.start()
    if words[0] == "say":
        stacks.up(stacks.tutorial(engine))
    command = subprocess.Popen([ADVENT, "-v", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert command.stderr
    while "iam:CreateRole" not in (line := command.stderr.readline()) and "apigateway:GetApis" not in line:
        assert line
    os.kill(engine.pid, signal.SIGKILL)
    _, stderr = command.communicate()
    assert command.returncode == 3
    assert stderr.count("the local engine stopped while it was in use") == 1
    assert "see why with `advent local logs`" in stderr
    assert "cannot be reached" not in stderr


def test_it_enforces_iam(running_engine: lifecycle.Engine) -> None:
    with urllib.request.urlopen(f"{running_engine.url}/_ministack/health") as answer:
        assert json.load(answer)["auth"] == "enabled"


def test_the_users_aws_settings_do_not_reach_the_functions(home: Path) -> None:
    own = {
        "PATH": "/bin",
        "AWS_PROFILE": "mine",
        "AWS_ENDPOINT_URL": "http://elsewhere",
        "HTTPS_PROXY": "http://proxy",
    }
    inherited = engine_process.environment(own, Path())
    assert "PATH" in inherited
    assert not inherited.keys() & {"AWS_PROFILE", "AWS_ENDPOINT_URL", "HTTPS_PROXY"}


def test_a_burst_waits_and_no_message_is_lost(engine: lifecycle.Engine) -> None:
    """More concurrent messages than functions may run: none is rejected, and memory stays bounded."""
    from advent_cli.aws.retry import Waiter
    from advent_cli.messages import post, slack_post
    from advent_cli.words import counts

    def post_until_accepted(url: str, message: slack_post.SlackRequest, tries: int = 20) -> None:
        """Post it, again after a 503: on a busy machine the function may not read its secret in time."""
        try:
            post.post(url, message, Waiter())
        except AdventError as error:
            if "503" not in error.what or tries == 1:
                raise
            post_until_accepted(url, message, tries - 1)

    stack = stacks.tutorial(engine)
    stacks.up(stack)
    url = stack.url
    assert url
    with ThreadPoolExecutor(20) as pool:
        requests = [slack_post.build_request("burst", stacks.TUTORIAL.slack, None) for _ in range(30)]
        list(pool.map(lambda request: post_until_accepted(url, request), requests))
    Waiter().until(
        lambda: counts.of(stack.table, ["burst"]) == {"burst": 30 * 11}, "all of it to be counted", within=120
    )
    most = MAX_WORKERS + MAX_IDLE_WORKERS
    Waiter().until(lambda: 1 <= len(workers(engine)) <= most, "those that are ending to be gone", within=30)


def test_only_some_idle_functions_stay_in_memory(engine: lifecycle.Engine) -> None:
    aws = stacks.tutorial(engine).aws
    client = aws.client("lambda")
    role = aws.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("it.py", "def handler(event, context):\n    return 'done'\n")
    for number in range(MAX_IDLE_WORKERS + 4):
        name, settings = f"f{number}", {"Runtime": "python3.13", "Handler": "it.handler", "Role": role}
        client.create_function(FunctionName=name, **settings, Code={"ZipFile": code.getvalue()})
        assert client.invoke(FunctionName=name)["Payload"].read() == b'"done"'
    assert 1 <= len(workers(engine)) <= MAX_IDLE_WORKERS + 1  # including the last one


def workers(engine: lifecycle.Engine) -> list[str]:
    """The ids of the functions' processes."""
    return subprocess.run(["pgrep", "-P", str(engine.pid)], capture_output=True, text=True).stdout.split()


def test_the_local_commands(advent: Run, home: Path) -> None:
    stopped = advent("local", "status", code=3)
    assert "not running" in stopped.stderr
    assert "advent local start" in stopped.stderr
    url = advent("local", "start").stdout.strip()
    assert url in advent("local", "status").stdout
    exports = advent("local", "env", "--help").stdout and advent("--region", "eu-west-1", "local", "env").stdout
    assert f"export AWS_ENDPOINT_URL={url}\n" in exports
    assert "export AWS_REGION=eu-west-1\n" in exports
    assert "Ready" in advent("local", "logs").stdout
    assert len(advent("local", "logs", "-n", "2").stdout.splitlines()) == 2
    assert "stopped" in advent("local", "stop").stderr
    assert "not running" in advent("local", "stop").stderr


@pytest.mark.parametrize("options", ["--target aws", "--config aws.yaml", "--config quoted.yaml"])
def test_no_engine_starts_for_the_aws_target(advent: Run, home: Path, tmp_path: Path, options: str) -> None:
    text = (stacks.ROOT / "config.yaml").read_text()
    assert "\ntarget: local " in text
    (tmp_path / "handlers").symlink_to(stacks.ROOT / "handlers")
    (tmp_path / "aws.yaml").write_text(text.replace("\ntarget: local ", "\ntarget: aws "))
    (tmp_path / "quoted.yaml").write_text(text.replace("\ntarget: local ", "\n'target':\n  aws "))
    without = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "none", "AWS_SHARED_CREDENTIALS_FILE": "none"}
    refused = advent(*options.split(), "--region", "eu-west-1", "plan", code=3, **without)
    assert "credentials" in refused.stderr
    assert not lifecycle.log_file().exists()


def test_a_config_from_a_pipe_is_read_once(advent: Run, running_engine: lifecycle.Engine) -> None:
    text = (stacks.ROOT / "config.yaml").read_text()
    text = text.replace("\nhandlers: handlers ", f"\nhandlers: {stacks.ROOT / 'handlers'} ")
    advent("--config", "/dev/stdin", "plan", stdin=text)


def test_a_mistake_in_the_file_is_an_error_while_the_engine_starts(advent: Run, home: Path, tmp_path: Path) -> None:
    text = (stacks.ROOT / "config.yaml").read_text()
    (tmp_path / "config.yaml").write_text(text + "tpyo: 1\n")
    assert "tpyo" in advent("up", code=2).stderr
    (tmp_path / "config.yaml").unlink()
    assert "26 created in" in advent("up").stderr


def test_it_starts_where_advent_is_found_by_pythonpath(home: Path, tmp_path: Path) -> None:
    """As after `pip install --target`, and with a relative path, although the engine has another current directory."""
    python = Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}")
    os.symlink(stacks.ROOT, tmp_path / "checkout")
    packages = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(["checkout", *packages])}

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        command: list[str | Path] = [python, "-m", "advent_cli", *words]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done

    run("up")
    assert run("say", "--no-wait", "awsadvent").stdout == "awsadvent = 1\n"
    run("local", "stop")
