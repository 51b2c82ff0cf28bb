"""What --explain tells is what is done: held to every resource, and run through the shell."""

import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from hypothesis import given, settings
from hypothesis import strategies as st

from advent_cli.aws.calls import CLOSE, OPEN, Call, Line, Note, kept, sent
from advent_cli.aws.retry import Waiter
from advent_cli.deploy import aws_cli, walkthrough
from advent_cli.deploy.decide import Step
from advent_cli.local.lifecycle import Engine
from advent_cli.resources.lambda_answers import ROLE_IS_NEW, wait_until_ready
from advent_cli.stack.build import Stack
from tests.conftest import ADVENT, Run
from tests.support import installed_aws, stacks, tampering

KEYS = list(stacks.without_calls().resources)
WAIT = Waiter()
READS = ("get_", "list_", "describe_")
Sent = tuple[str, str, Any]


@pytest.fixture
def whole(deployed: Stack) -> Stack:
    """The stack, up and as wanted, whatever the test before did to it; as a run sees it that has learnt nothing yet."""
    stack = stacks.tutorial_again(deployed)
    stacks.up(stack)
    return stack


def recorded(engine: Engine) -> tuple[Stack, list[Sent]]:
    """The tutorial's stack, and the list to which each call that writes is added when it is sent."""
    stack = stacks.tutorial(engine)
    calls: list[Sent] = []

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        call = (model.service_model.service_name, xform_name(model.name), params)
        if not call[1].startswith(READS) and call not in calls[-1:]:  # a race is tried again
            calls.append(call)

    stack.aws.session.events.register("provide-client-params.*.*", note)
    return stack, calls


def told(lines: Iterable[Line]) -> list[Sent]:
    calls = [line for line in lines if isinstance(line, Call) and not line.method.startswith(READS)]
    return [(call.service, call.method, sent(call.params)) for call in calls]


def same(told: Any, sent: Any) -> bool:
    """Whether they are the same; what only the shell will know may be anything."""
    if isinstance(told, str) and OPEN in told:
        pattern = ".+".join(re.escape(piece) for piece in re.split(f"{OPEN}.*?{CLOSE}", told))
        return not isinstance(sent, str) or re.fullmatch(pattern, sent) is not None
    if isinstance(told, dict) and isinstance(sent, dict):
        return told.keys() == sent.keys() and all(same(told[name], sent[name]) for name in told)
    if isinstance(told, list | tuple) and isinstance(sent, list | tuple):
        return len(told) == len(sent) and all(map(same, told, sent))
    return bool(told == sent)


@pytest.mark.parametrize("key", {key.partition("/")[0]: key for key in KEYS}.values())  # one of each kind
def test_what_it_tells_of_creating_and_deleting_is_what_it_sends(
    whole: Stack, running_engine: Engine, key: str
) -> None:
    stack, calls = recorded(running_engine)
    resource = stack.resources[key]
    gone = told(resource.to_delete())
    resource.delete(WAIT)
    assert calls
    assert same(gone, calls)
    calls.clear()
    again = told(resource.to_create())
    resource.create(WAIT)
    assert calls
    assert same(again, calls)


@pytest.mark.parametrize(("kind", "change"), tampering.changes())
def test_what_it_tells_of_updating_is_what_it_sends(
    whole: Stack, running_engine: Engine, kind: str, change: str
) -> None:
    resource = tampering.of_kind(whole, kind)
    tampering.CHANGES[kind][change](whole, resource)
    stack, calls = recorded(running_engine)
    resource = stack.resources[resource.key]
    now = resource.read()
    assert now is not None
    lines = told(resource.to_update(now))
    resource.update(now, WAIT)
    assert calls
    assert same(lines, calls)


def test_what_it_tells_when_there_is_nothing_yet_is_what_up_sends(engine: Engine) -> None:
    stack, calls = recorded(engine)
    lines = [call for resource in stack.resources.values() for call in told(resource.to_create())]
    stacks.up(stack)
    missing = [call for call in calls if not any(same(line, call) for line in lines)]
    assert missing == []
    assert len(lines) == len(calls)


class Shell:
    """A bash in the directory of the `advent` fixture, with `aws` and `advent` on its path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        path = f"{folder / 'bin'}:{ADVENT.parent}:{os.environ['PATH']}"
        self.environment = {**os.environ, "PATH": path}

    def run(self, script: str) -> None:
        done = subprocess.run(
            ["bash", "-eu"], cwd=self.folder, env=self.environment, input=script, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr


@pytest.fixture
def bash(tmp_path: Path) -> Iterator[Shell]:
    with installed_aws.installed(tmp_path / "bin"):
        yield Shell(tmp_path)


def test_the_tutorial_can_be_executed(engine: Engine, advent: Run, bash: Shell) -> None:
    script = advent("plan", "--explain").stdout
    assert "# SNS > Topics > Create topic\n" in script
    assert "> Configuration > Environment variables > SNS_TOPIC_ARN\n" in script
    assert script.endswith(f"\n# {len(KEYS)} to create\n")
    bash.run(script)
    assert advent("plan").stdout == "nothing to do: everything matches config.yaml\n"
    assert "# nothing to do" in advent("plan", "--explain").stdout
    assert "awsadvent = 11, some = 11" in advent("say", "awsadvent", "some").stderr
    advent("slack", "secret", stdin="a-real-secret\n")

    asked = advent("down", "--explain", code=4).stderr
    assert "a-real-secret" not in script + asked
    script = asked[: asked.index(" to delete\n")]
    assert "--yes" in asked
    bash.run(script)
    assert stacks.left(stacks.tutorial(engine).aws.client) == []
    assert "nothing to delete" in advent("down", "--explain", "--yes").stderr


CONSUMER_FIRST = """\
stack: trial
table: {name: trial, key: word}
topics: [one, two]
api: {name: trial}
functions:
  listener: {handler: code/app.handler, subscribes: [one, two], filter: {body: {kind: ["it's"]}}, concurrency: 1}
  front:
    routes: [GET /a, "POST /b/{x}"]
    publishes: [one, two]
    environment: {ODD: "a $HOME `id` \\"q\\" 'x' é"}
"""


def test_so_can_an_app_of_ones_own_and_what_it_is_changed_to(engine: Engine, advent: Run, bash: Shell) -> None:
    """Parts stand before those that they need, two routes share an integration, and some things are left over."""
    for name in ("front.py", "code/app.py"):
        (bash.folder / "handlers" / name).parent.mkdir(parents=True, exist_ok=True)
        (bash.folder / "handlers" / name).write_text("def handler(event, context):\n    print(event)\n")
    config = bash.folder / "config.yaml"
    changed = CONSUMER_FIRST.replace("[one, two], filter", "one, filter").replace("GET /a", "PUT /c")
    for text in (CONSUMER_FIRST, changed.replace("it's", "other")):
        config.write_text(text)
        script = advent("plan", "--explain").stdout
        bash.run(script)
        assert advent("plan").stdout == "nothing to do: everything matches config.yaml\n"
    assert {"-", "+", "~"} <= {line[2] for line in script.splitlines() if line.startswith("# ")}


def test_what_was_changed_by_hand_can_be_put_back_by_hand(whole: Stack, advent: Run, bash: Shell) -> None:
    for kind, changes in tampering.CHANGES.items():
        resource = tampering.of_kind(whole, kind)
        next(iter(changes.values()))(whole, resource)
        if hasattr(resource, "function"):
            wait_until_ready(whole.aws, resource.function, {}, WAIT)
    assert f"{len(tampering.CHANGES)} to update" in advent("plan").stdout
    bash.run(advent("plan", "--explain").stdout)
    assert advent("plan").stdout == "nothing to do: everything matches config.yaml\n"


def test_what_goes_with_a_function_that_is_made_anew_is_told_too(whole: Stack, advent: Run, bash: Shell) -> None:
    role = tampering.of_kind(whole, "role")
    role.delete(WAIT)
    role.create(WAIT)
    script = advent("plan", "--explain").stdout
    assert "made anew" in script
    bash.run(script)
    assert advent("plan").stdout == "nothing to do: everything matches config.yaml\n"


def test_the_variables_that_others_set_are_carried_along_unseen(whole: Stack, advent: Run, bash: Shell) -> None:
    client = whole.aws.client("lambda")
    function = tampering.of_kind(whole, "function").name
    there = client.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    there.pop("SNS_TOPIC_ARN")
    client.update_function_configuration(FunctionName=function, Environment={"Variables": {**there, "KEY": "it's `x"}})
    variable = tampering.of_kind(whole, "variable")
    lines = [aws_cli.line(line) for line in variable.to_create()]
    assert "it's" not in "".join(lines)
    bash.run("\n".join(['eval "$(advent local env)"', *lines]))
    now = client.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    assert now == {**there, "KEY": "it's `x", **{"SNS_TOPIC_ARN": variable.want()["value"]}}
    lines = [aws_cli.line(line) for line in variable.to_delete()]
    bash.run("\n".join(['eval "$(advent local env)"', *lines]))
    now = client.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    assert now == {**there, "KEY": "it's `x"}


def test_up_shows_the_same_before_it_begins(engine: Engine, advent: Run) -> None:
    script = advent("plan", "--explain").stdout
    up = advent("up", "--explain")
    assert up.stderr.startswith(script)
    assert up.stdout.count("\n") == 1
    assert "aws " not in advent("up", "--explain").stderr


def test_what_somebody_wrote_into_a_setting_is_no_command(whole: Stack, advent: Run, bash: Shell) -> None:
    function = tampering.of_kind(whole, "function").name
    trap = {"Variables": {"DYNAMO_TABLE": "\ntouch trap\r\ntouch trap; \x1b[2J"}}
    whole.aws.client("lambda").update_function_configuration(FunctionName=function, Environment=trap)
    wait_until_ready(whole.aws, function, {}, WAIT)
    script = advent("plan", "--explain").stdout
    assert "touch trap" in script
    bash.run(script)
    assert not (bash.folder / "trap").exists()
    assert advent("plan").stdout == "nothing to do: everything matches config.yaml\n"


def test_on_aws_it_waits_for_a_new_role_and_names_the_account(engine: Engine, advent: Run) -> None:
    env = {**engine.environment("eu-central-1"), "AWS_CONFIG_FILE": str(Path(os.devnull))}
    script = advent("--target", "aws", "plan", "--explain", **env).stdout
    assert script.startswith("# for account 000000000000, region eu-central-1;")
    assert "export AWS_REGION=eu-central-1 AWS_DEFAULT_REGION=eu-central-1\n" in script
    assert script.count("    again aws lambda create-function ") == 3
    assert "local env" not in script


def test_steps_stand_in_an_order_in_which_they_can_be_done() -> None:
    needs = {"a": {"c"}, "b": set(), "c": {"d"}, "d": set(), "not a step": {"b"}}
    steps = [Step(key, key, None, None) for key in "abcd"]
    assert [step.key for step in walkthrough.in_order(steps, needs)] == ["b", "d", "c", "a"]


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=[OPEN, CLOSE, "\0"]))
TREES = st.recursive(TEXTS | st.integers() | st.booleans(), lambda t: st.lists(t) | st.dictionaries(TEXTS, t))


@settings(max_examples=50)
@given(text=TEXTS, words=st.lists(TEXTS, min_size=1), tree=st.dictionaries(TEXTS, TREES), flag=st.booleans())
def test_a_command_says_what_the_parameters_say(text: str, words: list[str], tree: dict[str, Any], flag: bool) -> None:
    params = {"TopicArn": text, "Architectures": words, "Tags": tree, "AutoDeploy": flag, "MemorySize": 7}
    line = aws_cli.line(Call("sns", "do_something", params))
    said = shlex.split(line.replace("--topic-arn=", "--topic-arn "))
    assert said[:5] == ["aws", "sns", "do-something", "--topic-arn", text]
    assert said[5 : 6 + len(words)] == ["--architectures", *words]
    name, document, *rest = said[6 + len(words) :]
    assert (name, json.loads(document)) == ("--tags", tree)
    assert rest == ["--auto-deploy" if flag else "--no-auto-deploy", "--memory-size", "7"]


@given(before=TEXTS, after=TEXTS)
@settings(max_examples=20, deadline=None)
def test_the_shell_itself_reads_it_so(before: str, after: str) -> None:
    assert _echoed(aws_cli.quoted(f"{before}{kept('ID')}{after}")) == f"{before}an id{after}"
    assert _echoed(f"x {aws_cli.comment(before + after)}") == "x"


@pytest.mark.parametrize(
    "text", ["", "$(touch x)", "`x`", "it's", '"', "\\", "!!", "a\nb", "-x", "🎄 ünï", "*", "~", "#"]
)
def test_the_shell_reads_what_it_has_signs_for(text: str) -> None:
    assert _echoed(aws_cli.quoted(text)) == text
    assert _echoed(aws_cli.quoted(json.dumps({text: [text]}))) == json.dumps({text: [text]})


def _echoed(words: str) -> str:
    done = subprocess.run(["bash", "-c", f'ID="an id"; printf %s {words}'], capture_output=True, check=True)
    return done.stdout.decode()


def test_a_note_is_a_comment() -> None:
    assert aws_cli.line(Note(f"{ROLE_IS_NEW}\nrm x")) == f"# {ROLE_IS_NEW}\\nrm x"
