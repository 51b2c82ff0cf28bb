"""NO_COLOR takes away colour and nothing else; a dumb terminal gets neither colour nor movement."""

import re
from pathlib import Path

import pytest

from advent_cli.local.lifecycle import Engine
from advent_cli.stack.build import Stack
from tests.conftest import ADVENT
from tests.support.screen import Terminal

STYLE, ESCAPE = re.compile(r"\x1b\[([0-9;]*)m"), re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
HIDES_CURSOR = "\x1b[?25l"
DRAWS_AGAIN = "\x1b[1A\x1b[2K"  # rows, in place of what was there


def colours(written: str) -> list[str]:
    """The codes of colours among the styles."""
    return [code for found in STYLE.findall(written) for code in found.split(";") if re.fullmatch("(3|4|9|10).", code)]


def too_long(written: str, columns: int) -> list[str]:
    """The lines that the program left for the terminal to break; an URL stays whole."""
    lines = re.split(r"[\r\n]+", ESCAPE.sub("", written))
    return [line for line in lines if len(line) > columns and "http://" not in line]


def test_up_moves_and_wraps_without_colour(engine: Engine, tmp_path: Path) -> None:
    with Terminal([ADVENT, "up"], tmp_path, (80, 40), NO_COLOR="1") as terminal:
        assert terminal.ended() == 0
    assert colours(terminal.written) == too_long(terminal.written, 80) == []
    assert HIDES_CURSOR in terminal.written
    assert "inspecting the stack" in terminal.written
    assert DRAWS_AGAIN in terminal.written


@pytest.mark.parametrize("words", ["status", "doctor", "say awsadvent some words"])
def test_other_commands_move_and_wrap_without_colour(deployed: Stack, tmp_path: Path, words: str) -> None:
    for columns in (80, 60):
        with Terminal([ADVENT, *words.split()], tmp_path, (columns, 60), NO_COLOR="1") as terminal:
            assert terminal.ended() == 0
        assert colours(terminal.written) == too_long(terminal.written, columns) == []
        assert HIDES_CURSOR in terminal.written
    with Terminal([ADVENT, *words.split()], tmp_path, (80, 60)) as terminal:
        assert terminal.ended() == 0
    assert colours(terminal.written) != []


def test_a_dumb_terminal_gets_plain_lines(deployed: Stack, tmp_path: Path) -> None:
    for words in ("doctor", "say awsadvent some words"):
        with Terminal([ADVENT, *words.split()], tmp_path, (80, 60), TERM="dumb") as terminal:
            assert terminal.ended() == 0
        assert "\x1b" not in terminal.written
