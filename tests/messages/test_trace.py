"""`advent say --trace`: every hop of a message, and why one did not come."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advent_cli.aws.retry import Waiter
from advent_cli.messages.invocations import Run, of_message, runs
from advent_cli.messages.log_reader import Line
from advent_cli.messages.trace import Known, way
from advent_cli.messages.trace_model import State
from advent_cli.stack.build import Stack
from tests.conftest import Run as Advent
from tests.support import stacks
from tests.support.stacks import TUTORIAL
from tests.support.tampering import put_code

ALL_THREE = ["aws_advent", "sns_multiplier", "sns_logger"]


def run_of(request: str, *said: str, stream: str = "one", at: float = 1000.0, report: str = "") -> list[Line]:
    """What Lambda and a function write in one run."""
    ended = report or f"REPORT RequestId: {request}\tDuration: 12.50 ms\tBilled Duration: 13 ms"
    texts = [f"START RequestId: {request} Version: $LATEST", *said, f"END RequestId: {request}", ended]
    return [Line(at + n / 1000, "f", text, f"{request}{n}", stream) for n, text in enumerate(texts)]


def logged(message_id: str, request: str = "1", **fields: object) -> str:
    return json.dumps({"level": "INFO", "message": "done", "request_id": request, "message_id": message_id, **fields})


@given(st.data())
def test_runs_are_told_apart_however_their_streams_are_mixed(data: st.DataObject) -> None:
    each = {s: [line for n in range(3) for line in run_of(f"{s}-{n}", f"{s} {n}", stream=s)] for s in "abc"}
    mixed = []
    while any(each.values()):
        mixed.append(each[data.draw(st.sampled_from([s for s, left in each.items() if left]))].pop(0))
    found = {run.request_id: run for run in runs(mixed)}
    assert {name: run.said for name, run in found.items()} == {
        f"{s}-{n}": (f"{s} {n}",) for s in "abc" for n in range(3)
    }
    assert {run.milliseconds for run in found.values()} == {12.5}


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["[ERROR] KeyError: 'boom'\nTraceback (most recent call last):\n  File x"], "KeyError: 'boom'"),
        (["Traceback (most recent call last):", '  File "x"', "    y", "ValueError: no"], "ValueError: no"),
        (["Traceback (most recent call last):\n  File x\nx.Y: deep"], "x.Y: deep"),
        ([json.dumps({"level": "ERROR", "message": "not announced: X", "request_id": "1"})], "not announced: X"),
        ([json.dumps({"errorMessage": "'boom'", "errorType": "KeyError", "requestId": "1"})], "'boom'"),
        (["[ERROR]\t2026-11-23T10:00:00.000Z\t1\tfrom logging"], "from logging"),
        (["RequestId: 1 Error: Runtime exited with error: exit status 1"], "Runtime exited with error: exit status 1"),
        (["Task timed out after 3.00 seconds"], "Task timed out after 3.00 seconds"),  # as the local engine has it
        (["well", "2026-11-23T10:00:00Z 1 Task timed out after 3.00 seconds"], "Task timed out after 3.00 seconds"),
    ],
)
def test_what_went_wrong_is_told_on_one_line(lines: list[str], told: str) -> None:
    (run,) = runs(run_of("1", *lines))
    assert run.trouble.endswith(told)
    assert "\n" not in run.trouble


def test_a_run_is_known_by_the_ids_that_it_writes_or_else_by_its_time() -> None:
    ours, other = runs(run_of("1", logged("A/0"))), runs(run_of("2", logged("B/0")))
    silent, early = runs(run_of("3", "words", at=1001)), runs(run_of("4", "words", at=900))
    everything: list[Run] = [*early, *other, *silent, *ours]
    assert of_message(everything, {"A"}, 999) == ours
    assert of_message(everything, {"C"}, 999) == silent  # and neither what came before, nor what names another message
    assert of_message([*early, *other], {"C"}, 999) == []


def test_the_way_is_pure_and_tells_what_is_waited_for_what_came_and_what_cannot_come() -> None:
    known = Known("aws_advent", 1000, "A")
    first = way(TUTORIAL, known)
    assert [(hop.function, hop.topic, hop.state) for hop in first.all()] == [
        ("aws_advent", None, State.WAITED_FOR),
        ("sns_multiplier", "awsadvent", State.WAITED_FOR),
        ("sns_logger", "awsadvent", State.WAITED_FOR),
    ]
    known.runs["aws_advent"] = runs(run_of("1", logged("A", published=["P", "Q"])))
    known.runs["sns_logger"] = runs(run_of("2", logged("A/0")))
    known.problems["awsadvent", "sns_multiplier"] = "not subscribed"
    states = {hop.function: hop.state for hop in way(TUTORIAL, known).all()}
    assert states == {"aws_advent": State.DONE, "sns_multiplier": State.MISSING, "sns_logger": State.WAITED_FOR}
    known.runs["sns_logger"] += runs(run_of("3", logged("x", sns="Q")))  # the second part of two
    assert way(TUTORIAL, known).hops[1].state is State.DONE
    known.runs["aws_advent"] = runs(run_of("1", logged("A", published=[])))
    assert {hop.problem for hop in way(TUTORIAL, known).hops} == {"not subscribed", "nothing was published to it"}


def test_all_hops_of_a_message_are_shown(deployed: Stack, advent: Advent) -> None:
    said = advent("say", "--trace", "awsadvent", "a-hop")
    tree = said.stderr
    assert [tree.index(name) for name in ALL_THREE] == sorted(tree.index(name) for name in ALL_THREE)
    answered = [part.split(" = ")[1] for part in said.stdout.strip().split(", ")]
    assert f"({', '.join(answered)})" in tree
    assert f"(+10: {', '.join(str(int(count) + 10) for count in answered)})" in tree
    assert "awsadvent | a-hop | logged" in tree
    assert tree.count(" ms after aws_advent") == 2
    assert "topic awsadvent  message " in tree


RAISES = "def handler(event, context):\n    raise KeyError('boom')\n"
BREAKS: dict[str, tuple[Callable[[Stack], None], str]] = {
    "subscription": (
        lambda stack: stack.resources["subscription/awsadvent to sns_multiplier"].delete(Waiter()),
        "subscription awsadvent to sns_multiplier is missing",
    ),
    "permission": (
        lambda stack: stack.resources["permission/awsadvent to sns_multiplier"].delete(Waiter()),
        "permission awsadvent to sns_multiplier is missing",
    ),
    "code": (
        lambda stack: put_code(stack, "sns_multiplier", "sns_multiplier", RAISES),
        "function sns_multiplier differs in code; `advent up` mends that; KeyError: 'boom'",
    ),
    "code that does nothing": (
        lambda stack: put_code(stack, "sns_multiplier", "sns_multiplier", "def handler(event, context):\n    pass\n"),
        "but it counted nothing: function sns_multiplier differs in code",
    ),
    "function": (
        lambda stack: stack.resources["function/sns_multiplier"].delete(Waiter()),
        "function sns_multiplier is missing",
    ),
    "variable": (
        lambda stack: stack.resources["variable/SNS_TOPIC_ARN on aws_advent"].delete(Waiter()),
        "variable SNS_TOPIC_ARN on aws_advent is missing",
    ),
    "right to write": (
        lambda stack: stack.resources["policy/sns_multiplier_lambda_dynamo_microservice"].delete(Waiter()),
        "policy sns_multiplier_lambda_dynamo_microservice is missing",
    ),
}


def test_what_people_write_is_no_trouble(deployed: Stack, advent: Advent) -> None:
    words = ("ERROR", "[ERROR]", "Traceback", "errorMessage")
    said = advent("say", "--trace", "awsadvent", *words)
    assert " | ".join(words) in said.stderr
    for name in advent("logs", "--errors", "--since", "1m").stdout.split():
        assert name not in words


def test_what_runs_still_is_told_so() -> None:
    known = Known("aws_advent", 1000, "A", is_over=True)
    known.runs["sns_logger"] = runs([line for line in run_of("1", logged("A")) if line.text.startswith(("START", "{"))])
    assert {hop.function: hop.state for hop in way(TUTORIAL, known).hops} == {
        "sns_multiplier": State.UNSEEN,
        "sns_logger": State.RUNNING,
    }


def test_a_clock_that_is_ahead_is_no_matter(deployed: Stack, advent: Advent, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import time; real = time.time; time.time = lambda: real() + 5\n")
    assert advent("say", "--trace", "awsadvent", PYTHONPATH=str(tmp_path)).stderr.count(" ms after aws_advent") == 2


@pytest.mark.parametrize("what", BREAKS)
def test_the_cause_is_named(deployed: Stack, advent: Advent, what: str) -> None:
    breaks, told = BREAKS[what]
    breaks(deployed)
    try:
        said = advent("say", "--trace", "awsadvent", code=1)
    finally:
        stacks.up(deployed)
    assert told in said.stderr, said.stderr
    assert said.stdout.startswith("awsadvent = ")
    if what != "variable":  # which nobody hears without
        assert "awsadvent | logged" in said.stderr


def test_an_api_whose_function_fails_is_explained(deployed: Stack, advent: Advent) -> None:
    put_code(deployed, "aws_advent", "app", RAISES)
    try:
        told = advent("say", "--trace", "awsadvent", code=1).stderr
    finally:
        stacks.up(deployed)
    assert "the API answered 50" in told
    assert "try: function aws_advent differs in code" in told


def test_many_messages_one_after_the_other(deployed: Stack, advent: Advent) -> None:
    word = f"many-{time.time_ns()}"
    said = advent("say", "-", stdin=f"{word}\n\n  {word} two\n")
    assert said.stdout.splitlines()[0] == f"{word} = 1"
    assert said.stdout.count(" = ") == 3  # and no message for an empty line
    assert "2 posted in " in said.stderr
    assert f"after sns_multiplier: {word} = 22" in said.stderr
    assert advent("say", "--repeat", "3", "--no-wait", f"{word}x").stdout.splitlines()[0] == f"{word}x = 1"
    assert "leave out" in advent("say", "--trace", "--repeat", "2", "x", code=2).stderr
    assert "not UTF-8" in advent("say", "-", stdin="caf\xe9\n", PYTHONIOENCODING="ascii", code=1).stderr
