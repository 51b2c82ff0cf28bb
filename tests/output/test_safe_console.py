"""Text from outside cannot control the terminal, wherever it is shown."""

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
from rich.style import Style
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from advent_cli.local.lifecycle import Engine
from advent_cli.output import control_characters, terminal
from advent_cli.stack.build import Stack
from tests.conftest import ADVENT, Run
from tests.support import proxy as proxies
from tests.support import stacks
from tests.support.proxy import Handler, pass_on, refusing
from tests.support.screen import Terminal

OSC_52, CSI, C1, RTL = "\x1b]52;c;cm0gLXJm\x07", "\x1b[2J\x1b[1;1H", "\x9b2J\x9d52;c;eA==\x9c", "\u202e"
HOSTILE = f"a{OSC_52}b{CSI}c{C1}d{RTL}e\rf\x08g"
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
RICH = re.compile(  # colours, the cursor, redrawn lines, and links
    r"\x1b\[[0-9;]*m|\x1b\[\?25[hl]|\x1b\[[0-9]*[AGK]|\x1b\[2K|\x1b\]8;(?:id=[0-9]+)?;[ -~]*\x1b\\"
)


def controls(written: str) -> list[str]:
    """The control characters in the text, except those that rich draws with."""
    return CONTROL.findall(RICH.sub("", written).replace("\r\n", "\n").replace("\r", ""))


TEXTS = st.text(st.one_of(st.characters(), st.sampled_from("\x1b\x9b\x9d\x07\r\x08]52;[2J")), max_size=30)
RENDERABLES: dict[str, Callable[[str], RenderableType]] = {
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


@pytest.mark.parametrize("kind", RENDERABLES)
@given(TEXTS)
def test_drawn_text_has_no_control_characters(kind: str, text: str) -> None:
    console = terminal.SafeConsole(file=io.StringIO(), force_terminal=True, width=40, highlight=False)
    console.print(RENDERABLES[kind](text))
    written: str = console.file.getvalue()  # type: ignore[attr-defined]
    assert controls(written) == []


@given(TEXTS)
def test_a_link_has_no_control_characters(target: str) -> None:
    console = terminal.SafeConsole(file=io.StringIO(), force_terminal=True, color_system="standard", width=40)
    console.print(Text("here", Style(link=target)))
    written: str = console.file.getvalue()  # type: ignore[attr-defined]
    assert controls(written) == []
    assert "here" in written
    assert (f";{target}\x1b" in written) is (target.isascii() and target.isprintable() and bool(target))


@given(TEXTS)
def test_escaped_text_has_no_control_characters(text: str) -> None:
    assert controls(control_characters.escape_lines(text)) == []
    assert "\n" not in control_characters.escape_controls(text)


def test_harmless_text_is_unchanged() -> None:
    plain = "Grüße, 你好 👩‍👩‍👧 [bold]x[/bold] a\tb"
    console = terminal.SafeConsole(file=io.StringIO(), force_terminal=False, width=80)
    console.print(Text(plain))
    assert console.file.getvalue().rstrip() == plain.expandtabs()  # type: ignore[attr-defined]


def test_a_bare_console_fails_the_check() -> None:
    console = Console(file=io.StringIO(), force_terminal=True)
    console.print(Text(HOSTILE))
    assert controls(console.file.getvalue())  # type: ignore[attr-defined]


@pytest.fixture
def hostile(engine: Engine) -> Engine:
    """The tutorial's stack, with hostile text wherever others can put it."""
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


COMMANDS = (
    "-v status", "plan", "plan --explain", "diagram", "logs", "replay", "slack", "slack check",
    f"say --trace {HOSTILE}", f"logs {HOSTILE}", f"--region {HOSTILE} plan", f"up --adopt {HOSTILE}",
    f"--config {HOSTILE} plan", f"{HOSTILE}", f"secret --remove {HOSTILE}", f"new app {HOSTILE}", "up --yes",
)  # fmt: skip


def test_no_command_writes_control_characters(hostile: Engine, tmp_path: Path) -> None:
    for words in COMMANDS:
        with Terminal([ADVENT, *words.split(" ")], tmp_path, (100, 40)) as screen:
            screen.ended()
        assert screen.written, words
        assert controls(screen.written) == [], (words, screen.written)


def test_no_aws_error_writes_control_characters(deployed: Stack, running_engine: Engine, tmp_path: Path) -> None:
    """From the first call on, which asks who the caller is, or from the second."""
    refuse = refusing(400, "ValidationException", HOSTILE)

    def meet(name: str, handler: Handler, body: bytes) -> None:
        known = words in ("up --yes", "logs", "doctor") and name == "sts:GetCallerIdentity"
        (pass_on if known else refuse)(handler, body)

    with proxies.running(running_engine) as proxy:
        proxy.meet = meet
        keys = {**running_engine.environment(None), "AWS_ENDPOINT_URL": proxy.endpoint.url, "ADVENT_TARGET": "aws"}
        for words in ("plan", "up --yes", "logs", "doctor", "say x"):
            with Terminal([ADVENT, *words.split()], tmp_path, (100, 40), **keys) as screen:
                screen.ended()
            assert screen.written, words
            assert controls(screen.written) == [], (words, screen.written)


@pytest.mark.parametrize("setting", ["bot_name", "trigger_word", "environment"])
def test_settings_with_control_characters_are_rejected(advent: Run, tmp_path: Path, setting: str) -> None:
    settings: dict[str, Any] = {
        "bot_name": 'slack: {trigger_word: x, bot_name: "a\\e]52;c;eA==\\a"}',
        "trigger_word": 'slack: {bot_name: x, trigger_word: "a\\x9b2J"}',
        "environment": 'functions: {one: {environment: {A: "a\\e[2J"}}}',
    }
    (tmp_path / "config.yaml").write_text(f"stack: own\n{settings[setting]}\n")
    done = advent("plan", code=2)
    assert setting in done.stderr
    assert controls(done.stderr) == []
