"""What --explain prints is what advent does: checked for every resource, and run in a shell."""

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

from advent_cli.aws.calls import CLOSE, OPEN, Call, Line, Note, boto3_params, placeholder
from advent_cli.aws.retry import Waiter
from advent_cli.deploy import aws_cli, walkthrough
from advent_cli.deploy.decide import Step
from advent_cli.local.lifecycle import Engine
from advent_cli.resources.aws_lambda import ROLE_IS_NEW, wait_until_ready
from advent_cli.stack.build import Stack
from tests.conftest import ADVENT, Run
from tests.support import installed_aws, stacks, tampering
from tests.support import proxy as proxies
from tests.support.proxy import refusing

KEYS = list(stacks.without_calls().resources)
WAIT = Waiter()
READS = ("get_", "list_", "describe_")
Sent = tuple[str, str, Any]


@pytest.fixture
def intact(deployed: Stack) -> Stack:
    """The stack, deployed and as wanted, whatever the previous test changed, and with nothing cached."""
    stack = stacks.tutorial_again(deployed)
    stacks.up(stack)
    return stack


def recorded(engine: Engine) -> tuple[Stack, list[Sent]]:
    """The tutorial's stack, and the list that each writing call is added to when it is sent."""
    stack = stacks.tutorial(engine, [])
    calls: list[Sent] = []

    def note(params: dict[str, Any], model: Any, **_: Any) -> None:
        call = (model.service_model.service_name, xform_name(model.name), params)
        if not call[1].startswith(READS) and call not in calls[-1:]:  # transient errors are retried
            calls.append(call)

    stack.aws.session.events.register("provide-client-params.*.*", note)
    return stack, calls


def calls_of(lines: Iterable[Line]) -> list[Sent]:
    calls = [line for line in lines if isinstance(line, Call) and not line.method.startswith(READS)]
    return [(call.service, call.method, boto3_params(call.params)) for call in calls]


def same(printed: Any, sent: Any) -> bool:
    """Whether they are the same; a shell variable matches any value."""
    if isinstance(printed, str) and OPEN in printed:
        pattern = ".+".join(re.escape(piece) for piece in re.split(f"{OPEN}.*?{CLOSE}", printed))
        return not isinstance(sent, str) or re.fullmatch(pattern, sent) is not None
    if isinstance(printed, dict) and isinstance(sent, dict):
        return printed.keys() == sent.keys() and all(same(printed[name], sent[name]) for name in printed)
    if isinstance(printed, list | tuple) and isinstance(sent, list | tuple):
        return len(printed) == len(sent) and all(map(same, printed, sent))
    return bool(printed == sent)


@pytest.mark.parametrize("key", {key.partition("/")[0]: key for key in KEYS}.values())  # one of each kind
def test_the_printed_calls_to_create_and_delete_are_the_sent_ones(
    intact: Stack, running_engine: Engine, key: str
) -> None:
    stack, calls = recorded(running_engine)
    resource = stack.resources[key]
    deletion = calls_of(resource.to_delete())
    resource.delete(WAIT)
    assert calls
    assert same(deletion, calls)
    calls.clear()
    creation = calls_of(resource.to_create())
    resource.create(WAIT)
    assert calls
    assert same(creation, calls)


@pytest.mark.parametrize("kind", tampering.CHANGES)
def test_the_printed_calls_to_update_are_the_sent_ones(intact: Stack, running_engine: Engine, kind: str) -> None:
    """One change after the other: each update leaves the stack as it was."""
    key = tampering.of_kind(intact, kind).key
    for name, change in tampering.CHANGES[kind].items():
        change(intact, intact.resources[key])
        stack, calls = recorded(running_engine)
        resource = stack.resources[key]
        now = resource.read()
        assert now is not None
        lines = calls_of(resource.to_update(now))
        resource.update(now, WAIT)
        assert calls, name
        assert same(lines, calls), name


def test_without_a_stack_the_printed_calls_are_those_that_up_sends(engine: Engine) -> None:
    stack, calls = recorded(engine)
    lines = [call for resource in stack.resources.values() for call in calls_of(resource.to_create())]
    stacks.up(stack)
    missing = [call for call in calls if not any(same(line, call) for line in lines)]
    assert missing == []
    assert len(lines) == len(calls)


class Shell:
    """Bash in the directory of the `advent` fixture, with `aws` and `advent` on its path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        path = f"{folder / 'bin'}:{ADVENT.parent}:{os.environ['PATH']}"
        self.environment = {**os.environ, "PATH": path}

    def run(self, script: str, folder: str = ".") -> str:
        where, command = self.folder / folder, ["bash", "-euc", script]
        done = subprocess.run(command, cwd=where, env=self.environment, input="typed\n", capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def bash(tmp_path: Path) -> Iterator[Shell]:
    with installed_aws.installed(tmp_path / "bin"):
        yield Shell(tmp_path)


def test_the_tutorial_works_as_a_script(engine: Engine, advent: Run, bash: Shell) -> None:
    script = advent("plan", "--explain").stdout
    assert "# SNS > Topics > Create topic\n" in script
    assert "> Configuration > Environment variables > SNS_TOPIC_ARN\n" in script
    assert script.endswith(f"\n# + {len(KEYS)} to create\n")
    bash.run(script)
    assert "nothing to do: everything matches config.yaml\n" in advent("plan").stdout
    assert "# nothing to do" in advent("plan", "--explain").stdout
    assert "awsadvent = 11, some = 11" in advent("say", "awsadvent", "some").stderr
    advent("slack", "secret", stdin="a-real-secret\n")

    refused = advent("down", "--explain", code=4).stderr
    assert "a-real-secret" not in script + refused
    header, script = refused[: refused.index(" to delete\n")].split("\n", 1)
    assert header.startswith("stack awsadvent on ")
    assert "--yes" in refused
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


def test_the_script_works_for_another_app_and_for_changes_to_it(engine: Engine, advent: Run, bash: Shell) -> None:
    """Functions come before those that they need, two routes share an integration, and the change leaves orphans."""
    for name in ("front.py", "code/app.py"):
        (bash.folder / "handlers" / name).parent.mkdir(parents=True, exist_ok=True)
        (bash.folder / "handlers" / name).write_text("def handler(event, context):\n    print(event)\n")
    config = bash.folder / "config.yaml"
    changed = CONSUMER_FIRST.replace("[one, two], filter", "one, filter").replace("GET /a", "PUT /c")
    for text in (CONSUMER_FIRST, changed.replace("it's", "other")):
        config.write_text(text)
        script = advent("plan", "--explain").stdout
        bash.run(script)
        assert "nothing to do: everything matches config.yaml\n" in advent("plan").stdout
    assert {"-", "+", "~"} <= {line[2] for line in script.splitlines() if line.startswith("# ")}


def test_the_script_for_aws_works_from_any_folder(engine: Engine, advent: Run, bash: Shell) -> None:
    """It names each endpoint itself, and repeats what Lambda refuses right after CreateQueue (amplify-js #9869)."""
    app, elsewhere = bash.folder / "an app", bash.folder / "elsewhere"
    elsewhere.mkdir()
    for name in ("front.py", "code/app.py"):
        (app / "handlers" / name).parent.mkdir(parents=True, exist_ok=True)
        (app / "handlers" / name).write_text("def handler(event, context):\n    print(event)\n")
    (app / "config.yaml").write_text(CONSUMER_FIRST)
    refused = refusing(400, "InvalidParameterValueException", "The destination ARN is invalid.")
    with proxies.running(engine) as proxy:
        env = {**engine.environment(None), "AWS_ENDPOINT_URL": proxy.endpoint.url}
        for own in ({}, {"AWS_ENDPOINT_URL_DYNAMODB": engine.url}):
            stacks.reset(engine)
            command = ("--target", "aws", "--config", "an app/config.yaml", "plan")
            script = advent(*command, "--explain", **env, **own).stdout
            proxy.begin()
            proxy.script = {"lambda:PutFunctionEventInvokeConfig": [refused] * 2}
            bash.folder = elsewhere
            bash.environment |= {**env, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
            bash.run(script)
            assert proxy.calls.count("lambda:PutFunctionEventInvokeConfig") == 3
            assert ("dynamodb:CreateTable" in proxy.calls) is not bool(own)
            assert "nothing to do: everything matches config.yaml\n" in advent(*command, **env).stdout


def test_the_script_reverts_changes_made_by_hand(intact: Stack, advent: Run, bash: Shell) -> None:
    for kind, changes in tampering.CHANGES.items():
        resource = tampering.of_kind(intact, kind)
        next(iter(changes.values()))(intact, resource)
        if hasattr(resource, "function"):
            wait_until_ready(intact.aws, resource.function, {}, WAIT)
    assert f"{len(tampering.CHANGES)} to update" in advent("plan").stdout
    bash.run(advent("plan", "--explain").stdout)
    assert "nothing to do: everything matches config.yaml\n" in advent("plan").stdout


def test_the_script_recreates_what_is_deleted_with_a_function(intact: Stack, advent: Run, bash: Shell) -> None:
    role = tampering.of_kind(intact, "role")
    role.delete(WAIT)
    role.create(WAIT)
    script = advent("plan", "--explain").stdout
    assert "its parent, which is recreated" in script
    bash.run(script)
    assert "nothing to do: everything matches config.yaml\n" in advent("plan").stdout


def test_variables_set_elsewhere_are_kept_and_not_printed(intact: Stack, advent: Run, bash: Shell) -> None:
    client = intact.aws.client("lambda")
    function = tampering.of_kind(intact, "function").name
    there = client.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    there.pop("SNS_TOPIC_ARN")
    client.update_function_configuration(FunctionName=function, Environment={"Variables": {**there, "KEY": "it's `x"}})
    variable = tampering.of_kind(intact, "variable")
    lines = [aws_cli.render(line) for line in variable.to_create()]
    assert "it's" not in "".join(lines)
    bash.run("\n".join(['eval "$(advent local env)"', *lines]))
    now = client.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    assert now == {**there, "KEY": "it's `x", **{"SNS_TOPIC_ARN": variable.want()["value"]}}
    lines = [aws_cli.render(line) for line in variable.to_delete()]
    bash.run("\n".join(['eval "$(advent local env)"', *lines]))
    now = client.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    assert now == {**there, "KEY": "it's `x"}


def test_up_prints_the_same_before_it_begins(engine: Engine, advent: Run) -> None:
    script = advent("plan", "--explain").stdout
    up = advent("up", "--explain")
    assert script in up.stderr
    assert up.stdout.count("\n") == 1
    assert "aws " not in advent("up", "--explain").stderr


def test_a_setting_cannot_inject_a_command(intact: Stack, advent: Run, bash: Shell) -> None:
    function = tampering.of_kind(intact, "function").name
    trap = {"Variables": {"DYNAMO_TABLE": "\ntouch trap\r\ntouch trap; \x1b[2J"}}
    intact.aws.client("lambda").update_function_configuration(FunctionName=function, Environment=trap)
    wait_until_ready(intact.aws, function, {}, WAIT)
    script = advent("plan", "--explain").stdout
    assert "touch trap" in script
    bash.run(script)
    assert not (bash.folder / "trap").exists()
    assert "nothing to do: everything matches config.yaml\n" in advent("plan").stdout


def test_on_aws_the_script_waits_for_a_new_role_and_names_the_account(engine: Engine, advent: Run) -> None:
    env = {**engine.environment("eu-central-1"), "AWS_CONFIG_FILE": str(Path(os.devnull))}
    script = advent("--target", "aws", "plan", "--explain", **env).stdout
    assert script.startswith("# for account 000000000000, region eu-central-1;")
    assert "export AWS_REGION=eu-central-1 AWS_DEFAULT_REGION=eu-central-1\n" in script
    assert script.count("    again aws lambda create-function ") == 3
    assert "local env" not in script


def test_steps_are_in_an_order_in_which_they_work() -> None:
    needs = {"a": {"c"}, "b": set(), "c": {"d"}, "d": set(), "not a step": {"b"}}
    steps = [Step(key, key, None, None) for key in "abcd"]
    assert [step.key for step in walkthrough.in_order(steps, needs)] == ["b", "d", "c", "a"]


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=[OPEN, CLOSE, "\0"]))
TREES = st.recursive(TEXTS | st.integers() | st.booleans(), lambda t: st.lists(t) | st.dictionaries(TEXTS, t))


@settings(max_examples=50)
@given(text=TEXTS, words=st.lists(TEXTS, min_size=1), tree=st.dictionaries(TEXTS, TREES), flag=st.booleans())
def test_a_command_has_all_parameters(text: str, words: list[str], tree: dict[str, Any], flag: bool) -> None:
    params = {"TopicArn": text, "Architectures": words, "Tags": tree, "AutoDeploy": flag, "MemorySize": 7}
    line = aws_cli.render(Call("sns", "do_something", params))
    command = shlex.split(line.replace("--topic-arn=", "--topic-arn "))
    assert command[:5] == ["aws", "sns", "do-something", "--topic-arn", text]
    assert command[5 : 6 + len(words)] == ["--architectures", *words]
    name, document, *rest = command[6 + len(words) :]
    assert (name, json.loads(document)) == ("--tags", tree)
    assert rest == ["--auto-deploy" if flag else "--no-auto-deploy", "--memory-size", "7"]


@given(before=TEXTS, after=TEXTS)
@settings(max_examples=20, deadline=None)
def test_bash_reads_quoted_text_and_comments(before: str, after: str) -> None:
    assert _echoed(aws_cli.quote(f"{before}{placeholder('ID')}{after}")) == f"{before}an id{after}"
    assert _echoed(f"x {aws_cli.comment(before + after)}") == "x"


@pytest.mark.parametrize(
    "text", ["", "$(touch x)", "`x`", "it's", '"', "\\", "!!", "a\nb", "-x", "🎄 ünï", "*", "~", "#"]
)
def test_bash_reads_quoted_special_characters(text: str) -> None:
    assert _echoed(aws_cli.quote(text)) == text
    assert _echoed(aws_cli.quote(json.dumps({text: [text]}))) == json.dumps({text: [text]})


def _echoed(words: str) -> str:
    done = subprocess.run(["bash", "-c", f'ID="an id"; printf %s {words}'], capture_output=True, check=True)
    return done.stdout.decode()


def test_a_note_is_a_comment() -> None:
    assert aws_cli.render(Note(f"{ROLE_IS_NEW}\nrm x")) == f"# {ROLE_IS_NEW}\\nrm x"
