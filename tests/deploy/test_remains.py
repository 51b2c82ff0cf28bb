"""What is left after a `down` that failed or was stopped is named."""

import json
import re
import signal

import pytest

from advent_cli.deploy import apply, remains
from advent_cli.deploy.apply import Result
from advent_cli.deploy.decide import Step
from advent_cli.deploy.events import Finished, Outcome
from advent_cli.deploy.executor import Interrupt
from advent_cli.deploy.inspection import inspect
from advent_cli.errors import AdventError, ForeignError, TargetError
from tests.deploy.test_faults import prepared, proxy, start, through
from tests.support import stacks
from tests.support.proxy import Fault, Handler, Proxy, pass_on, refusing
from tests.support.schemas import checked

__all__ = ["proxy"]  # the fixture

ROLES = ["role/aws_advent_lambda_dynamo", "role/sns_multiplier_lambda_dynamo", "role/sns_logger_lambda"]
DENIED = refusing(403, "AccessDenied", "User: me is not authorized to perform: iam:DeleteRole on resource: role x")
LIST, READ, DELETE = "iam:ListRoles", "iam:GetRole", "iam:DeleteRole"
ALWAYS = [DENIED] * 100


def is_kept(step: Step) -> bool:
    """Keep nothing."""
    return not step


def test_a_failed_down_names_what_is_left_and_looks_only_once(proxy: Proxy) -> None:
    prepared(proxy.engine, "down")
    proxy.begin()
    proxy.script = {DELETE: list(ALWAYS)}
    with start(proxy, "down") as down:
        errors = down.communicate(timeout=60)[1]
    assert down.returncode == 1
    assert len(re.findall(r"error: role \w+: access denied: DeleteRole: User", errors)) == 1
    assert len(re.findall(r"error: the same for role \w+\n", errors)) == 2
    left = "".join(f"  left: {key.replace('/', ' ')}\n" for key in ROLES)
    assert errors.endswith(f"{left}  3 left: run the same command again\n")
    assert proxy.calls.count(LIST) == 2

    proxy.begin()
    proxy.script = {DELETE: list(ALWAYS)}
    with start(proxy, "down", "--json") as down:
        document = checked(json.loads(down.communicate(timeout=60)[0]))
    assert [one["key"] for one in document["left"]] == ROLES
    assert [error["what"].split(": ", 1)[1] for error in document["errors"]] == ["access denied: DeleteRole"]


def test_after_ctrl_c_down_names_what_the_run_knows_to_be_left_without_another_call(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared(proxy.engine, "down")
    proxy.begin()

    def meet(name: str, handler: Handler, body: bytes) -> None:
        if name == "dynamodb:DescribeTable" and "dynamodb:DeleteTable" in proxy.calls:
            answer = b'{"Table": {"TableStatus": "DELETING"}}'
            return handler.answer(200, {"Content-Type": "application/x-amz-json-1.0"}, answer)
        return pass_on(handler, body)

    monkeypatch.setattr(proxy, "meet", meet)
    with start(proxy, "down", "--events") as down:
        assert down.stdout
        while (line := down.stdout.readline()) and json.loads(line)["event"] != "waiting":
            pass
        down.send_signal(signal.SIGINT)
        document = checked(json.loads(down.communicate(timeout=60)[0].splitlines()[-1])["result"])
    assert (down.returncode, document["exit_code"]) == (130, 130)
    left = [one["key"] for one in document["left"]]
    gone = [step["key"] for step in document["steps"] if step["outcome"] in ("deleted", "absent")]
    assert "table/table" in left
    assert sorted([*left, *gone]) == sorted(step["key"] for step in document["steps"])
    assert [error["what"] for error in document["errors"]] == ["interrupted"]
    assert proxy.calls.count(LIST) == 1


UNREADABLE: dict[str, dict[str, list[Fault]]] = {
    "roles cannot be listed": {LIST: ALWAYS},
    "roles cannot be read": {READ: ALWAYS},
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_cannot_be_read_after_a_failure_is_left_if_the_run_has_not_deleted_it(proxy: Proxy, case: str) -> None:
    prepared(proxy.engine, "down")
    proxy.begin()
    inspection = inspect(stack := through(proxy))
    proxy.begin()
    proxy.script = {**{name: list(faults) for name, faults in UNREADABLE[case].items()}, DELETE: list(ALWAYS)}
    steps = inspection.steps_down()
    result = apply.down(inspection, steps, stacks.ignore, Interrupt())
    left = remains.remaining(stack, steps, result, is_kept)
    assert [step.key for step in left] == ROLES


def test_without_a_connection_what_the_run_has_not_deleted_is_left() -> None:
    stack = stacks.without_calls()
    seen = [None, {"a": 1}, {"a": 1}, AdventError("access denied"), ForeignError("a/b", "a b", "arn")]
    steps = [Step(key, key, None, each) for key, each in zip(stack.resources, seen, strict=False)]
    gone, failed = steps[1].key, steps[2].key
    lost = Finished(failed, Outcome.FAILED, error=TargetError("AWS cannot be reached"))
    result = Result({gone: Finished(gone, Outcome.DELETED), failed: lost})
    assert [step.seen for step in remains.remaining(stack, steps, result, is_kept)] == seen[2:4]
