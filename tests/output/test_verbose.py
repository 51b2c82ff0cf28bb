"""With -v the calls are printed as they are made, so nothing else on the terminal moves."""

from pathlib import Path

import pytest

from advent_cli.stack.build import Stack
from tests.conftest import ADVENT
from tests.support.screen import Terminal

MOVES = ("\x1b[?25l", "\x1b[2K", "\x1b[1A", "inspecting the stack")


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("-v status", "dynamodb:Scan 200"),
        ("-v plan", "iam:GetRole 200"),
        ("-v up", "iam:GetRole 200"),
        ("-v say awsadvent words", "sns_multiplier"),
        ("-v say --no-trace awsadvent words", "after sns_multiplier: awsadvent = "),
        ("-v say --repeat 2 awsadvent words", "2 posted in "),
    ],
)
def test_no_frames_are_left_between_the_calls(deployed: Stack, tmp_path: Path, words: str, shown: str) -> None:
    with Terminal([ADVENT, *words.split()], tmp_path, (100, 40)) as terminal:
        assert terminal.ended() == 0
    assert shown in terminal.written
    assert [move for move in MOVES if move in terminal.written] == []
    assert terminal.written.count("topic awsadvent") <= 1
