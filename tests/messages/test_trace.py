"""`advent say --trace`: every hop of a message, and why a function was not invoked."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advent_cli.aws.retry import Waiter
from advent_cli.messages.diagnosis import Diagnosis
from advent_cli.messages.invocations import Invocation, for_message, invocations
from advent_cli.messages.log_reader import Line
from advent_cli.messages.trace import Evidence, build_trace
from advent_cli.messages.trace_model import State
from advent_cli.stack.build import Stack
from tests.conftest import Run
from tests.support import stacks
from tests.support.stacks import TUTORIAL
from tests.support.tampering import put_code

ALL_THREE = ["aws_advent", "sns_multiplier", "sns_logger"]


def log_of(request: str, *texts: str, stream: str = "one", at: float = 1000.0, report: str = "") -> list[Line]:
    """The lines that Lambda and a function log in one invocation."""
    ended = report or f"REPORT RequestId: {request}\tDuration: 12.50 ms\tBilled Duration: 13 ms"
    every = [f"START RequestId: {request} Version: $LATEST", *texts, f"END RequestId: {request}", ended]
    return [Line(at + n / 1000, "f", text, f"{request}{n}", stream) for n, text in enumerate(every)]


def logged(message_id: str, request: str = "1", **fields: object) -> str:
    return json.dumps({"level": "INFO", "message": "done", "request_id": request, "message_id": message_id, **fields})


@given(st.data())
def test_invocations_are_separated_however_their_streams_are_mixed(data: st.DataObject) -> None:
    each = {s: [line for n in range(3) for line in log_of(f"{s}-{n}", f"{s} {n}", stream=s)] for s in "abc"}
    mixed = []
    while any(each.values()):
        mixed.append(each[data.draw(st.sampled_from([s for s, rest in each.items() if rest]))].pop(0))
    found = {each.request_id: each for each in invocations(mixed)}
    assert {name: each.log for name, each in found.items()} == {
        f"{s}-{n}": (f"{s} {n}",) for s in "abc" for n in range(3)
    }
    assert {each.milliseconds for each in found.values()} == {12.5}


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        (["[ERROR] KeyError: 'boom'\nTraceback (most recent call last):\n  File x"], "KeyError: 'boom'"),
        (["Traceback (most recent call last):", '  File "x"', "    y", "ValueError: no"], "ValueError: no"),
        (["Traceback (most recent call last):\n  File x\nx.Y: deep"], "x.Y: deep"),
        ([json.dumps({"level": "ERROR", "message": "not announced: X", "request_id": "1"})], "not announced: X"),
        ([json.dumps({"errorMessage": "'boom'", "errorType": "KeyError", "requestId": "1"})], "'boom'"),
        (["[ERROR]\t2026-11-23T10:00:00.000Z\t1\tfrom logging"], "from logging"),
        (["RequestId: 1 Error: Runtime exited with error: exit status 1"], "Runtime exited with error: exit status 1"),
        (["Task timed out after 3.00 seconds"], "Task timed out after 3.00 seconds"),  # the local engine's text
        (["well", "2026-11-23T10:00:00Z 1 Task timed out after 3.00 seconds"], "Task timed out after 3.00 seconds"),
    ],
)
def test_the_error_of_an_invocation_is_one_line(lines: list[str], error: str) -> None:
    (invocation,) = invocations(log_of("1", *lines))
    assert invocation.error.endswith(error)
    assert "\n" not in invocation.error


def test_an_invocation_is_matched_by_the_ids_it_logs_or_else_by_its_time() -> None:
    ours, other = invocations(log_of("1", logged("A/0"))), invocations(log_of("2", logged("B/0")))
    silent, early = invocations(log_of("3", "words", at=1001)), invocations(log_of("4", "words", at=900))
    everything: list[Invocation] = [*early, *other, *silent, *ours]
    assert for_message(everything, {"A"}, 999) == ours
    assert for_message(everything, {"C"}, 999) == silent  # not an earlier one, nor one with another id
    assert for_message([*early, *other], {"C"}, 999) == []


def test_a_trace_has_states_for_waiting_done_and_missing_functions() -> None:
    evidence = Evidence("aws_advent", 1000, "A")
    first = build_trace(TUTORIAL, evidence)
    assert [(hop.function, hop.topic, hop.state) for hop in first.all()] == [
        ("aws_advent", None, State.WAITED_FOR),
        ("sns_multiplier", "awsadvent", State.WAITED_FOR),
        ("sns_logger", "awsadvent", State.WAITED_FOR),
    ]
    evidence.invocations["aws_advent"] = invocations(log_of("1", logged("A", published=["P", "Q"])))
    evidence.invocations["sns_logger"] = invocations(log_of("2", logged("A/0")))
    evidence.diagnoses["awsadvent", "sns_multiplier"] = Diagnosis("not subscribed")
    states = {hop.function: hop.state for hop in build_trace(TUTORIAL, evidence).all()}
    assert states == {"aws_advent": State.DONE, "sns_multiplier": State.MISSING, "sns_logger": State.WAITED_FOR}
    evidence.invocations["sns_logger"] += invocations(log_of("3", logged("x", sns="Q")))  # the second part of two
    assert build_trace(TUTORIAL, evidence).hops[1].state is State.DONE
    evidence.invocations["aws_advent"] = invocations(log_of("1", logged("A", published=[])))
    assert {hop.problem for hop in build_trace(TUTORIAL, evidence).hops} == {
        "not subscribed",
        "nothing was published to it",
    }


def test_all_hops_of_a_message_are_shown(deployed: Stack, advent: Run) -> None:
    result = advent("say", "--trace", "awsadvent", "a-hop")
    tree = result.stderr
    assert [tree.index(name) for name in ALL_THREE] == sorted(tree.index(name) for name in ALL_THREE)
    counts = [part.split(" = ")[1] for part in result.stdout.strip().split(", ")]
    table = [line.split() for line in tree.splitlines()[-2:]]
    assert table == [
        [word, count, str(int(count) + 10)] for word, count in zip(("awsadvent", "a-hop"), counts, strict=True)
    ]
    assert "awsadvent | a-hop | logged" in tree
    assert tree.count(" ms after aws_advent") == 2
    assert "topic awsadvent  message " in tree


NEVER_IMPORTED = "import no_such_module\ndef handler(event, context):\n    pass\n"
ENDS = "import os\ndef handler(event, context):\n    os._exit(1)\n"
RAISES = "def handler(event, context):\n    raise KeyError('boom')\n"
# The engine ends a function's process after every error, and a retry that reaches the process as it ends
# fails for that reason. On a busy machine this can be true of every invocation that a trace sees.
PROCESS_ENDED = "Error: Runtime exited without providing a reason"
CODE_THAT_FAILS = ("code", "code that cannot be imported")
BREAKS: dict[str, tuple[Callable[[Stack], None], str]] = {
    "code that does nothing": (
        lambda stack: put_code(stack, "sns_multiplier", "sns_multiplier", "def handler(event, context):\n    pass\n"),
        "but it counted nothing: function sns_multiplier differs in code",
    ),
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
        "function sns_multiplier differs in code; run `advent up` to fix it; KeyError: 'boom'",
    ),
    "code that cannot be imported": (
        lambda stack: put_code(stack, "sns_multiplier", "sns_multiplier", NEVER_IMPORTED),
        "run `advent up` to fix it; Runtime.ImportModuleError: No module named 'no_such_module'",
    ),
    "code that ends the process": (
        lambda stack: put_code(stack, "sns_multiplier", "sns_multiplier", ENDS),
        PROCESS_ENDED,
    ),
    "function": (
        lambda stack: stack.resources["function/sns_multiplier"].delete(Waiter()),
        "function sns_multiplier is missing",
    ),
    "variable": (
        lambda stack: stack.resources["variable/SNS_TOPIC_ARN on aws_advent"].delete(Waiter()),
        "variable SNS_TOPIC_ARN on aws_advent is missing",
    ),
    "permission to write": (
        lambda stack: stack.resources["policy/sns_multiplier_lambda_dynamo_microservice"].delete(Waiter()),
        "policy sns_multiplier_lambda_dynamo_microservice is missing",
    ),
}


def test_the_text_of_a_message_is_never_an_error(deployed: Stack, advent: Run) -> None:
    words = ("ERROR", "[ERROR]", "Traceback", "errorMessage")
    result = advent("say", "--trace", "awsadvent", *words)
    assert " | ".join(words) in result.stderr
    for name in advent("logs", "--errors", "--since", "1m").stdout.split():
        assert name not in words


def test_an_unfinished_invocation_is_still_running() -> None:
    evidence = Evidence("aws_advent", 1000, "A", is_final=True)
    evidence.invocations["sns_logger"] = invocations(
        [line for line in log_of("1", logged("A")) if line.text.startswith(("START", "{"))]
    )
    assert {hop.function: hop.state for hop in build_trace(TUTORIAL, evidence).hops} == {
        "sns_multiplier": State.UNSEEN,
        "sns_logger": State.RUNNING,
    }


def test_a_clock_that_is_ahead_does_not_matter(deployed: Stack, advent: Run, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import time; real = time.time; time.time = lambda: real() + 5\n")
    assert advent("say", "--trace", "awsadvent", PYTHONPATH=str(tmp_path)).stderr.count(" ms after aws_advent") == 2


@pytest.mark.parametrize("what", BREAKS)
def test_the_cause_is_shown(deployed: Stack, advent: Run, what: str) -> None:
    breaks, cause = BREAKS[what]
    breaks(deployed)
    try:
        for _ in range(3):  # a retry of an earlier message may be taken for this one, which no log line names
            result = advent("say", "--trace", "awsadvent", code=1)
            if cause in result.stderr:
                break
    finally:
        stacks.up(deployed)
    if what in CODE_THAT_FAILS and PROCESS_ENDED in result.stderr:
        assert cause.rpartition("; ")[2] in advent("logs", "sns_multiplier", "--errors").stdout  # what ended it
        cause = f"function sns_multiplier differs in code; run `advent up` to fix it; {PROCESS_ENDED}"
    assert cause in re.sub(r"RequestId: \S+ ", "", result.stderr), result.stderr
    assert result.stdout.startswith("awsadvent = ")
    if what != "variable":  # without it nothing is published
        assert "awsadvent | logged" in result.stderr


def test_the_cause_of_an_error_response_is_shown(deployed: Stack, advent: Run) -> None:
    put_code(deployed, "aws_advent", "app", RAISES)
    try:
        shown = advent("say", "--trace", "awsadvent", code=1).stderr
    finally:
        stacks.up(deployed)
    assert "the API answered 50" in shown
    assert "try: function aws_advent differs in code" in shown


def test_messages_from_stdin_and_repeated_ones(deployed: Stack, advent: Run) -> None:
    word = f"many-{time.time_ns()}"
    result = advent("say", "-", stdin=f"{word}\n\n  {word} two\n")
    assert result.stdout.splitlines()[0] == f"{word} = 1"
    assert result.stdout.count(" = ") == 3  # none for the empty line
    assert "2 posted in " in result.stderr
    assert f"after sns_multiplier: {word} = 22" in result.stderr
    assert advent("say", "--repeat", "3", "--no-wait", f"{word}x").stdout.splitlines()[0] == f"{word}x = 1"
    assert "leave out" in advent("say", "--trace", "--repeat", "2", "x", code=2).stderr
    assert "not UTF-8" in advent("say", "-", stdin="caf\xe9\n", PYTHONIOENCODING="ascii", code=1).stderr


def test_the_counts_of_all_lines_are_shown_word_for_word_as_the_app_counts_them(deployed: Stack, advent: Run) -> None:
    a, b, c, d = (f"{letter}-{time.time_ns()}" for letter in "abcd")
    result = advent("say", "-", stdin=f"{a}\0{b} {c}\n{d}\x1b{a}\n")
    assert result.stdout.splitlines() == [f"{a} = 1, {b} = 1, {c} = 1", f"{d} = 1, {a} = {result.stdout[-3:].strip()}"]
    assert f"after sns_multiplier: {a} = 22, {b} = 11, {c} = 11, {d} = 11\n" in result.stderr
    many = advent("say", "-", stdin=" ".join(f"{n}-{a}" for n in range(99)) + f"\n{b} {d}\n").stderr
    assert f"after sns_multiplier (the last 100 words): 1-{a} = 11, 2-{a} = 11" in many
    assert many.endswith(f"{b} = 22, {d} = 22\n")
