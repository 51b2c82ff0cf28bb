"""Your own apps: the examples, added and removed consumers, several stacks."""

import json
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from advent_cli.aws.retry import Waiter
from advent_cli.config import config_file, file_changes
from advent_cli.errors import AdventError
from advent_cli.local.lifecycle import Engine
from advent_cli.stack import scaffold
from tests.conftest import ADVENT, Run
from tests.support import reading, stacks
from tests.support.screen import Terminal
from tests.support.stacks import ROOT

Item = dict[str, Any]


def items(engine: Engine, table: str) -> list[Item]:
    """The items of a table, without DynamoDB's types."""
    scanned = stacks.tutorial(engine).aws.client("dynamodb").scan(TableName=table)["Items"]
    return [{name: next(iter(value.values())) for name, value in item.items()} for item in scanned]


def until(ready: Callable[[], bool], what: str) -> None:
    Waiter().until(ready, what, within=60)


def has_logged(engine: Engine, function: str, text: str) -> bool:
    """Whether a function's log has a text."""
    pages = stacks.tutorial(engine).aws.client("logs").get_paginator("filter_log_events")
    events = [e for page in pages.paginate(logGroupName=f"/aws/lambda/{function}") for e in page["events"]]
    return any(text in event["message"] for event in events)


def test_the_example_with_three_consumers_in_parallel(engine: Engine, advent: Run) -> None:
    assert "cd hires && advent up" in advent("new", "app", "hires", "--from", "new-hire").stderr
    app = ("--config", "hires/config.yaml")
    advent(*app, "up")
    assert "Say who" in advent(*app, "say", "/hire", "ann").stdout
    assert advent(*app, "say", "/hire ann engineer").stdout == "ann is hired as engineer (office); everybody knows.\n"
    assert "remote" in advent(*app, "say", "/hire bob writer remote").stdout
    until(lambda: len(items(engine, "hires-steps")) >= 5, "all steps")
    time.sleep(1)  # an unwanted badge would come late
    steps = {item["step"]: item["text"] for item in items(engine, "hires-steps")}
    audit = advent(*app, "audit")  # its functions log no ids, and nothing is said of what nobody can know
    assert audit.stdout == "no messages were published in this time, as far as the logs show\n"
    assert "note: hires-form logs no ids of messages that it published" in audit.stderr
    assert steps == {
        "ann/accounts": "mail and chat for ann",
        "ann/payroll": "paid as engineer",
        "ann/badge": "a badge for ann",
        "bob/accounts": "mail and chat for bob",
        "bob/payroll": "paid as writer",
    }
    status = advent(*app, "status").stdout
    assert "5 items in the table, without a count" in status
    assert "none in hires-dlq" in status
    refused = advent(*app, "down", "--yes", "--export", "words", code=1).stderr
    assert "item 'ann/accounts' in the table hires-steps has no count" in refused
    assert len(items(engine, "hires-steps")) == 5
    assert "nothing is left: " in advent(*app, "down", "--yes").stderr


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status, json.loads(answer.read())["text"]
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())["text"]


def test_the_example_with_three_steps_in_a_row(engine: Engine, advent: Run) -> None:
    advent("new", "app", "orders", "--from", "pipeline")
    app = ("--config", "orders/config.yaml")
    url = advent(*app, "up").stdout.strip()
    assert get(f"{url}/17") == (404, "There is no such order.")
    assert advent(*app, "say", "/order 17 tea").stdout == "Order 17 is on its way.\n"
    until(lambda: get(f"{url}/17") == (200, "sent"), "the end of the pipeline")
    assert items(engine, "orders-orders") == [{"order": "17", "state": "sent", "what": "tea"}]
    both = [line.split()[1] for line in advent(*app, "status").stdout.splitlines() if line.startswith("  URL ")]
    assert both == [url, f"{url}/{{id}}"]
    # IAM is enforced: each step may publish only to the topic of the next.
    iam = stacks.tutorial(engine).aws.client("iam")
    policy = iam.get_role_policy(RoleName="orders-check_lambda", PolicyName="orders-check_lambda_snspublish")
    assert policy["PolicyDocument"]["Statement"][0]["Resource"].endswith(":orders-checked")


@pytest.mark.parametrize("example", ["new-hire", "pipeline"])
def test_the_readme_of_an_example_fits_a_screen_and_names_its_parts(example: str, tmp_path: Path) -> None:
    text = (ROOT / "examples" / example / "README.md").read_text()
    assert len(text.splitlines()) <= 30
    assert f"--from {example}" in text
    loaded = config_file.load(ROOT / "examples" / example / "config.yaml")
    for name in [*loaded.functions, *loaded.topics]:
        assert name.removeprefix(loaded.prefix) in text
    for route in loaded.routes[:1]:
        assert route in text


def test_a_new_consumer_receives_messages_and_leaves_nothing_when_removed(
    engine: Engine, advent: Run, tmp_path: Path
) -> None:
    advent("new", "app", "mine")
    file = tmp_path / "mine" / "config.yaml"
    before = file.read_text()
    app = ("--config", str(file))
    advent(*app, "up")
    added = advent(*app, "new", "consumer", "shouter")
    assert added.stdout.strip() == str(file.parent / "handlers" / "shouter.py")
    announced = [line.strip() for line in added.stderr.splitlines()[1:]]
    planned = [line[8:] for line in advent(*app, "-v", "plan").stdout.splitlines() if line.startswith("      + ")]
    assert [" ".join(line.split()) for line in planned] == announced
    assert file.read_text().startswith(before)  # comments and all
    advent(*app, "up")
    advent(*app, "say", "--no-wait", "awsadvent hello")
    until(lambda: has_logged(engine, "mine-shouter", '{"heard": "awsadvent hello"'), "the new consumer hears it")
    file.write_text(before)
    names = [line.split()[-1] for line in announced]
    removed = advent(*app, "up").stderr
    assert removed.count("deleted") >= 4
    client = stacks.tutorial(engine).aws.client
    assert not [name for name in stacks.left(client) if "shouter" in name]
    assert "shouter" in names[0]
    assert "nothing to do" in advent(*app, "plan").stdout


def test_two_stacks_share_nothing(engine: Engine, advent: Run) -> None:
    advent("up")
    advent("say", "awsadvent first")
    advent("--stack", "blue", "up")
    assert advent("--stack", "blue", "say", "awsadvent").stdout == "awsadvent = 1\n"
    rows = [line.split()[0] for line in advent("list").stdout.splitlines()]
    assert rows == ["awsadvent", "blue"]
    stack = stacks.tutorial(engine)
    before = {name: value for name, value in reading.everything(stack.aws).items() if "blue" not in f"{name}{value}"}
    assert "nothing is left: " in advent("--stack", "blue", "down", "--yes").stderr
    after = reading.everything(stack.aws)
    assert {name: value for name, value in after.items() if name in before} == before
    assert [line.split()[0] for line in advent("list").stdout.splitlines()] == ["awsadvent"]
    assert "--stack must be" in advent("--stack", "b!", "plan", code=2).stderr


def test_reserved_concurrency_is_set_and_removed(engine: Engine, advent: Run, own: Path) -> None:
    own.write_text(own.read_text().replace("  sns_logger:\n", "  sns_logger:\n    concurrency: 2\n"))
    advent("up")
    client = stacks.tutorial(engine).aws.client("lambda")
    reserved = client.get_function(FunctionName="sns_logger")["Concurrency"]
    assert reserved == {"ReservedConcurrentExecutions": 2}
    own.write_text(own.read_text().replace("    concurrency: 2\n", ""))
    assert "concurrency: 2 -> " in advent("plan").stdout
    advent("up")
    assert "Concurrency" not in client.get_function(FunctionName="sns_logger")
    assert "nothing to do" in advent("plan").stdout


def test_a_filter_is_set_and_removed(engine: Engine, advent: Run, own: Path) -> None:
    text = own.read_text()
    for filters in ("{attributes: {kind: [loud]}}", "{body: {person: {name: [ann, bob]}}}", None, "{body: {a: [1]}}"):
        line = f"  sns_logger:\n    filter: {filters}\n" if filters else "  sns_logger:\n"
        own.write_text(text.replace("  sns_logger:\n", line))
        advent("up")
        assert "nothing to do" in advent("plan").stdout


def test_only_functions_that_contain_a_changed_file_are_updated(engine: Engine, advent: Run, own: Path) -> None:
    advent("up")
    handlers = own.parent / "handlers"
    for file, updated in {"sns_logger.py": ["sns_logger"], "counting.py": ["aws_advent", "sns_multiplier"]}.items():
        with (handlers / file).open("a") as out:
            out.write("# changed\n")
        done = advent("-v", "up").stderr
        assert done.count("lambda:UpdateFunctionCode") == len(updated)
        assert sorted(line.split()[2] for line in done.splitlines() if line.startswith("  ~")) == updated
        assert "lambda:UpdateFunctionConfiguration" not in done


def test_watch_deploys_each_save_and_survives_errors(engine: Engine, advent: Run, own: Path) -> None:
    advent("up")
    handler = own.parent / "handlers" / "sns_logger.py"
    good = handler.read_text()
    log = own.parent / "watch.txt"
    with log.open("w") as out:
        process = subprocess.Popen([ADVENT, "up", "--watch"], cwd=own.parent, stderr=out, stdout=out)
        try:
            until(lambda: "watching" in log.read_text(), "watching")
            handler.write_text("def handler(:\n")
            until(lambda: "sns_logger.py:1: not valid Python" in log.read_text(), "the error is reported")
            handler.write_text(good + "# better\n")
            until(lambda: "1 updated" in log.read_text(), "the function is updated")
            assert process.poll() is None
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=30) == 0
        finally:
            process.kill()
            process.wait()
    assert "bug in advent" not in log.read_text()


def test_a_config_missing_for_a_moment_is_not_taken_for_the_tutorial(engine: Engine, advent: Run, own: Path) -> None:
    text = own.read_text().replace("stack: awsadvent", "stack: mine\nprefix: mine-")
    own.write_text(text)
    advent("up")
    log = own.parent / "watch.txt"
    with log.open("w") as out:
        process = subprocess.Popen([ADVENT, "up", "--watch"], cwd=own.parent, stderr=out, stdout=out)
        try:
            until(lambda: "watching" in log.read_text(), "watching")
            own.unlink()
            until(lambda: "cannot read config.yaml" in log.read_text(), "the missing file is reported")
            own.write_text(text)
            until(lambda: "config.yaml: nothing to do" in log.read_text(), "the second run has succeeded")
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=30) == 0
        finally:
            process.kill()
            process.wait()
    assert [line.split()[0] for line in advent("list").stdout.splitlines()] == ["mine"]


def test_files_saved_together_are_one_change(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    (tmp_path / "handlers").mkdir()
    file.write_text("a")
    saves = iter(["nothing", "one.py", "two.py", "nothing", "nothing", "three.py", "nothing", "nothing"])

    def sleep(_: float) -> None:
        if (name := next(saves)) != "nothing":
            (tmp_path / "handlers" / name).write_text("x")

    changes = file_changes.changes(file, file_changes.state(file), sleep)
    assert next(changes).endswith("one.py")
    assert next(changes).endswith("three.py")
    assert list(saves) == ["nothing"]  # the last is not needed to know that the changes have ended


def test_an_existing_function_gets_the_variables_of_several_topics(engine: Engine, advent: Run, own: Path) -> None:
    text = own.read_text().replace("topics: [awsadvent]", "topics: [awsadvent, b-1, c, d]")
    own.write_text(text)
    advent("up")
    own.write_text(text.replace("  sns_logger:\n", "  sns_logger:\n    publishes: [b-1, c, d]\n"))
    advent("up")
    assert "nothing to do" in advent("plan").stdout
    client = stacks.tutorial(engine).aws.client("lambda")
    variables = client.get_function_configuration(FunctionName="sns_logger")["Environment"]["Variables"]
    assert {name for name in variables if name.startswith("SNS")} == {f"SNS_TOPIC_ARN_{n}" for n in ("B_1", "C", "D")}


def test_a_secret_that_nobody_reads_is_not_asked_for(engine: Engine, own: Path) -> None:
    own.write_text(own.read_text().replace("    reads_secrets: slack-secret\n", ""))
    for words in (["secret", "foo"], ["slack", "secret"]):
        with Terminal([ADVENT, *words], own.parent, (150, 20)) as terminal:
            terminal.read(until="list it under reads_secrets of a function in config.yaml", within=30)
            assert terminal.ended() == 2
        assert "no function reads the secret" in terminal.written
        assert "ecret foo:" not in terminal.written
        assert "token:" not in terminal.written


def test_an_unused_secret_is_deleted_only_after_confirmation(engine: Engine, advent: Run, own: Path) -> None:
    text = own.read_text()
    own.write_text(text.replace("reads_secrets: slack-secret", "reads_secrets: [slack-secret, api-key]"))
    advent("up")
    assert "no function reads the secret 'other'" in advent("secret", "other", stdin="x\n", code=2).stderr
    advent("secret", "api-key", stdin="12345\n")
    advent("slack", "secret", stdin="67890\n")
    own.write_text(text)
    assert "- Secret           /advent/awsadvent/api-key" in advent("plan").stdout
    kept = advent("up", code=4)
    assert "api-key is no longer in config.yaml, with a secret that only you know" in kept.stderr
    assert "12345" not in kept.stderr + kept.stdout
    advent("up", "--yes")
    client = stacks.tutorial(engine).aws.client("ssm")
    assert [p["Name"] for p in client.describe_parameters()["Parameters"]] == ["/advent/awsadvent/slack-secret"]
    own.write_text(text.replace("    reads_secrets: slack-secret\n", ""))
    assert "nothing is left: " in advent("down", "--yes").stderr
    assert client.describe_parameters()["Parameters"] == []


def test_a_stack_name_must_not_be_empty(advent: Run) -> None:
    assert "--stack must be at most 30 letters" in advent("--stack", "", "plan", code=2).stderr


ROUTES = {
    "POST /orders/{id}/lines": "*/POST/orders/*/lines",
    "ANY /{proxy+}": "*/*/*",
    "GET /": "*/GET/",
}


@pytest.mark.parametrize("route", ROUTES)
def test_a_route_has_a_source_arn_of_its_own(route: str) -> None:
    stack = stacks.without_calls()
    stack.aws.ids[stack.api.name] = "abc"
    assert stack.api.source_arn(route) == f"arn:aws:execute-api:us-east-1:000000000000:abc/{ROUTES[route]}"


def test_a_route_that_moves_to_another_function_always_works(engine: Engine, advent: Run, own: Path) -> None:
    advent("up")
    text = own.read_text()
    own.write_text(
        text.replace("    routes: POST /aws_advent\n", "").replace(
            "  sns_logger:\n", "  sns_logger:\n    routes: POST /aws_advent\n"
        )
    )
    moved = advent("-v", "up", "--no-wait").stderr  # sns_logger takes messages from SNS only, and fails at any other
    calls = [line.split()[0] for line in moved.splitlines() if line.startswith("  ")]
    order = [call for call in calls if call.endswith(("AddPermission", "UpdateRoute", "RemovePermission"))]
    assert order == ["lambda:AddPermission", "apigateway:UpdateRoute", "lambda:RemovePermission"]
    assert "nothing to do" in advent("plan").stdout


def test_say_posts_to_the_first_route_that_takes_post(engine: Engine, advent: Run, own: Path) -> None:
    routes = "routes: [GET /look, 'POST /x/{id}', POST /aws_advent]"
    text = own.read_text()
    own.write_text(text.replace("routes: POST /aws_advent", routes))
    advent("up")
    assert advent("say", "--no-wait", "awsadvent").stdout == "awsadvent = 1\n"
    own.write_text(text.replace("routes: POST /aws_advent", "routes: GET /look"))
    advent("up")
    assert "no function has a POST route for Slack" in advent("say", "awsadvent", code=1).stderr


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The config.yaml of an app in the directory of the `advent` fixture."""
    shutil.copytree(ROOT / "handlers", tmp_path / "handlers")
    shutil.copy(ROOT / "config.yaml", tmp_path)
    return tmp_path / "config.yaml"


CONFIGS = {
    "comments at the end": "functions:\n  a:\n    subscribes: t  # heard\n\n# the end\n# of it\n",
    "more after it": "functions:\n    a:\n        subscribes: t\n\n# about the target\ntarget: local\n",
    "no line end": "functions:\n  a:\n    subscribes: t",
    "a flow inside": "functions:\n  a: {subscribes: t,\n      memory: 256}\n",
    "a list at the end": "functions:\n  a:\n    subscribes:\n      - t\n",
    "a text at the end": "functions:\n  a:\n    subscribes: t\n    environment:\n      X1: |\n        1\n        2\n",
    "windows": "functions:\n  a:\n    subscribes: t\n",
}
HEAD = "stack: s\ntable: {name: ttt, key: k}\ntopics: [t]\napi: {name: a}\n"


@pytest.mark.parametrize("name", CONFIGS)
def test_the_rest_of_config_yaml_stays_as_it_is(tmp_path: Path, name: str) -> None:
    (tmp_path / "handlers").mkdir()
    (tmp_path / "handlers" / "a.py").write_text("def handler(event, context): ...\n")
    file = tmp_path / "config.yaml"
    text = HEAD + CONFIGS[name]
    if name == "windows":
        text = text.replace("\n", "\r\n")
    file.write_bytes(text.encode())
    handler, titles = scaffold.add_consumer(file, "shouter", None)
    changed = file.read_bytes().decode()
    lines = changed.splitlines(keepends=True)
    (at,) = [number for number, line in enumerate(lines) if "shouter" in line]
    del lines[at - 1 : at + 2]  # an empty line and two others
    assert "".join(lines).rstrip("\n") == text.rstrip("\n")
    assert ("\r\n" in changed) == (changed.count("\n") == changed.count("\r\n"))
    old, now = yaml.safe_load(text), yaml.safe_load(changed)
    assert now["functions"].pop("shouter") == {"subscribes": "t"}
    assert now == old
    assert handler.name == "shouter.py"
    assert "function shouter" in titles


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("shouter", "--topic", "nope"), "unknown topic 'nope' in --topic\n  try: use one of: awsadvent"),
        (("sns_logger",), "config.yaml already has a function sns_logger"),
        (("counting",), "already exists"),
        (("two words",), "'two words' cannot be the name of a consumer"),
        (("../evil",), "'../evil' cannot be the name of a consumer"),
        (("json",), "'json' cannot be the name of a consumer"),
        (("x" * 65,), "cannot be the name of a consumer"),
    ],
)
def test_an_invalid_consumer_changes_nothing(advent: Run, own: Path, words: tuple[str, ...], why: str) -> None:
    before = {path: path.read_bytes() for path in own.parent.rglob("*") if path.is_file()}
    done = subprocess.run([ADVENT, "new", "consumer", *words], cwd=own.parent, capture_output=True, text=True)
    assert done.returncode in (2, 4)
    assert why in done.stderr
    assert {path: path.read_bytes() for path in own.parent.rglob("*") if path.is_file()} == before


def test_a_new_app_in_a_place_that_is_no_folder_is_an_error_for_people(advent: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot create file/app: Not a directory" in advent("new", "app", "file/app", code=1).stderr


def test_a_new_app_needs_an_empty_folder_and_a_valid_name(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("")
    with pytest.raises(AdventError, match="not empty"):
        scaffold.create_app(tmp_path / "full", "tutorial")
    with pytest.raises(AdventError, match="cannot be the name"):
        scaffold.create_app(tmp_path / "1st", "tutorial")
    for name in scaffold.templates():
        scaffold.create_app(tmp_path / name, name)
        loaded = config_file.load(tmp_path / name / "config.yaml")
        assert (loaded.stack, loaded.prefix) == (name, f"{name}-")
        assert all(text.startswith(f"{name}-") for text in [*loaded.functions, *loaded.topics, loaded.table.name])
