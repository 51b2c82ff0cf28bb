"""The installed command, from the first `up` to the last `down`, on a real engine with IAM enforced."""

import base64
import json
import os
import shutil
import subprocess
import urllib.parse
import urllib.request
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest

from advent_cli.aws.retry import Waiter
from advent_cli.local.lifecycle import Engine
from tests.conftest import ADVENT, Run
from tests.support import stacks
from tests.support.schemas import checked
from tests.support.stacks import ROOT
from tests.support.tampering import reconfigure


@pytest.fixture
def installed(tmp_path: Path) -> Run:
    """Run the installed command in an empty directory, without a terminal."""

    def run(*args: str, code: int = 0, stdin: str = "", **env: str) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [ADVENT, *args], cwd=tmp_path, env={**os.environ, **env}, input=stdin, capture_output=True, text=True
        )
        assert done.returncode == code, f"{args} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    return run


def client(engine: Engine, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=engine.url,
        region_name="us-east-1",
        aws_access_key_id=engine.access_key,
        aws_secret_access_key=engine.secret_key,
    )


def left(engine: Engine) -> list[str]:
    """All resources in the engine, of the kinds that advent creates."""
    return stacks.left(partial(client, engine))


def post(url: str, **fields: str) -> str:
    """Post a form, as curl would."""
    with urllib.request.urlopen(url, urllib.parse.urlencode(fields).encode()) as answer:
        assert answer.headers["Content-Type"] == "application/json"
        return str(json.load(answer)["text"])


def logged(engine: Engine, function: str) -> list[str]:
    events = client(engine, "logs").filter_log_events(logGroupName=f"/aws/lambda/{function}")["events"]
    lines = [json.loads(event["message"]) for event in events if event["message"].startswith("{")]
    return [line["message"] for line in lines]


def test_the_tutorial(engine: Engine, installed: Run) -> None:
    advent = installed
    up = advent("up")
    url = up.stdout.strip()
    assert url.startswith(engine.url)
    assert "next: advent say awsadvent some words" in up.stderr
    assert "connect Slack" not in up.stderr  # that is a long way; `advent slack` shows it
    assert f"  {len(stacks.without_calls().resources)} created in " in up.stderr

    first = advent("say", "awsadvent", "some", "words")
    assert first.stdout == "awsadvent = 1, some = 1, words = 1\n"
    assert "after sns_multiplier: awsadvent = 11, some = 11, words = 11" in first.stderr
    assert post(url, text="awsadvent some words") == "awsadvent = 12, some = 12, words = 12"
    Waiter().until(lambda: "22 " in advent("status").stdout, "the counts settle", within=30)

    status = advent("status").stdout
    number = len(stacks.without_calls().resources)
    assert f"  ✔ {number} of {number} healthy\n" in status
    assert f"  URL           {url}\n" in status
    assert advent("-v", "status").stdout.count("\n      ok ") == number
    assert [line.split()[:2] for line in status.splitlines() if line.endswith("█")] == [
        ["awsadvent", "22"],
        ["some", "22"],
        ["words", "22"],
    ]
    assert status.endswith("3 words, 66 in total\n")
    assert {"awsadvent", "some", "words"} <= set(logged(engine, "sns_logger"))

    again = advent("up")
    assert again.stdout == up.stdout
    assert again.stderr == f"✔ awsadvent on the local engine, us-east-1: up to date, {number} resources\n"

    refused = advent("down", code=4)
    assert "with 3 word counts" in refused.stderr
    assert "--yes" in refused.stderr
    assert advent("status").stdout == status

    advent("down", "--yes")
    assert left(engine) == []
    assert "nothing to delete" in advent("down", "--yes").stderr


def test_text_that_is_not_utf_8_is_rejected(advent: Run) -> None:
    output = advent("say", b"caf\xe9", code=2).stderr
    assert "not UTF-8" in output


def test_any_text_arrives_unchanged(engine: Engine, advent: Run) -> None:
    advent("up")
    text = "awsadvent a&b c#d e+f g%41 h=i 🎄 ünï x,y 'q' twice twice"
    said = advent("say", text)
    expected = {word: 2 if word == "twice" else 1 for word in text.split()}
    assert said.stdout == ", ".join(f"{word} = {n}" for word, n in expected.items()) + "\n"
    assert ", ".join(f"{word} = {11 * n}" for word, n in expected.items()) in said.stderr
    assert advent("say", "--no-wait", "🎄").stdout == "🎄 = 12\n"
    assert "begin with 'awsadvent'" in advent("say", "--no-wait", "hello").stderr


def test_what_someone_else_removed_is_shown_and_restored(engine: Engine, advent: Run) -> None:
    advent("up")
    client(engine, "dynamodb").delete_table(TableName="table")
    reconfigure(client(engine, "lambda"), "sns_logger", Timeout=3)
    status = advent("status").stdout
    assert "  ✘ 24 of 26 healthy: 1 missing, 1 differs\n" in status
    assert "    missing  table        table\n" in status
    assert "    differs  function     sns_logger\n      timeout: 3, should be 30\n" in status
    assert "no words: the table table is missing; see `advent plan`" in status
    plan = advent("plan").stdout
    assert plan.splitlines()[1:] == [
        "  + DynamoDB table   table",
        "    Lambda function  sns_logger",
        "      ~ function     sns_logger",
        "          timeout: 3 -> 30",
        "  + 1 to create, ~ 1 to update",
        "  apply: `advent up`",
    ]
    assert advent("status").stdout == status  # plan wrote nothing
    up = advent("up").stderr
    assert ": 1 created, 1 updated, 24 unchanged" in up
    assert "nothing to do: everything matches config.yaml\n" in advent("plan").stdout
    client(engine, "apigatewayv2").delete_api(ApiId=client(engine, "apigatewayv2").get_apis()["Items"][0]["ApiId"])
    assert "the api aws_advent is missing" in advent("say", "hi", code=1).stderr


def test_a_failing_function_is_reported(engine: Engine, advent: Run) -> None:
    advent("up")
    client(engine, "iam").delete_role_policy(
        RoleName="aws_advent_lambda_dynamo", PolicyName="aws_advent_lambda_dynamo_microservice"
    )  # IAM is enforced: without the policy there is no counting
    failed = advent("say", "hi", code=1)
    assert "the API answered 5" in failed.stderr
    assert "bug in advent" not in failed.stderr


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A copy of the tutorial's app in the directory of the `advent` fixture."""
    shutil.copytree(ROOT / "handlers", tmp_path / "handlers")
    shutil.copy(ROOT / "config.yaml", tmp_path)
    return tmp_path / "config.yaml"


def test_consumers_are_added_and_removed_in_config_yaml(engine: Engine, advent: Run, own: Path) -> None:
    text = own.read_text()
    consumer = "  fourth:\n    handler: fourth.handler\n    role: fourth\n    table: write\n    subscribes: awsadvent\n"
    own.write_text(text[: text.index("  sns_logger:")] + consumer)
    shutil.copy(own.parent / "handlers" / "sns_multiplier.py", own.parent / "handlers" / "fourth.py")
    advent("up")
    said = advent("say", "awsadvent")
    assert (said.stdout, "awsadvent = 21" in said.stderr) == ("awsadvent = 1\n", True)
    assert "sns_logger" not in advent("status").stdout


def test_what_is_removed_from_config_yaml_is_deleted(engine: Engine, advent: Run, own: Path) -> None:
    advent("up")
    whole = len(left(engine))
    text = own.read_text()
    own.write_text(text[: text.index("  sns_logger:")])
    assert advent("status").stdout.count("  (not in config.yaml)\n") == 4
    assert {line.strip() for line in advent("plan").stdout.splitlines()[1:]} == {
        "SNS topic        awsadvent",
        "- subscription awsadvent to sns_logger",
        "- Lambda function  sns_logger",
        "- IAM role         sns_logger_lambda",
        "- Log group        /aws/lambda/sns_logger",
        "- 4 to delete",
        "apply: `advent up`",
    }
    advent("up")
    assert len(left(engine)) == whole - 4
    assert not [name for name in left(engine) if "sns_logger" in name]
    assert "nothing to do" in advent("plan").stdout
    assert "awsadvent = 11" in advent("say", "awsadvent").stderr

    own.write_text(
        text.replace("  sns_multiplier:", "  multiplier:\n    handler: sns_multiplier.handler")
    )  # renamed: one is deleted and one created
    renamed = advent("plan").stdout
    assert "- Lambda function  sns_multiplier\n" in renamed
    assert "    Lambda function  multiplier\n" in renamed
    assert "+ function     multiplier\n" in renamed
    advent("up")
    assert "awsadvent = 22" in advent("say", "awsadvent").stderr  # and nothing counts twice

    own.write_text(text[: text.index("  sns_multiplier:")])
    assert "Lambda function     sns_logger " in advent("down", "--yes").stderr  # down deletes what up has not yet
    assert left(engine) == []


def test_removing_subscribes_removes_the_subscription(engine: Engine, advent: Run, own: Path) -> None:
    advent("up")
    text = own.read_text()
    own.write_text(text.replace("    subscribes: awsadvent\n    memory: 256", "    memory: 256"))
    plan = advent("plan").stdout
    assert "- subscription awsadvent to sns_multiplier\n" in plan
    assert "- destination  sns_multiplier\n" in plan
    assert "- permission   advent-awsadvent of sns_multiplier\n" in plan
    advent("up")
    assert "nothing to do" in advent("plan").stdout
    policy = client(engine, "lambda").get_policy(FunctionName="sns_multiplier")["Policy"]
    assert json.loads(policy)["Statement"] == []


def test_renaming_everything_leaves_nothing_of_the_old(engine: Engine, advent: Run, own: Path) -> None:
    advent("up")
    advent("say", "awsadvent", "words")
    text = own.read_text()
    for old, new in [
        ("name: table", "name: other"),
        (": awsadvent\n", ": broker\n"),
        ("[awsadvent]", "[broker]"),
        ("name: aws_advent", "name: path"),
    ]:
        text = text.replace(old, new)
    own.write_text(text.replace("trigger_word: broker", "trigger_word: awsadvent"))
    refused = advent("up", code=4).stderr
    assert "table table is no longer in config.yaml, with 2 word counts" in refused
    assert "`advent up --yes` deletes it" in refused
    assert "! DynamoDB table      table " in refused
    assert [
        name for name in left(engine) if name == "table" or name.endswith(":awsadvent") or name == "aws_advent"
    ] == [
        "table",
        "aws_advent",  # the function keeps its name
    ]
    assert "awsadvent = 11" in advent("say", "awsadvent").stderr
    advent("up", "--yes")
    assert "table" not in left(engine)
    assert "nothing to do" in advent("plan").stdout


def test_the_key_of_the_table_is_a_setting(engine: Engine, advent: Run, own: Path) -> None:
    own.write_text(own.read_text().replace("key: word", "key: term"))
    advent("up")
    assert "awsadvent = 11" in advent("say", "awsadvent").stderr


def test_only_changed_code_is_updated(engine: Engine, advent: Run, own: Path) -> None:
    advent("up")
    (own.parent / "handlers" / "sns_logger.py").write_text("def handler(event, context):\n    print('changed')\n")
    rows = [line.split() for line in advent("up").stderr.splitlines() if line.startswith("  ✔ ")]
    assert [row[1:6] for row in rows[:-1]] == [["Lambda", "function", "sns_logger", "·", "code"]]


def test_verbose_prints_each_call_and_all_settings(engine: Engine, advent: Run) -> None:
    advent("-v", "up")
    again = advent("-v", "up").stderr
    assert "sts:GetCallerIdentity 200" in again
    assert not [line for line in again.splitlines() if any(f":{verb}" in line for verb in ("Create", "Put", "Update"))]
    status = advent("-v", "status").stdout
    for setting in (
        "primary_key: word (S)", "handler: app.handler", '"DYNAMO_TABLE": "table"', "POST /aws_advent",
        "aws_advent_lambda_dynamo_snspublish", "SNS_TOPIC_ARN on aws_advent", "sns_multiplier.handler",
        "value: arn:aws:sns:us-east-1:000000000000:awsadvent", "sns_logger.handler", '"sns:Publish"',
    ):  # fmt: skip
        assert setting in status
    plan = advent("-v", "plan").stdout
    assert "nothing to do: everything matches config.yaml\n" in plan


def test_a_form_may_be_base64_encoded_or_not(engine: Engine) -> None:
    stack = stacks.tutorial(engine)
    stacks.up(stack)
    for number, encode in enumerate([True, False], start=1):
        body = urllib.parse.urlencode({"text": "same"})
        event = {"body": base64.b64encode(body.encode()).decode() if encode else body, "isBase64Encoded": encode}
        client(engine, "dynamodb").delete_item(TableName="table", Key={"word": {"S": "same"}})
        answer = client(engine, "lambda").invoke(FunctionName="aws_advent", Payload=json.dumps(event))
        reply = json.loads(json.load(answer["Payload"])["body"])["text"]
        assert reply in ("same = 1", f"same = {10 * (number - 1) + 1}")


def test_options_can_come_from_the_environment(engine: Engine, advent: Run, own: Path) -> None:
    own.rename(own.with_name("other.yaml"))
    env = {"ADVENT_CONFIG": "other.yaml", "ADVENT_REGION": "eu-central-1", "ADVENT_DOWN_YES": "1"}
    advent("up", **env)
    assert "eu-central-1" in advent("-v", "status", ADVENT_VERBOSE="1", **env).stdout
    advent("down", **env)
    assert "wrong_setting" in _broken(advent, own.with_name("other.yaml"), env)


def _broken(advent: Run, file: Path, env: dict[str, str]) -> str:
    file.write_text(file.read_text() + "wrong_setting: 1\n")
    return advent("up", code=2, **env).stderr


def test_plan_exit_code_reports_changes(engine: Engine, advent: Run) -> None:
    advent("plan", "--exit-code", code=5)
    advent("up")
    advent("plan", "--exit-code", code=0)


def test_keep_table_keeps_an_orphan_too(engine: Engine, advent: Run, own: Path) -> None:
    advent("up")
    advent("say", "awsadvent")
    own.write_text(own.read_text().replace("name: table", "name: other"))
    advent("up", code=4)  # the old table is not deleted without confirmation
    kept = "  kept: table other\n  kept: table table\n"
    assert f"{kept}  nothing else is left: " in advent("down", "--yes", "--keep-table").stderr
    again = advent("down", "--yes", "--keep-table").stderr
    assert again == f"nothing to delete: awsadvent is not deployed on the local engine, us-east-1\n{kept}"
    document = checked(json.loads(advent("down", "--keep-table", "--json").stdout))
    assert [each["key"] for each in document["kept"]] == ["table/other", "table/table"]
    assert sorted(client(engine, "dynamodb").list_tables()["TableNames"]) == ["other", "table"]


def test_version_names_python_boto3_and_ministack(advent: Run) -> None:
    import re

    output = advent("--version").stdout
    assert re.fullmatch(
        r"advent \d+\.\d+\.\d+ \(Python 3\.\d+\.\d+, boto3 1\.\d+\.\d+, ministack 1\.\d+\.\d+\)\n", output
    )


def test_a_foreign_variable_shows_without_its_value(engine: Engine, advent: Run) -> None:
    advent("up")
    variables = {"Variables": {"DB_PASSWORD": "hunter2hunter2"}}
    reconfigure(client(engine, "lambda"), "sns_logger", Environment=variables)
    for command in (["status"], ["plan"], ["plan", "--explain"], ["plan", "--json"], ["-v", "status"]):
        shown = advent(*command)
        assert "DB_PASSWORD" in shown.stdout
        assert "hunter2" not in shown.stdout + shown.stderr
    advent("up")
    assert "nothing to do" in advent("plan").stdout


def test_hints_have_the_global_options_of_the_run(engine: Engine, advent: Run) -> None:
    output = advent("--stack", "other", "--region", "us-east-1", "say", "x", code=1).stderr
    assert "try: `advent --stack other --region us-east-1 up` creates it" in output
