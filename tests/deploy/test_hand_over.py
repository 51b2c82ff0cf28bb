"""`down --hand-over` gives up the table: it stays as it is, without our tag, and nothing else is left.

From the first call that changes something on, nothing that advent does deletes the table, wherever the run ends.
"""

import json
import os
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from advent_cli.deploy import apply, remains, tables
from advent_cli.deploy.decide import Step
from advent_cli.deploy.events import Finished, Outcome
from advent_cli.deploy.executor import Interrupt
from advent_cli.deploy.inspection import inspect
from advent_cli.deploy.tables import Staying, Tables
from advent_cli.errors import AdventError, TargetError
from advent_cli.local.lifecycle import Engine
from tests.conftest import ADVENT, Run
from tests.deploy.test_faults import EVERY, SHARDS, VICTIM, chosen, inventory, kill, prepared, proxy, through
from tests.deploy.test_lingering import on_aws
from tests.support import stacks
from tests.support.cloudformation_tags import CloudFormationTags
from tests.support.proxy import FAULTS, Fault, Handler, Proxy, pass_on, refusing
from tests.support.schemas import checked
from tests.support.screen import Terminal

__all__ = ["proxy"]  # the fixture
WORDS = [{"word": {"S": "kept"}, "count": {"N": "7"}}]
DENIED = refusing(400, "AccessDeniedException", "User: me is not authorized to perform: dynamodb:UntagResource")
UNTAG = "dynamodb:UntagResource"
FOREIGN = "table table exists but is not managed by this stack (arn:aws:dynamodb:"
NEXT = "next: `advent export DIR` writes a CloudFormation template"


def table(engine: Engine) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """The items and the tags of the table."""
    stack = stacks.tutorial(engine)
    dynamodb = stack.aws.client("dynamodb")
    tags = dynamodb.list_tags_of_resource(ResourceArn=stack.table.arn)["Tags"]
    return dynamodb.scan(TableName="table")["Items"], tags


def deploy(engine: Engine) -> None:
    """The tutorial's stack with a word in its table, which also has a tag of somebody else."""
    prepared(engine, "down")
    stack = stacks.tutorial(engine)
    dynamodb = stack.aws.client("dynamodb")
    dynamodb.put_item(TableName="table", Item=WORDS[0])
    dynamodb.tag_resource(ResourceArn=stack.table.arn, Tags=[{"Key": "team", "Value": "words"}])


HANDED_OVER = (WORDS, [{"Key": "team", "Value": "words"}])


def is_all_there_is(engine: Engine) -> bool:
    """Whether nothing but the table is left, as it was handed over."""
    return stacks.left(stacks.tutorial(engine).aws.client) == ["table"] and table(engine) == HANDED_OVER


def hand_over(proxy: Proxy) -> apply.Result:
    """Run `down --hand-over` as the command line does."""
    inspection, steps, _ = tables.plan(inspect(through(proxy)), Tables.HAND_OVER)
    return apply.down(inspection, steps, stacks.ignore, Interrupt())


def test_the_table_stays_without_our_tag_and_no_command_touches_it_again(engine: Engine, advent: Run) -> None:
    deploy(engine)
    assert "error: not confirmed" in advent("down", "--hand-over", code=4).stderr
    explained = advent("down", "--hand-over", "--explain", code=4).stderr
    call = "aws dynamodb untag-resource --resource-arn arn:aws:dynamodb:us-east-1:000000000000:table/table --tag-keys "
    assert f"    {call}advent:stack\n" in explained
    assert "delete-table" not in explained
    assert table(engine)[1] != HANDED_OVER[1]

    shown = advent("down", "--hand-over", "--yes").stderr
    assert "26 resources" in shown
    assert re.search(r"  handed over: table table\n  nothing else is left: .*\n  next: `advent export DIR` ", shown)
    for words in ("plan", "up --yes", "up --yes --keep-going", "status", "down --yes"):
        done = advent(*words.split(), code=4)
        assert FOREIGN in done.stdout + done.stderr, words
        assert "advent up --adopt table/table" in done.stdout + done.stderr
    assert is_all_there_is(engine)
    again = advent("down", "--hand-over").stderr
    assert again.startswith("nothing to delete: awsadvent is not deployed on ")
    assert f"  not managed by this stack: table table\n  {NEXT}" in again
    assert table(engine) == HANDED_OVER


def test_scripts_read_what_was_handed_over(engine: Engine, advent: Run, tmp_path: Path) -> None:
    deploy(engine)
    words = ["down", "--hand-over", "--export", "words.jsonl"]
    asked = checked(json.loads(advent(*words, "--json", code=4).stdout))
    assert [(s["action"], s["differences"]) for s in asked["steps"] if s["kind"] == "table"] == [
        ("update", [{"setting": "advent:stack", "now": "awsadvent", "want": None}])
    ]
    *events, result = map(json.loads, advent(*words, "--yes", "--events").stdout.splitlines())
    document = checked(checked(result)["result"])
    handed_over = [{"key": "table/table", "kind": "table", "name": "table"}]
    assert (document["left"], document["kept"], document["handed_over"]) == ([], [], handed_over)
    finished = [checked(event) for event in events if event["event"] == "finished"]
    assert (finished[0]["key"], finished[0]["outcome"]) == ("table/table", "updated")
    assert json.loads((tmp_path / "words.jsonl").read_text()) == {"word": "kept", "count": 7}
    assert checked(json.loads(advent("down", "--hand-over", "--json").stdout))["handed_over"] == handed_over
    both = advent("down", "--hand-over", "--keep-table", code=2).stderr
    assert both.startswith("error: --hand-over cannot be combined with --keep-table\n  try: ")


def test_the_question_says_what_happens_to_the_table(engine: Engine, tmp_path: Path) -> None:
    deploy(engine)
    with Terminal([ADVENT, "down", "--hand-over"], tmp_path, (200, 40)) as terminal:
        terminal.read(until="[y/N]")
        terminal.press("n\n")
        assert terminal.ended() == 4
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", terminal.written)
    assert re.search(r"Delete stack awsadvent of \S+ on the local engine, us-east-1, and hand over table table\?", text)
    assert "25 to delete, handing over table table" in text
    assert "table table stays with its words; without the tag advent:stack, no `advent up` or `advent down`" in text
    assert table(engine)[1] != HANDED_OVER[1]


def test_a_table_that_an_earlier_down_kept_or_that_is_an_orphan_is_handed_over(
    engine: Engine, advent: Run, tmp_path: Path
) -> None:
    deploy(engine)
    advent("down", "--yes", "--keep-table")
    config = tmp_path / "config.yaml"
    config.write_text((stacks.ROOT / "config.yaml").read_text().replace("name: table", "name: other"))
    (tmp_path / "handlers").symlink_to(stacks.ROOT / "handlers")
    assert "not confirmed" in advent("down", "--hand-over", code=4).stderr
    assert "  handed over: table table\n" in advent("down", "--hand-over", "--yes").stderr
    assert table(engine) == HANDED_OVER


def test_without_the_right_to_take_the_tag_off_nothing_changes(proxy: Proxy) -> None:
    deploy(proxy.engine)
    before = inventory(proxy.engine)
    proxy.begin()
    proxy.script = {UNTAG: [DENIED] * 20}
    result = hand_over(proxy)
    assert result.exit_code == 1
    assert [str(error).split(": User")[0] for error in result.problems] == [f"table table: access denied: {UNTAG[9:]}"]
    assert inventory(proxy.engine) == before
    assert not [call for call in proxy.calls if re.search(":(Delete|Detach|Remove|Unsubscribe)", call)]


def test_it_waits_until_the_tag_is_off(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """ListTagsOfResource may show the tag for a while: UntagResource in botocore's model of DynamoDB."""
    deploy(proxy.engine)
    stale: list[bytes] = []

    def meet(name: str, handler: Handler, body: bytes) -> None:
        if name == "dynamodb:ListTagsOfResource" and UNTAG in proxy.calls and len(stale) < 3:
            stale.append(body)
            tags = {"Tags": [{"Key": "advent:stack", "Value": "awsadvent"}]}
            headers = {"Content-Type": "application/x-amz-json-1.0"}
            return handler.answer(200, headers, json.dumps(tags).encode())
        return pass_on(handler, body)

    proxy.begin()
    monkeypatch.setattr(proxy, "meet", meet)
    assert hand_over(proxy).exit_code == 0
    assert len(stale) == 3
    shown = [number for number, call in enumerate(proxy.calls) if call == "dynamodb:ListTagsOfResource"]
    assert shown[-1] < min(proxy.calls.index(call) for call in proxy.calls if ":Delete" in call)


@pytest.mark.parametrize(("status", "why"), [("CREATING", "is still creating it"), ("DELETING", "is deleting it")])
def test_a_table_that_comes_or_goes_is_not_handed_over(proxy: Proxy, status: str, why: str) -> None:
    inspection = inspect(through(proxy))
    inspection.seen["table/table"] = {"status": status}
    with pytest.raises(AdventError, match=f"cannot hand over table table: DynamoDB {why}"):
        tables.plan(inspection, Tables.HAND_OVER)


def test_without_a_connection_the_table_is_left_unless_the_run_took_the_tag_off() -> None:
    stack = stacks.without_calls()
    step = Step(stack.table.key, stack.table.title, {"advent:stack": None}, {"advent:stack": "awsadvent"})
    lost = Finished("role/x", Outcome.FAILED, error=TargetError("AWS cannot be reached"))
    for outcome, left in ((Outcome.UPDATED, []), (Outcome.SKIPPED, [step])):
        result = apply.Result({step.key: Finished(step.key, outcome), "role/x": lost})
        assert remains.remaining(stack, [step], result, Tables.HAND_OVER.is_kept) == left
        assert [*Staying(handing_over=(step,)).handed_over(result), *left] == [step]


def undisturbed(proxy: Proxy) -> list[str]:
    deploy(proxy.engine)
    proxy.begin()
    assert hand_over(proxy).exit_code == 0
    assert is_all_there_is(proxy.engine)
    return list(proxy.calls)


@pytest.mark.parametrize("shard", range(SHARDS if EVERY == 1 else 1))
@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_at_any_call_does_not_change_the_result(proxy: Proxy, kind: str, shard: int) -> None:
    calls = undisturbed(proxy)
    for number in {calls.index(UNTAG), *chosen(calls, kind, shard if EVERY == 1 else 0)}:
        deploy(proxy.engine)
        proxy.begin(number, FAULTS[kind])
        result = hand_over(proxy)
        assert result.exit_code == 0, (kind, number, result.problems)
        assert is_all_there_is(proxy.engine), (kind, number)


@pytest.mark.parametrize("shard", range(SHARDS if EVERY == 1 else 1))
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_after_a_kill_at_any_call_no_down_deletes_the_table_and_another_one_finishes(
    proxy: Proxy, advent: Run, after: bool, shard: int
) -> None:
    deploy(proxy.engine)
    proxy.begin()
    start(proxy, "down", "--hand-over").communicate(timeout=60)
    first, sample = proxy.calls.index(UNTAG), chosen([*proxy.calls], f"kill {after}", shard if EVERY == 1 else 0)
    cases: list[int | str] = [UNTAG, "lambda:DeleteFunction", *(number for number in sample if number >= first)]
    for at in cases:
        deploy(proxy.engine)
        proxy.begin(at if isinstance(at, int) else -1, kill(after))
        proxy.script = {at: [kill(after)]} if isinstance(at, str) else {}
        VICTIM[:] = [start(proxy, "down", "--hand-over")]
        VICTIM[0].communicate(timeout=60)
        if table(proxy.engine) == HANDED_OVER:
            advent("--target", "aws", "down", "--yes", code=4, **on_aws(proxy))
            assert is_all_there_is(proxy.engine), at
        else:
            assert VICTIM[0].returncode == -signal.SIGKILL
            assert inventory(proxy.engine)["undone"] == [], at  # nothing else has begun
        advent("--target", "aws", "down", "--hand-over", "--yes", **on_aws(proxy))
        assert is_all_there_is(proxy.engine), at


def start(proxy: Proxy, *words: str) -> "subprocess.Popen[str]":
    environment = {**os.environ, **on_aws(proxy)}
    command = [str(ADVENT), "--target", "aws", *words, "--yes"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


TEMPLATE = {
    "Resources": {
        "Words": {
            "Type": "AWS::DynamoDB::Table",
            "DeletionPolicy": "Retain",
            "Properties": {
                "TableName": "table",
                "BillingMode": "PAY_PER_REQUEST",
                "KeySchema": [{"AttributeName": "word", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "word", "AttributeType": "S"}],
            },
        }
    }
}


@pytest.mark.parametrize("tagged", [False, True], ids=["as the engine", "as AWS"])
def test_cloudformation_takes_the_table_over_and_advent_leaves_it(
    proxy: Proxy, advent: Run, monkeypatch: pytest.MonkeyPatch, tagged: bool
) -> None:
    undisturbed(proxy)
    client = stacks.tutorial(proxy.engine).aws.session.client("cloudformation", endpoint_url=proxy.engine.url)
    names = {"StackName": "theirs", "ChangeSetName": "move"}
    template = json.dumps(TEMPLATE)
    client.create_change_set(**names, ChangeSetType="CREATE", TemplateBody=template, ImportExistingResources=True)
    client.get_waiter("change_set_create_complete").wait(**names, WaiterConfig={"Delay": 1})
    assert client.describe_change_set(**names)["Changes"][0]["ResourceChange"]["Action"] == "Import"
    client.execute_change_set(**names)
    client.get_waiter("stack_create_complete").wait(StackName="theirs", WaiterConfig={"Delay": 1})
    assert table(proxy.engine)[0] == WORDS
    if tagged:
        monkeypatch.setattr(proxy, "meet", CloudFormationTags("theirs", beside="team").meet)
    whose = "CloudFormation stack theirs manages it" if tagged else ""
    for words in ("up --yes", "plan", "down --yes"):
        done = advent("--target", "aws", *words.split(), code=4, **on_aws(proxy))
        assert FOREIGN in done.stdout + done.stderr
        assert whose in done.stdout + done.stderr
    done = advent("--target", "aws", "down", "--hand-over", **on_aws(proxy))
    assert ("with --import-existing-resources takes over the table" in done.stderr) == (not tagged)
    assert table(proxy.engine)[0] == WORDS
    client.delete_stack(StackName="theirs")


UNREADABLE: dict[str, Fault] = {"dynamodb:DescribeTable": DENIED, "dynamodb:ListTagsOfResource": DENIED}


@pytest.mark.parametrize("call", UNREADABLE)
def test_a_table_that_cannot_be_read_ends_it_before_anything_changes(proxy: Proxy, advent: Run, call: str) -> None:
    deploy(proxy.engine)
    before = inventory(proxy.engine)
    proxy.begin()
    proxy.script = {call: [UNREADABLE[call]] * 20}
    done = advent("--target", "aws", "down", "--hand-over", "--yes", code=1, **on_aws(proxy))
    assert "error: access denied: " in done.stderr
    proxy.begin()
    assert inventory(proxy.engine) == before
