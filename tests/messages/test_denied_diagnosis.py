"""`advent say --trace` by a person who may post and read the logs, but not all that explains a missing function."""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from msgspec.structs import replace

from advent_cli.aws.retry import Waiter
from advent_cli.local.lifecycle import Engine
from advent_cli.messages.diagnosis import Diagnosis
from advent_cli.messages.invocations import invocations
from advent_cli.messages.trace import Evidence, build_trace
from advent_cli.messages.trace_model import State
from advent_cli.stack.build import Stack
from tests.messages.test_trace import RAISES, log_of, logged
from tests.support import stacks
from tests.support.person import Person, judged, statements
from tests.support.stacks import TUTORIAL
from tests.support.tampering import put_code

Done = subprocess.CompletedProcess[str]
OWN = ("dynamodb:", "logs:", "ssm:", "apigateway:")  # the table, the logs, and what posting a message takes
NOTHING = "def handler(event, context):\n    pass\n"
UNDETERMINED = "cannot be determined: access denied: "


@pytest.fixture(scope="module")
def person(running_engine: Engine, deployed: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    with judged(running_engine, tmp_path_factory.mktemp("person")) as person:
        yield person


@contextmanager
def running(stack: Stack, function: str, module: str, text: str) -> Iterator[None]:
    """Gives a function other code, and at the end its own again."""
    put_code(stack, function, module, text)
    try:
        yield
    finally:
        stacks.up(stack)


def trace(person: Person, *more: str) -> Done:
    """Trace a message with the permissions for OWN and `more`, prefixes of actions."""

    def is_kept(action: str) -> bool:
        return action.startswith((*OWN, *more))

    person.allow([{**each, "Action": [*filter(is_kept, each["Action"])]} for each in statements("say")])
    return person.run("say", "--trace", "awsadvent")


@pytest.fixture
def broken(deployed: Stack) -> Iterator[Callable[[str], None]]:
    """Deletes a resource of the stack, until the test is over."""
    yield lambda key: deployed.resources[key].delete(Waiter())
    stacks.up(deployed)


def test_a_message_that_arrived_is_no_failure(person: Person) -> None:
    done = trace(person)
    assert person.judge.refused
    assert done.returncode == 0, done.stderr
    assert done.stderr.count(" ms after aws_advent") == 2
    assert "denied" not in done.stderr
    shown = json.loads(person.run("say", "--trace", "--json", "awsadvent").stdout)
    assert (shown["ok"], shown["errors"], shown["way"]["problem"]) == (True, [], "")


def test_what_keeps_a_message_away_cannot_be_determined(person: Person, broken: Callable[[str], None]) -> None:
    broken("subscription/awsadvent to sns_multiplier")
    done = trace(person)
    assert done.returncode == 1
    assert "sns_multiplier  not seen" in done.stderr
    assert UNDETERMINED in done.stderr
    assert "`advent --target aws policy say` prints the permissions" in done.stderr
    assert "awsadvent | logged" in done.stderr  # the other function


def test_what_is_known_comes_first(person: Person, broken: Callable[[str], None]) -> None:
    broken("subscription/awsadvent to sns_multiplier")
    done = trace(person, "sns:")
    assert done.returncode == 1
    assert "subscription awsadvent to sns_multiplier is missing; run `advent --target aws up` to fix it" in done.stderr
    assert f"; anything else {UNDETERMINED}" in done.stderr


def test_a_function_that_counted_nothing_is_a_failure(person: Person, deployed: Stack) -> None:
    with running(deployed, "sns_multiplier", "sns_multiplier", NOTHING):
        done = trace(person)
    assert done.returncode == 1
    assert f"it counted nothing: {UNDETERMINED}" in done.stderr


def test_so_is_no_reply(person: Person, deployed: Stack) -> None:
    with running(deployed, "aws_advent", "app", RAISES):
        done = trace(person)
    assert done.returncode == 1
    assert "error: the API answered 50" in done.stderr
    assert UNDETERMINED in done.stderr


def test_a_log_that_may_not_be_read_leaves_the_others(person: Person) -> None:
    allowed = statements("say")
    hidden = "/sns_logger"
    person.allow([{**each, "Resource": [arn for arn in each["Resource"] if hidden not in arn]} for each in allowed])
    done = person.run("say", "--trace", "awsadvent")
    assert done.returncode == 1
    assert "sns_multiplier" in done.stderr
    assert done.stderr.count(" ms after aws_advent") == 1
    assert f"{UNDETERMINED}FilterLogEvents" in done.stderr


def test_a_filter_may_have_rejected_what_was_not_seen() -> None:
    filtered = replace(TUTORIAL.functions["sns_logger"], filter={"attributes": {"kind": ["loud"]}})
    config = replace(TUTORIAL, functions={**TUTORIAL.functions, "sns_logger": filtered})
    denied = Diagnosis(unread=("access denied: GetFunction",))
    evidence = Evidence("aws_advent", 1000, "A", is_final=True)
    evidence.invocations["aws_advent"] = invocations(log_of("1", logged("A", published=["P"])))
    evidence.diagnoses = {("awsadvent", name): denied for name in ("sns_multiplier", "sns_logger")}
    multiplier, logger = build_trace(config, evidence).hops
    assert (multiplier.state, logger.state) == (State.UNSEEN, State.UNSEEN)
    assert (multiplier.problem, multiplier.undetermined) == (denied.undetermined, "")
    assert (logger.problem, logger.undetermined) == ("", denied.undetermined)
