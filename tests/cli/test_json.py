"""Output for scripts: one document, or a line for each event, valid against docs/schemas, however a command ends."""

import json
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from advent_cli.cli.failure import end_with_error
from advent_cli.cli.options import Run as Context
from advent_cli.cli.pick_reporter import pick_reporter
from advent_cli.config import editor_schema
from advent_cli.deploy.decide import Action
from advent_cli.deploy.events import Outcome
from advent_cli.local.lifecycle import Engine
from advent_cli.output import json_documents
from tests.conftest import ADVENT, Run
from tests.resources.test_foreign import make_foreign_table
from tests.support import proxy as proxies
from tests.support import reading, schemas, stacks
from tests.support.person import Person, statements
from tests.support.proxy import Handler, Proxy, pass_on
from tests.support.schemas import checked
from tests.support.stacks import ROOT
from tests.support.tampering import reconfigure
from tests.test_end_to_end import client, left

COMMANDS = {
    "up": ["up"],
    "plan": ["plan"],
    "status": ["status"],
    "policy": ["policy"],
    "say": ["say", "awsadvent"],
    "audit": ["audit"],
    "down": ["down", "--yes"],
}
UNREACHABLE_AWS = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_REGION": "us-east-1",
}


def document(done: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    """The one document on stdout, with the right exit code; stderr is empty, because nothing is reported twice."""
    assert done.stderr == ""
    result = checked(json.loads(done.stdout))
    assert result["exit_code"] == done.returncode
    return result


def lines(text: str) -> list[dict[str, Any]]:
    """The events, each valid against its schema, in a sane order."""
    events = [checked(json.loads(line)) for line in text.splitlines()]
    assert [event["event"] == "result" for event in events] == [False] * (len(events) - 1) + [True]
    if len(events) == 1:
        return events
    assert [event["event"] == "planned" for event in events] == [True] + [False] * (len(events) - 1)
    assert [step["key"] for step in events[0]["steps"]] == [step["key"] for step in events[-1]["result"]["steps"]]
    started: set[str] = set()
    finished: set[str] = set()
    for event in events[1:]:
        key = event.get("key", "")
        if event["event"] == "started":
            assert key not in started | finished
            started.add(key)
        elif event["event"] == "waiting":
            assert key in started - finished
        elif event["event"] == "finished":
            assert key not in finished
            assert key in started or event["outcome"] in ("skipped", "left")
            finished.add(key)
    assert {step["key"] for step in events[0]["steps"]} == finished
    assert started <= finished
    return events


def check_what_say_prints(advent: Run) -> None:
    """Say five messages that have four different words."""
    said = document(advent("say", "--json", "awsadvent", "some", "ünï"))
    text, reply = "awsadvent some ünï", "awsadvent = 1, some = 1, ünï = 1"
    assert said["messages"] == [{"text": text, "reply": reply, "counts": {"awsadvent": 1, "some": 1, "ünï": 1}}]
    assert said["settled"] == {"awsadvent": 11, "some": 11, "ünï": 11}
    assert said["consumers"] == ["sns_multiplier"]
    again = document(advent("say", "--json", "--no-wait", "awsadvent"))
    assert (again["messages"][0]["counts"], again["settled"], again["consumers"]) == ({"awsadvent": 12}, None, [])
    followed = document(advent("say", "--json", "--trace", "awsadvent"))
    assert [hop["state"] for hop in (followed["way"], *followed["way"]["hops"])] == ["done"] * 3
    assert followed["settled"] == {"awsadvent": followed["messages"][0]["counts"]["awsadvent"] + 10}
    many = document(advent("say", "--json", "-", stdin="awsadvent one\nawsadvent one\n"))
    assert [message["text"] for message in many["messages"]] == ["awsadvent one"] * 2
    assert many["settled"]["one"] == 22


def test_each_command_follows_its_schema(engine: Engine, advent: Run) -> None:
    plan = document(advent("plan", "--json", "--exit-code", code=5))
    assert plan["ok"]
    assert plan["changes"]
    assert {step["action"] for step in plan["steps"]} == {"create"}
    assert plan["summary"]["create"] == len(plan["steps"]) == len(stacks.without_calls().resources)

    up = document(advent("up", "--json"))
    assert {step["outcome"] for step in up["steps"]} == {"created", "attached"}
    place = ("awsadvent", "local", "us-east-1", "000000000000")
    assert (up["stack"], up["target"], up["region"], up["account"]) == place
    assert up["url"].startswith(engine.url)
    assert up["open"]

    check_what_say_prints(advent)

    audit = document(advent("audit", "--json"))
    assert audit["summary"]["messages"] == len(audit["messages"]) == 5
    assert audit["summary"]["deliveries"] == 10

    status = document(advent("status", "--json", "--top", "1"))
    assert {resource["state"] for resource in status["resources"]} == {"ok"}
    assert status["url"] == up["url"]
    assert status["urls"] == [up["url"]]
    assert status["dead_letters"] == {"queue": "awsadvent-dlq", "count": 0}
    assert (len(status["words"]["top"]), status["words"]["total"]) == (1, 4)

    policy = document(advent("policy", "say", "--json"))
    assert policy["policy"] == json.loads(advent("policy", "say").stdout)

    down = document(advent("down", "--json", "--yes", "--export", "words.jsonl"))
    assert {step["outcome"] for step in down["steps"]} == {"deleted"}
    assert (down["left"], down["exported"], left(engine)) == ([], 4, [])
    assert document(advent("down", "--json"))["steps"][0]["action"] == "nothing"
    assert document(advent("up", "--json", "--import", "words.jsonl"))["imported"] == 4


def test_a_difference_has_both_values(engine: Engine, advent: Run) -> None:
    advent("up")
    client(engine, "dynamodb").delete_table(TableName="table")
    reconfigure(client(engine, "lambda"), "sns_logger", Timeout=3)
    plan = document(advent("plan", "--json"))
    actions = {step["key"]: step["action"] for step in plan["steps"] if step["action"] != "nothing"}
    assert actions == {"table/table": "create", "function/sns_logger": "update"}
    (step,) = [step for step in plan["steps"] if step["action"] == "update"]
    assert step["differences"] == [{"setting": "timeout", "now": 3, "want": 30}]
    status = document(advent("status", "--json"))
    states = {resource["key"]: resource["state"] for resource in status["resources"] if resource["state"] != "ok"}
    assert states == {"table/table": "missing", "function/sns_logger": "differs"}
    assert status["words"] is None


@pytest.mark.parametrize("command", COMMANDS)
def test_an_error_before_the_run_is_in_the_document(advent: Run, tmp_path: Path, command: str) -> None:
    (tmp_path / "broken.yaml").write_text("stack: [\n")
    config = document(advent("--config", "broken.yaml", *COMMANDS[command], "--json", code=2))
    assert "broken.yaml" in config["errors"][0]["what"]
    unknown = document(advent(*COMMANDS[command], "--bogus", "--json", code=2))
    assert "--bogus" in unknown["errors"][0]["what"]
    assert unknown["errors"][0]["hint"].startswith(f"`advent {command} --help`")
    before = document(advent("--target", "moon", *COMMANDS[command], "--json", code=2))
    assert "moon" in before["errors"][0]["what"]
    unreachable = document(advent("--target", "aws", *COMMANDS[command], "--json", code=3, **UNREACHABLE_AWS))
    assert "cannot be reached" in unreachable["errors"][0]["what"]
    for found in (config, unknown, before, unreachable):
        assert found["schema"] == json_documents.schema(command)
    by_variable = advent(*COMMANDS[command], "--bogus", code=2, **{f"ADVENT_{command.upper()}_JSON": "1"})
    assert document(by_variable) == unknown
    events = advent(*COMMANDS[command], "--events", "--bogus", code=2)  # also of a command that has only --json
    assert json.loads(events.stdout)["result"]["schema"] == json_documents.schema(command)


@pytest.mark.parametrize("command", ["status", "say", "audit", "down"])
def test_an_engine_that_is_not_running_is_in_the_document(advent: Run, tmp_path: Path, command: str) -> None:
    found = document(advent(*COMMANDS[command], "--json", code=3, XDG_STATE_HOME=str(tmp_path)))
    assert found["errors"][0]["what"] == "the local engine is not running"


def test_without_a_json_mode_errors_go_to_stderr(advent: Run, tmp_path: Path) -> None:
    for words in (["up", "--bogus"], ["say", "--", "--json"], ["logs", "--json"], ["nonsense", "--json"]):
        done = advent(*words, code=3 if "say" in words else 2, XDG_STATE_HOME=str(tmp_path / "state"))
        assert done.stdout == ""
        assert done.stderr


def test_a_foreign_resource_is_in_the_document(engine: Engine, advent: Run) -> None:
    make_foreign_table(stacks.tutorial(engine))
    for command in ("plan", "up", "status", "down"):
        found = document(advent(*COMMANDS[command], "--json", code=4))
        (error,) = found["errors"]
        assert error["what"].startswith("table table exists but is not managed by this stack (arn:aws:")
        assert "advent up --adopt table/table" in error["hint"]
        table = (found.get("steps") or found["resources"])[0]
        assert table["error"] == error
        assert table.get("state", "foreign") == "foreign"
        assert table.get("action", "blocked") == "blocked"
    before = reading.everything(stacks.tutorial(engine).aws)
    (result,) = lines(advent("up", "--events", code=4).stdout)
    found = result["result"]
    assert [error["what"].split()[1] for error in found["errors"]] == ["table"]
    assert {step["outcome"] for step in found["steps"]} == {None}
    assert (found["url"], found["ok"]) == (None, False)
    assert reading.everything(stacks.tutorial(engine).aws) == before
    for words in (["up", "--keep-going"], COMMANDS["down"]):
        events = lines(advent(*words, "--events", code=4).stdout)
        assert "left" in [event.get("outcome") for event in events]


def test_a_denied_step_fails_and_the_rest_is_reported(engine: Engine, tmp_path: Path) -> None:
    with proxies.running(engine) as proxy:
        check_denied_steps(Person(proxy, tmp_path))


def check_denied_steps(person: Person) -> None:
    person.allow([s for s in statements("up") if not s["Action"][0].startswith("dynamodb:")] + statements("plan"))
    found = document(person.run("up", "--json"))
    assert found["exit_code"] == 1
    assert "access denied: CreateTable" in found["errors"][0]["what"]
    outcomes = {step["key"]: step["outcome"] for step in found["steps"]}
    assert outcomes["table/table"] == "failed"
    assert outcomes["function/sns_logger"] == "created"
    assert outcomes["function/aws_advent"] == "created"
    person.allow([])
    for command in COMMANDS:
        refused = document(person.run(*COMMANDS[command], "--json"))
        assert refused["ok"] == (command == "policy")


def test_events_come_in_order_and_end_with_the_document(engine: Engine, advent: Run) -> None:
    for words, outcomes in (
        (["up"], {"created", "attached"}),
        (["up"], {"unchanged"}),
        (["down", "--yes"], {"deleted"}),
    ):
        done = advent(*words, "--events")
        events = lines(done.stdout)
        assert done.stderr == ""
        assert {event["outcome"] for event in events if event["event"] == "finished"} == outcomes
        assert events[-1]["result"]["schema"] == f"advent.{words[0]}/1"
    assert len(lines(advent("up", "--events", "--watch", code=2).stdout)) == 1


def test_a_script_gets_no_prompt_even_on_a_terminal(engine: Engine, advent: Run, tmp_path: Path) -> None:
    advent("up")
    advent("say", "awsadvent")
    shutil.copytree(ROOT / "handlers", tmp_path / "handlers")
    config = (ROOT / "config.yaml").read_text()
    (tmp_path / "config.yaml").write_text(config.replace("name: table\n", "name: other\n"))
    ours, theirs = pty.openpty()

    def run(*words: str) -> dict[str, Any]:
        command = [str(ADVENT), *words, "--json"]
        done = subprocess.run(
            command, cwd=tmp_path, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, text=True, timeout=60
        )
        found = checked(json.loads(done.stdout))
        assert done.returncode == found["exit_code"]
        return found

    for command, what in (
        ("up", "table table is no longer in config.yaml, with 1 word count"),
        ("down", "not confirmed"),
    ):
        refused = run(command)
        assert refused["exit_code"] == 4
        assert [error["what"] for error in refused["errors"]] == [what]
        assert "--yes" in refused["errors"][0]["hint"]
    assert run("say", "awsadvent")["settled"] == {"awsadvent": 11}
    assert select.select([ours], [], [], 0)[0] == []  # nothing was written to the terminal
    os.close(theirs)
    os.close(ours)
    assert client(engine, "dynamodb").list_tables()["TableNames"] == ["other", "table"]


def test_the_text_is_ascii_in_any_encoding(engine: Engine, advent: Run) -> None:
    advent("up")
    text = "awsadvent ünï 🎄 a\u202eb\u009b2Jc"
    for encoding in ("utf-8", "ascii", "cp1252"):
        done = advent("say", "--json", "--no-wait", text, PYTHONIOENCODING=encoding)
        assert done.stdout.isascii()
        assert done.stdout.isprintable() or set(re.findall(r"[^ -~]", done.stdout)) == {"\n"}
    assert "ünï = " in advent("say", "--no-wait", text, PYTHONIOENCODING="ascii").stdout  # people get their letters
    status = document(advent("status", "--json"))
    assert "ünï" in [word["word"] for word in status["words"]["top"]]
    error = document(advent("--config", b"caf\xe9.yaml", "plan", "--json", code=2))["errors"][0]
    assert "caf?.yaml" in error["what"]


@pytest.fixture
def proxy(engine: Engine) -> Iterator[Proxy]:
    with proxies.running(engine) as proxy:
        yield proxy


def through(proxy: Proxy, *words: str, **pipes: Any) -> "subprocess.Popen[str]":
    """A running `advent` whose AWS is the engine behind the proxy."""
    own = {"AWS_ENDPOINT_URL": proxy.endpoint.url, "PYTHONUNBUFFERED": ""}  # advent flushes by itself
    environment = {**os.environ, **proxy.engine.environment(None), **own}
    command = [str(ADVENT), "--target", "aws", *words]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, **pipes)


def up_to(words: str, stream: IO[str], times: int = 1) -> str:
    """All lines up to the one that completes this many occurrences of `words`, or to the end."""
    text = ""
    while text.count(words) < times and (line := stream.readline()):
        text += line
    return text


def with_dependents(key: str) -> set[str]:
    """A step and all steps that depend on it."""
    needs, found, before = stacks.without_calls().needs, {key}, set[str]()
    while found != before:
        before, found = found, found | {other for other, needed in needs.items() if needed & found}
    return found


def test_an_interrupted_run_reports_what_it_did(proxy: Proxy) -> None:
    arrived, released = threading.Event(), threading.Event()

    in_time = []

    def hold(handler: Handler, body: bytes) -> None:
        arrived.set()
        in_time.append(released.wait(60))
        pass_on(handler, body)

    proxy.script = {"sns:CreateTopic": [hold], "sts:GetCallerIdentity": [pass_on, hold]}
    dependents = with_dependents("topic/awsadvent")
    with through(proxy, "up", "--events", stderr=subprocess.PIPE) as up:
        assert up.stdout
        assert up.stderr
        text = up_to('"event": "finished"', up.stdout, times=len(stacks.without_calls().resources) - len(dependents))
        up.send_signal(signal.SIGINT)
        text += up_to('"event": "stopping"', up.stdout)
        released.set()
        text += up.stdout.read()
        assert up.stderr.read() == ""
    assert (up.returncode, in_time) == (130, [True])  # the lines came while the call was held
    result = lines(text)[-1]["result"]
    assert result["errors"][-1] == {"what": "interrupted", "why": "", "hint": "run the same command again to finish"}
    assert result["exit_code"] == 130
    assert {step["key"] for step in result["steps"] if step["outcome"] == "skipped"} == dependents - {"topic/awsadvent"}

    arrived.clear()
    released.clear()
    with through(proxy, "plan", "--json", stderr=subprocess.PIPE) as plan:
        assert arrived.wait(60)
        plan.send_signal(signal.SIGINT)
        out, err = plan.communicate()
    released.set()
    assert (plan.returncode, checked(json.loads(out))["exit_code"], err) == (130, 130, "")


def test_the_run_goes_on_when_the_reader_closes_the_pipe(proxy: Proxy) -> None:
    up = through(proxy, "up", "--events", stderr=subprocess.PIPE)
    assert up.stdout
    assert up.stderr
    assert json.loads(up.stdout.readline())["event"] == "planned"
    up.stdout.close()
    assert up.stderr.read() == ""
    up.stderr.close()
    assert up.wait() == 0
    assert "nothing to do" in through(proxy, "plan").communicate()[0]


def test_a_full_disk_is_reported_on_stderr(engine: Engine, tmp_path: Path) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run([ADVENT, "plan", "--json"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert "cannot write the output: No space left on device" in done.stderr
    assert done.returncode


def test_verbose_traces_calls_and_rich_is_not_loaded(engine: Engine, tmp_path: Path) -> None:
    program = "import sys; sys.argv = ['advent', '-v', 'plan', '--json']\nfrom advent_cli.cli.main import main\n"
    program += "try: main()\nexcept SystemExit: print('rich' in sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    checked(json.loads(done.stdout))
    assert "  dynamodb:DescribeTable " in done.stderr
    assert done.stderr.endswith("False\n")


def test_a_bug_is_in_the_document_and_is_raised(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="half"):
        end_with_error(pick_reporter("up", ["json"], Context()), ValueError("half"))
    found = checked(json.loads(capsys.readouterr().out))
    assert found["errors"][0]["why"] == "ValueError"  # not its message, which may hold a secret


def test_the_schemas_list_each_value_and_describe_each_field() -> None:
    files = {file.name for file in schemas.FOLDER.iterdir()}
    documents = {f"advent.{name}-{version}.json" for name, version in json_documents.VERSIONS.items()}
    assert files == documents | {editor_schema.FILE}
    for name in json_documents.VERSIONS:
        schema = json.loads((schemas.FOLDER / f"advent.{name}-{json_documents.VERSIONS[name]}.json").read_text())
        fields = schemas.parts(schema)
        assert fields
        assert [path for path, part in fields if not part.get("description") and "$ref" not in part] == []
    step = json.loads((schemas.FOLDER / "advent.up-1.json").read_text())["$defs"]["step"]["properties"]
    assert step["action"]["enum"] == [action.name.lower() for action in Action]
    assert step["outcome"]["enum"] == [*(outcome.name.lower() for outcome in Outcome), None]


def test_the_examples_in_the_docs_follow_the_schemas() -> None:
    text = "".join((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("json.md", "json-documents.md"))
    blocks = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    found = [checked(json.loads(block)) for block in blocks]
    (block,) = re.findall(r"```jsonl\n(.*?)```", text, re.DOTALL)
    events = [checked(json.loads(line)) for line in block.splitlines()]
    assert {one["schema"] for one in [*found, *events]} == {
        json_documents.schema(name) for name in json_documents.VERSIONS
    }
    assert {one["event"] for one in events} == {"planned", "started", "waiting", "finished", "result"}
    for name in json_documents.VERSIONS:
        assert f"(schemas/advent.{name}-{json_documents.VERSIONS[name]}.json)" in text
