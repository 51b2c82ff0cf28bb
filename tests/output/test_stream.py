"""A reader that leaves early, a full disk and closed streams: the work is done, and the exit code tells the truth."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from advent_cli.local.lifecycle import Engine
from tests.conftest import ADVENT, Run
from tests.support import stacks

READING = [
    "--help",
    "--version",
    "plan",
    "status",
    "diagram",
    "logs --follow",
    "list",
    "doctor",
    "policy",
    "plan --json",
]


@contextmanager
def without_reader() -> Iterator[int]:
    """The end of a pipe whose reader has gone."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


@pytest.mark.parametrize("words", READING)
def test_a_reader_of_results_that_leaves_ends_the_command_well(engine: Engine, advent: Run, words: str) -> None:
    stacks.up(stacks.tutorial(engine))
    if "logs" in words:
        advent("say", "awsadvent")
    with without_reader() as gone:
        done = subprocess.run([ADVENT, *words.split()], stdout=gone, stderr=subprocess.PIPE, text=True, timeout=60)
        assert (done.returncode, [line for line in done.stderr.splitlines() if "following" not in line]) == (0, [])
        both = subprocess.run([ADVENT, *words.split()], stdout=gone, stderr=gone, timeout=60)
        assert both.returncode == 0


@pytest.mark.parametrize("mode", ["", "--json", "--events"])
def test_up_and_down_do_their_work_though_nobody_reads(engine: Engine, mode: str) -> None:
    stack = stacks.tutorial(engine)
    for words in (["up"], ["down", "--yes"]):
        with without_reader() as gone:
            done = subprocess.run([ADVENT, *words, *mode.split()], stdout=gone, stderr=gone, timeout=120)
        assert done.returncode == 0
        exist = {resource.read() is not None for resource in stack.resources.values()}
        assert exist == {words == ["up"]}


def test_a_full_disk_behind_stderr_does_not_stop_the_work(engine: Engine) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run([ADVENT, "up"], stdout=subprocess.PIPE, stderr=full, text=True)
    assert (done.returncode, done.stdout.startswith("http")) == (0, True)
    assert {resource.read() == resource.want() for resource in stacks.tutorial(engine).resources.values()} == {True}


@pytest.mark.parametrize("words", ["plan", "plan --json", "up --events", "--help", "diagram"])
def test_results_that_cannot_be_written_are_an_error(engine: Engine, words: str) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run([ADVENT, *words.split()], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr.count("error: cannot write the output: No space left on device\n") == 1
    assert "Traceback" not in done.stderr
    if words.startswith("up"):
        assert {resource.read() == resource.want() for resource in stacks.tutorial(engine).resources.values()} == {True}
