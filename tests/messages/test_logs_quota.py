"""Reading logs on AWS: never more often than CloudWatch Logs allows, and no line is lost for that."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from advent_cli.aws.connect import connect
from advent_cli.aws.retry import Waiter
from advent_cli.local.lifecycle import Engine
from advent_cli.messages import log_reader
from advent_cli.messages.log_turns import Turns
from advent_cli.messages.trace import LONGEST
from advent_cli.stack.build import Stack
from tests.conftest import ADVENT, Run
from tests.messages.test_log_reader import NAMES, write
from tests.support import proxy as proxies
from tests.support import stacks
from tests.support.logs_quota import READ_LOGS, LogsQuota
from tests.support.proxy import Proxy, throttle
from tests.support.stacks import ROOT, TUTORIAL

CONSUMERS = 7
MANY = """
stack: many
prefix: many-
table: {name: table, key: word}
topics: [topic]
api: {name: api}
slack: {trigger_word: awsadvent, bot_name: bot}
functions:
  front: {handler: app.handler, routes: POST /words, table: read-write, publishes: topic}
""" + "".join(f"  logger{number}: {{handler: sns_logger.handler, subscribes: topic}}\n" for number in range(CONSUMERS))


@pytest.fixture
def proxy(running_engine: Engine, deployed: Stack) -> Iterator[Proxy]:
    with proxies.running(running_engine) as proxy:
        yield proxy


def on_aws(proxy: Proxy) -> dict[str, str]:
    """The variables with which a command takes the proxy for AWS."""
    return {**proxy.engine.environment(None), "AWS_ENDPOINT_URL": proxy.endpoint.url}


def test_a_trace_stays_within_the_limit_and_is_complete(proxy: Proxy, advent: Run) -> None:
    quota = LogsQuota(late=2)
    proxy.meet = quota.meet
    shown = json.loads(advent("--target", "aws", "say", "--json", "--trace", "awsadvent", **on_aws(proxy)).stdout)
    assert [hop["state"] for hop in (shown["way"], *shown["way"]["hops"])] == ["done"] * 3
    assert quota.refused == 0
    assert min(quota.reads.values()) > quota.late


@pytest.fixture
def many(advent: Run, tmp_path: Path) -> Iterator[None]:
    """More functions than AWS lets anybody read in a second, up."""
    (tmp_path / "config.yaml").write_text(MANY)
    shutil.copytree(ROOT / "handlers", tmp_path / "handlers")
    advent("up")
    yield
    advent("down", "--yes")


@pytest.mark.usefixtures("many")
def test_so_does_a_trace_of_many_functions(proxy: Proxy, advent: Run) -> None:
    quota = LogsQuota(late=1)
    proxy.meet = quota.meet
    shown = json.loads(advent("--target", "aws", "say", "--json", "--trace", "awsadvent", **on_aws(proxy)).stdout)
    assert [hop["state"] for hop in (shown["way"], *shown["way"]["hops"])] == ["done"] * (1 + CONSUMERS)
    assert quota.refused == 0


@pytest.mark.usefixtures("many")
def test_logs_and_an_audit_stay_within_the_limit(proxy: Proxy, advent: Run) -> None:
    advent("say", "--trace", "awsadvent here")
    quota = LogsQuota()
    proxy.meet = quota.meet
    lines = advent("--target", "aws", "logs", **on_aws(proxy)).stdout
    assert len({line.split()[1] for line in lines.splitlines() if " here" in line}) == CONSUMERS
    assert quota.refused == 0
    proxy.meet = (quota := LogsQuota()).meet
    audit = advent("--target", "aws", "audit", **on_aws(proxy)).stdout
    assert audit == f"1 message, {CONSUMERS} subscribers: {CONSUMERS} of {CONSUMERS} delivered, 0 lost\n"
    assert quota.refused == 0


@pytest.mark.usefixtures("many")
def test_following_logs_stays_within_the_limit(proxy: Proxy, advent: Run, tmp_path: Path) -> None:
    quota, file = LogsQuota(late=1), tmp_path / "lines.txt"
    proxy.meet = quota.meet
    environment = {**os.environ, **on_aws(proxy)}
    with file.open("w") as out:
        process = subprocess.Popen([ADVENT, "--target", "aws", "logs", "-f"], stdout=out, cwd=tmp_path, env=environment)
        try:
            rounds(quota, 2)
            advent("say", "--no-wait", "awsadvent steadily")
            Waiter().until(lambda: file.read_text().count("steadily") == CONSUMERS, "waiting for the lines", within=60)
            rounds(quota, max(quota.reads.values()) + 1)
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=30) == 0
        finally:
            process.kill()
            process.wait()
    assert file.read_text().count("steadily") == CONSUMERS
    assert quota.refused == 0


def rounds(quota: LogsQuota, number: int) -> None:
    """Wait until each log has been read so often."""
    Waiter().until(
        lambda: len(quota.reads) == 1 + CONSUMERS and min(quota.reads.values()) >= number,
        "waiting for reads",
        within=60,
    )


def test_what_aws_refuses_is_read_again_and_is_no_empty_log(proxy: Proxy, deployed: Stack, advent: Run) -> None:
    write(deployed, "sns_logger", (time.time() - 5, "in spite of it"))
    proxy.script = {READ_LOGS: [throttle] * 3}  # others use up the limit
    assert "in spite of it" in advent("--target", "aws", "logs", "sns_logger", **on_aws(proxy)).stdout


def test_following_goes_on_after_a_long_refusal(proxy: Proxy, deployed: Stack) -> None:
    aws, said = connect(TUTORIAL.stack, endpoint=proxy.endpoint), list[str]()
    aws.attempts = 1  # botocore retries nothing, as if it had done so in vain
    now = time.time()
    write(deployed, "sns_logger", (now, "before"))
    lines = log_reader.follow(aws, ["sns_logger"], now - 1, lambda _: None, said.append)
    assert next(lines).text == "before"
    write(deployed, "sns_logger", (now + 1, "after"))
    proxy.script = {READ_LOGS: [throttle] * 2}
    assert next(lines).text == "after"
    assert said == [log_reader.BUSY] * 2


def test_a_line_that_comes_while_others_are_read_is_not_lost(deployed: Stack) -> None:
    now = time.time() + 100  # after all that other tests write
    late = (now - log_reader.LAG - 1, "written while the round of many functions went on")
    write(deployed, "aws_advent", (now, "newest"))
    after_rounds: list[Callable[[], None]] = [lambda: write(deployed, "sns_logger", late), *[lambda: None] * 3]
    lines = log_reader.follow(deployed.aws, NAMES, now - 60, lambda _: after_rounds.pop(0)())
    assert [next(lines).text, next(lines).text] == ["newest", late[1]]  # pop() fails if it never comes


class Clock:
    """Seconds that pass when the test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_thirty_functions_take_turns_and_each_has_a_last_one() -> None:
    clock, waiting = Clock(), [f"f{number}" for number in range(30)]
    turns = Turns(stacks.without_calls().aws, clock)
    read = []
    while clock.now < 60 and not all(turns.had_turn(name, LONGEST) for name in waiting):
        read += turns.take(waiting)
        clock.now += 1
    assert read[:60] == waiting * 2
    assert clock.now <= LONGEST + 6 + 1  # a round takes six seconds


def test_few_functions_leave_something_of_the_limit_to_others() -> None:
    clock = Clock()
    turns, read = Turns(stacks.without_calls().aws, clock), []
    for _ in range(100):
        read += turns.take(["a", "b", "b", "c"])
        clock.now += 0.1
    assert 24 <= len(read) <= 3 * 14
    assert turns.take(["new", "a"])[0] == "new"


def test_the_local_engine_is_read_without_a_pause(deployed: Stack) -> None:
    turns = Turns(deployed.aws, Clock())
    assert [turns.take(NAMES) for _ in range(3)] == [NAMES] * 3
