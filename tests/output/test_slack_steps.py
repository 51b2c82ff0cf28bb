"""The link that creates the Slack app: one to click on a terminal, elsewhere one to copy."""

import io
import re
from pathlib import Path

import pytest

from advent_cli.config.schema import Slack
from advent_cli.messages.slack_setup import NEW_APP, creation_link, manifest, setup_steps
from advent_cli.output import slack_steps, terminal
from tests.conftest import ADVENT, Run
from tests.support.screen import Terminal

TARGETS = re.compile(r"\x1b\]8;[^;]*;([^\x1b\x07]+)(?:\x1b\\|\x07)")  # of links that a terminal opens
LINK = creation_link(manifest(None, Slack("awsadvent", "awsadvent-bot")))


@pytest.mark.parametrize("env", [{}, {"NO_COLOR": "1"}])
def test_a_terminal_gets_a_link_to_click(tmp_path: Path, env: dict[str, str]) -> None:
    with Terminal([ADVENT, "slack"], tmp_path, (60, 40), **env) as screen:
        assert screen.ended() == 0
    assert TARGETS.findall(screen.written) == [LINK]
    shown = re.sub(r"\x1b\[[0-9;]*m", "", TARGETS.sub("", screen.written)).replace("\x1b]8;;\x1b\\", "")
    assert "\x1b" not in shown
    assert [line.strip() for line in shown.splitlines() if "https://" in line] == [NEW_APP]
    assert max(map(len, shown.splitlines())) <= 60


@pytest.mark.parametrize("kind", ["dumb", "unknown"])
def test_a_terminal_without_links_gets_it_in_full(tmp_path: Path, kind: str) -> None:
    with Terminal([ADVENT, "slack"], tmp_path, (60, 40), TERM=kind) as screen:
        assert screen.ended() == 0
    assert "\x1b" not in screen.written
    assert LINK in map(str.strip, screen.written.splitlines())


def test_a_pipe_gets_it_in_full(advent: Run) -> None:
    printed = advent("slack").stdout
    assert "\x1b" not in printed
    assert LINK in map(str.strip, printed.splitlines())


@pytest.mark.parametrize(
    "hostile",
    ["[link=https://evil.example]x[/link]", "[link=evil:x]x[/link]", "https://evil.example", "\x1b]8;;evil\x1b\\x"],
)
def test_no_setting_adds_a_link(hostile: str) -> None:
    console = terminal.SafeConsole(file=io.StringIO(), force_terminal=True, color_system="standard", width=60)
    settings = Slack(hostile, hostile)
    slack_steps.show(console, setup_steps("https://x.example/p", settings))
    written: str = console.file.getvalue()  # type: ignore[attr-defined]
    assert TARGETS.findall(written) == [creation_link(manifest("https://x.example/p", settings))]
    assert hostile.replace("\x1b", "\\x1b") in written  # as text
