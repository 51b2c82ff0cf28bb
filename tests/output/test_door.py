"""Words of other people cannot steer a terminal, wherever they are shown."""

import io
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from advent_cli.local.lifecycle import Engine
from advent_cli.output import stream, terminal
from tests.conftest import ADVENT, Run
from tests.support import proxy as proxies
from tests.support import stacks
from tests.support.proxy import refusing
from tests.support.screen import Terminal

OSC_52, CSI, C1, RTL = "\x1b]52;c;cm0gLXJm\x07", "\x1b[2J\x1b[1;1H", "\x9b2J\x9d52;c;eA==\x9c", "\u202e"
HOSTILE = f"a{OSC_52}b{CSI}c{C1}d{RTL}e\rf\x08g"
HARMFUL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
OURS = re.compile(r"\x1b\[[0-9;]*m|\x1b\[\?25[hl]|\x1b\[[0-9]*[AGK]|\x1b\[2K")  # colours, the cursor, lines drawn anew


def steers(written: str) -> list[str]:
    """What of the text would steer a terminal, but for what we draw with ourselves."""
    return HARMFUL.findall(OURS.sub("", written).replace("\r\n", "\n").replace("\r", ""))


TEXTS = st.text(st.one_of(st.characters(), st.sampled_from("\x1b\x9b\x9d\x07\r\x08]52;[2J")), max_size=30)
WAYS: dict[str, Callable[[str], RenderableType]] = {
    "a string": lambda text: Text(text),
    "a styled text": lambda text: Text.assemble((text, "bold red"), " ", (text, "dim")),
    "a table": lambda text: _table(text),
    "a tree": lambda text: Tree(Text(text)),
    "a panel": lambda text: Panel(Text(text), title=Text(text)),
    "a group": lambda text: Group(Text(text), Text(text)),
}


def _table(text: str) -> Table:
    table = Table(title=Text(text))
    table.add_row(Text(text), Text("b"))
    return table


@pytest.mark.parametrize("way", WAYS)
@given(TEXTS)
def test_whatever_is_drawn_steers_nothing(way: str, text: str) -> None:
    console = terminal.Door(file=io.StringIO(), force_terminal=True, width=40, highlight=False)
    console.print(WAYS[way](text))
    written: str = console.file.getvalue()  # type: ignore[attr-defined]
    assert steers(written) == []


@given(TEXTS)
def test_whatever_is_written_steers_nothing(text: str) -> None:
    assert steers(stream.harmless_lines(text)) == []
    assert "\n" not in stream.harmless(text)


def test_what_is_harmless_stays_as_it_is() -> None:
    plain = "Grüße, 你好 👩‍👩‍👧 [bold]x[/bold] a\tb"
    console = terminal.Door(file=io.StringIO(), force_terminal=False, width=80)
    console.print(Text(plain))
    assert console.file.getvalue().rstrip() == plain.expandtabs()  # type: ignore[attr-defined]


def test_the_check_itself_sees_what_a_bare_console_lets_through() -> None:
    console = Console(file=io.StringIO(), force_terminal=True)
    console.print(Text(HOSTILE))
    assert steers(console.file.getvalue())  # type: ignore[attr-defined]


@pytest.fixture
def changed(engine: Engine) -> Engine:
    """The tutorial's stack, with all that others can put their words into."""
    stack = stacks.tutorial(engine)
    stacks.up(stack)
    aws = stack.aws
    aws.client("lambda").update_function_configuration(
        FunctionName="sns_multiplier", Environment={"Variables": {"DYNAMO_TABLE": HOSTILE}}
    )
    aws.client("dynamodb").put_item(TableName="table", Item={"word": {"S": HOSTILE}, "count": {"N": "9"}})
    aws.client("sqs").send_message(
        QueueUrl=stack.queue.url, MessageBody=json.dumps({"topic": f"arn:aws:sns:x:1:{HOSTILE}", "message": HOSTILE})
    )
    aws.client("logs").create_log_stream(logGroupName="/aws/lambda/sns_logger", logStreamName="s")
    event = {"timestamp": int(time.time() * 1000), "message": f"ERROR {HOSTILE}"}
    aws.client("logs").put_log_events(logGroupName="/aws/lambda/sns_logger", logStreamName="s", logEvents=[event])
    return engine


SHOWN = (
    "status", "-v status", "plan", "-v plan", "plan --explain", "diagram", "logs", "replay", "doctor", "list",
    "slack", "slack check", f"say --trace {HOSTILE}", f"say --no-wait {HOSTILE}", f"logs {HOSTILE}", "policy up",
    f"--region {HOSTILE} plan", f"--stack {HOSTILE} plan", f"up --adopt {HOSTILE}", f"--config {HOSTILE} plan",
    f"{HOSTILE}", f"secret --remove {HOSTILE}", f"logs --since {HOSTILE}", f"new app {HOSTILE}", "up --yes",
)  # fmt: skip


def test_no_command_shows_what_steers_the_terminal(changed: Engine, tmp_path: Path) -> None:
    for words in SHOWN:
        with Terminal([ADVENT, *words.split(" ")], tmp_path, (100, 40)) as screen:
            screen.ended()
        assert screen.written, words
        assert steers(screen.written) == [], (words, screen.written)


@pytest.mark.parametrize(
    "words", ["plan", "status", "up --yes", "down --yes", "list", "logs", "doctor", "replay", "say x"]
)
def test_no_error_of_aws_steers_the_terminal(engine: Engine, tmp_path: Path, words: str) -> None:
    stacks.up(stacks.tutorial(engine))
    with proxies.running(engine) as proxy:
        refuse = refusing(400, "ValidationException", HOSTILE)
        proxy.meet = lambda _, handler, body: refuse(handler, body)
        environment = {**engine.environment(None), "AWS_ENDPOINT_URL": proxy.endpoint.url, "ADVENT_TARGET": "aws"}
        with Terminal([ADVENT, *words.split()], tmp_path, (100, 40), **environment) as screen:
            screen.ended()
    assert screen.written
    assert steers(screen.written) == [], screen.written


@pytest.mark.parametrize("setting", ["bot_name", "trigger_word", "environment"])
def test_settings_hold_no_control_characters(advent: Run, tmp_path: Path, setting: str) -> None:
    settings: dict[str, Any] = {
        "bot_name": 'slack: {trigger_word: x, bot_name: "a\\e]52;c;eA==\\a"}',
        "trigger_word": 'slack: {bot_name: x, trigger_word: "a\\x9b2J"}',
        "environment": 'functions: {one: {environment: {A: "a\\e[2J"}}}',
    }
    (tmp_path / "config.yaml").write_text(f"stack: own\n{settings[setting]}\n")
    done = advent("plan", code=2)
    assert setting in done.stderr
    assert steers(done.stderr) == []
