"""An export deployed on the engine, with the commands of its own README.md: it is the same app, and keeps the words."""

import io
import json
import re
import time
import urllib.parse
import urllib.request
import zipfile
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from advent_cli.aws.connect import connect
from advent_cli.aws.tags import CLOUDFORMATION
from advent_cli.config import config_file
from advent_cli.local.lifecycle import Engine
from advent_cli.resources.aws_lambda import policy_statements
from advent_cli.resources.base import Resource
from advent_cli.resources.function import Function
from advent_cli.resources.permission import Permission
from advent_cli.stack.build import Stack, build
from tests.conftest import Run
from tests.deploy.test_walkthrough import Shell, bash
from tests.stack.test_own_apps import has_logged, items, until
from tests.support import apps, stacks

__all__ = ["bash"]
IGNORED_BY_ENGINE = {"boundary", "concurrency"}  # test_template.py reads them in the template
TAGGED = ("api", "function", "log-group", "queue", "role", "table", "topic")


def blocks(shell: Shell, section: str) -> list[str]:
    """The shell blocks of a section of the exported README.md; the engine's keys come first."""
    text = (shell.folder / "out" / "README.md").read_text(encoding="utf-8")
    part = text.split(f"\n## {section}")[1].split("\n## ")[0]
    found = re.findall(r"^ *```sh\n(.*?)^ *```$", part, re.MULTILINE | re.DOTALL)
    assert found, section
    return [f'eval "$(advent local env)"\n{block}' for block in found]


def deploy(shell: Shell) -> dict[str, str]:
    """Run the section "Deploy"; returns the outputs that its last command prints."""
    printed = [shell.run(block, "out") for block in blocks(shell, "Deploy")]
    return dict(line.split("\t") for line in printed[-1].splitlines())


def post(engine: Engine, url: str, text: str) -> str:
    """The app's answer to what Slack posts; the name of the API's host is not known here, so its id is in the path."""
    api_id, path = re.fullmatch(r"https?://(\w+)\.execute-api\.[^/]*(/.*)", url).groups()  # type: ignore[union-attr]
    command, _, rest = text.partition(" ")
    form = {"command": command, "text": rest} if text.startswith("/") else {"trigger_word": command, "text": text}
    body = urllib.parse.urlencode({**form, "user_name": "ann"}).encode()
    with urllib.request.urlopen(engine.endpoint.api_url.format(api_id=api_id) + path, body) as answer:
        return str(json.loads(answer.read())["text"])


def counts(engine: Engine) -> dict[str, str]:
    return {item["word"]: item["count"] for item in items(engine, "table")}


def test_the_tutorial_counts_on_without_advent(engine: Engine, advent: Run, bash: Shell) -> None:
    advent("export", "out")
    outputs = deploy(bash)
    say = partial(post, engine, outputs["Url"], "awsadvent some words")
    assert say() == "awsadvent = 1, some = 1, words = 1"
    until(lambda: counts(engine) == dict.fromkeys(("awsadvent", "some", "words"), "11"), "both consumers")
    assert say() == "awsadvent = 12, some = 12, words = 12"
    until(lambda: has_logged(engine, "sns_logger", "words"), "the logger")
    assert outputs.keys() == {"Url", "AwsadventTopicArn", "TableName", "DeadLetterQueueUrl"}

    (secret,) = blocks(bash, "Secrets")
    bash.run(secret)  # it is typed
    stored = stacks.tutorial(engine).aws.client("ssm").get_parameter
    found = stored(Name="/advent/awsadvent/slack-secret", WithDecryption=True)["Parameter"]
    assert (found["Value"], found["Type"]) == ("typed", "SecureString")


def test_the_example_with_three_consumers_in_parallel(engine: Engine, advent: Run, bash: Shell) -> None:
    apps.write(bash.folder, "new-hire")
    advent("export", "out")
    url = deploy(bash)["Url"]
    assert "remote" in post(engine, url, "/hire bob writer remote")
    assert post(engine, url, "/hire ann engineer") == "ann is hired as engineer (office); everybody knows."
    until(lambda: len(items(engine, "new-hire-steps")) >= 5, "all steps")
    time.sleep(1)  # an unwanted badge would come late
    wanted = {"ann/accounts", "ann/payroll", "ann/badge", "bob/accounts", "bob/payroll"}
    assert {item["step"] for item in items(engine, "new-hire-steps")} == wanted


def test_the_example_with_three_steps_in_a_row(engine: Engine, advent: Run, bash: Shell) -> None:
    apps.write(bash.folder, "pipeline")
    advent("export", "out")
    url = deploy(bash)["Url"]
    post(engine, url, "/order 17 tea")
    until(lambda: [item.get("state") for item in items(engine, "pipeline-orders")] == ["sent"], "the last step")


def test_the_words_move_with_their_table(engine: Engine, advent: Run, bash: Shell) -> None:
    advent("up")
    advent("say", "awsadvent some words")
    advent("export", "out")
    hand_over, prepare, move = blocks(bash, "Move the app, with its table")
    assert hand_over.endswith("advent --target aws down --hand-over\n")
    advent("down", "--yes", "--hand-over")

    changes = [line.split("\t") for line in bash.run(prepare, "out").splitlines() if "\t" in line]
    assert len(changes) == 24
    assert [change for change in changes if change[0] != "Add"] == [["Import", "Table"]]
    bash.run(move, "out")
    url = dict(line.split("\t") for line in bash.run(blocks(bash, "Deploy")[-1], "out").splitlines())["Url"]
    assert post(engine, url, "awsadvent some words") == "awsadvent = 12, some = 12, words = 12"
    until(lambda: set(counts(engine).values()) == {"22"}, "both consumers")
    advent("down", "--yes", code=4)
    assert set(counts(engine).values()) == {"22"}, "nothing of it is advent's any more"


@pytest.mark.parametrize("name", ["tutorial", "new-hire", "pipeline", "without an API", "with everything"])
def test_each_setting_is_as_config_yaml_wants_it(
    name: str, engine: Engine, advent: Run, bash: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in engine.environment(None).items():
        monkeypatch.setenv(variable, value)
    config = config_file.load(apps.write(bash.folder, name))
    advent("export", "out")
    deploy(bash)
    stack = build(config, connect(config.stack))
    stack.aws.session.events.register("after-call", without_cloudformation)
    answer_like_aws(stack)
    for resource in stack.resources.values():
        if resource.kind in TAGGED:
            resource.adopt()
    different: dict[tuple[str, str], Any] = {}
    for key, resource in stack.resources.items():
        seen, want = as_seen(engine, stack, resource), resource.want()
        different |= {(key, setting): seen.get(setting) for setting in want if seen.get(setting) != want[setting]}
    assert {place: value for place, value in different.items() if place[1] not in IGNORED_BY_ENGINE} == {}
    assert {setting for _, setting in different} == (IGNORED_BY_ENGINE if name == "with everything" else set())


def without_cloudformation(parsed: Any, **_: Any) -> None:
    """Take the tags of CloudFormation off an answer: with them everything is foreign, and advent reads no settings.

    tests/resources/test_cloudformation.py holds that; nobody but CloudFormation could take them off.
    """
    if isinstance(parsed, dict):
        for key in [key for key in parsed if key.startswith(CLOUDFORMATION)]:
            del parsed[key]
    elif isinstance(parsed, list):
        parsed[:] = [each for each in parsed if not str(as_key(each)).startswith(CLOUDFORMATION)]
    for each in parsed.values() if isinstance(parsed, dict) else parsed if isinstance(parsed, list) else ():
        without_cloudformation(each)


def as_key(item: Any) -> Any:
    """The key of a tag that is a pair of Key and Value."""
    return item.get("Key") if isinstance(item, dict) else None


def answer_like_aws(stack: Stack) -> None:
    """Let the engine answer three reads as AWS does about what CloudFormation made.

    Lambda means $LATEST if it gets no qualifier ("Configuring error handling settings for asynchronous invocations" in
    its developer guide); the engine keeps both apart. SNS also says which topic and endpoint a subscription has
    (GetSubscriptionAttributes in its API reference); the engine does for those that Subscribe made. API Gateway has
    the throttle under the names of its API (GetStage in its API reference); the engine has those of the template.
    """
    asked: list[str] = []

    def with_topic(parsed: dict[str, Any], **_: Any) -> None:
        (found,) = [each for each in listed()["Subscriptions"] if each["SubscriptionArn"] == asked[-1]]
        parsed["Attributes"] |= {name: found[name] for name in ("TopicArn", "Endpoint")}

    def with_throttle(parsed: dict[str, Any], http_response: Any, **_: Any) -> None:
        throttle = json.loads(http_response.text)["defaultRouteSettings"]
        parsed["DefaultRouteSettings"] = {name: float(value) for name, value in throttle.items()}

    events, listed = stack.aws.session.events, stack.aws.client("sns").list_subscriptions
    latest = "provide-client-params.lambda.GetFunctionEventInvokeConfig"
    events.register(latest, lambda params, **_: {**params, "Qualifier": "$LATEST"})
    stack.aws.client("apigatewayv2").meta.events.register("after-call.apigatewayv2.GetStage", with_throttle)
    attributes = "GetSubscriptionAttributes"
    sns = stack.aws.client("sns").meta.events
    sns.register(f"provide-client-params.sns.{attributes}", lambda params, **_: asked.append(params["SubscriptionArn"]))
    sns.register(f"after-call.sns.{attributes}", with_topic)


def as_seen(engine: Engine, stack: Stack, resource: Resource) -> dict[str, Any]:
    """What `read` says, with what differs for a reason: the bytes of a zip, statement ids, the engine's own address."""
    if isinstance(resource, Permission):
        statements = policy_statements(stack.aws, resource.function)
        arn = resource.source_arn()
        (sid,) = [sid for sid, each in statements.items() if each["Condition"]["ArnLike"]["AWS:SourceArn"] == arn]
        resource = replace(resource, existing_id=sid)
    seen = resource.read()
    assert seen is not None, resource.key
    if isinstance(resource, Function):
        assert resource.bundle
        assert unzipped(deployed_code(engine, stack, resource.name)) == unzipped(resource.bundle.data)
        environment = seen["environment"]
        if "DEAD_LETTER_QUEUE_URL" in environment:
            assert environment["DEAD_LETTER_QUEUE_URL"].endswith(f"/000000000000/{stack.queue.name}")
            environment["DEAD_LETTER_QUEUE_URL"] = stack.queue.url
        seen["code"] = resource.bundle.sha256
    return seen


def deployed_code(engine: Engine, stack: Stack, function: str) -> bytes:
    """The zip that Lambda has."""
    location = stack.aws.client("lambda").get_function(FunctionName=function)["Code"]["Location"]
    with urllib.request.urlopen(stacks.signed(engine, "GET", urllib.parse.urlsplit(location).path)) as answer:
        return bytes(answer.read())


def unzipped(data: bytes) -> dict[str, tuple[bytes, int]]:
    """The files of a zip with their modes."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {each.filename: (archive.read(each), each.external_attr >> 16 & 0o777) for each in archive.infolist()}
