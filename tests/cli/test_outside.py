"""Files and text from outside are never a bug: each is one sentence with its name, and what to do."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from advent_cli.aws import json_text
from advent_cli.stack.build import Stack
from tests.conftest import ADVENT, Run
from tests.support import stacks
from tests.support.stacks import ROOT
from tests.support.tampering import put_code

# Root without these rights is refused like anybody else; anybody else has none.
UNPRIVILEGED = "-dac_override,-dac_read_search,-fowner"
DROP = ["setpriv", f"--bounding-set={UNPRIVILEGED}", f"--inh-caps={UNPRIVILEGED}"] if os.getuid() == 0 else []
CAN_DROP = pytest.mark.skipif(bool(DROP) and not shutil.which("setpriv"), reason="root cannot give up its rights here")


def run(words: list[str], cwd: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    variables = {**os.environ, **environment}
    return subprocess.run([*DROP, ADVENT, *words], cwd=cwd, env=variables, capture_output=True, text=True)


@pytest.fixture
def app(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "config.yaml", tmp_path)
    shutil.copytree(ROOT / "handlers", tmp_path / "handlers")
    return tmp_path


def test_a_config_in_utf_16_is_read_and_not_changed(app: Path, advent: Run) -> None:
    text = (app / "config.yaml").read_text().encode("utf-16")
    (app / "config.yaml").write_bytes(text)
    assert "config.yaml is not UTF-8\n  try: save it as UTF-8" in advent("new", "consumer", "loud", code=4).stderr
    assert (app / "config.yaml").read_bytes() == text
    assert not (app / "handlers" / "loud.py").exists()


@CAN_DROP
def test_folders_that_cannot_be_written_are_named(app: Path) -> None:
    (app / "handlers").chmod(0o555)
    done = run(["new", "consumer", "loud"], app)
    assert (done.returncode, done.stderr) == (1, "error: cannot use handlers/loud.py: Permission denied\n")
    assert "loud" not in (app / "config.yaml").read_text()
    (app / "state").mkdir(mode=0o555)
    done = run(["local", "start"], app, XDG_STATE_HOME=str(app / "state"))
    assert f"error: cannot use {app}/state/advent/engine for the local engine: Permission denied" in done.stderr
    assert done.returncode == 3


@CAN_DROP
def test_an_app_from_read_only_templates_can_be_changed(tmp_path: Path) -> None:
    site = tmp_path / "site"
    shutil.copytree(ROOT / "advent_cli", site / "advent_cli")
    tutorial = site / "advent_cli" / "tutorial"
    for name in ("handlers", "examples"):
        shutil.copytree(ROOT / name, tutorial / name)
    shutil.copy(ROOT / "config.yaml", tutorial)
    for folder, _, files in os.walk(tutorial):
        for name in files:
            os.chmod(Path(folder, name), 0o444)
        os.chmod(folder, 0o555)  # noqa: S103 (read-only)
    environment = {**os.environ, "PYTHONPATH": str(site)}
    command = [*DROP, sys.executable, "-m", "advent_cli", "new"]
    for words in (["app", "mine"], ["consumer", "loud"]):
        cwd = tmp_path / "mine" if words[0] == "consumer" else tmp_path
        done = subprocess.run([*command, *words], cwd=cwd, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_without_a_home_directory_the_error_says_what_to_set(tmp_path: Path) -> None:
    if os.getuid() != 0:
        pytest.skip("only root can become a user that is in no list")
    stranger = ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups", "--inh-caps=+dac_read_search"]
    environment = {"PATH": os.environ["PATH"]}
    command: list[str | Path] = [*stranger, "--ambient-caps=+dac_read_search", ADVENT, "local", "status"]
    done = subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True)
    assert done.returncode == 3
    assert "there is no home directory for the local engine's state\n  try: set HOME or XDG_STATE_HOME" in done.stderr


COUNTS = {"price": "1.5", "large": "1E+20", "less": "-3", "huge": "9" * 38}


def test_counts_that_are_not_whole_are_items_without_a_count(deployed: Stack, advent: Run) -> None:
    client = deployed.aws.client("dynamodb")
    for word, count in COUNTS.items():
        client.put_item(TableName="table", Item={"word": {"S": word}, "count": {"N": count}})
    client.put_item(TableName="table", Item={"word": {"S": "text"}, "count": {"S": "x"}})
    words = json.loads(advent("status", "--json").stdout)["words"]
    assert (words["total"], words["others"]) == (3, 2)
    assert words["sum"] == 10**20 - 3 + int("9" * 38)
    assert "2 items in the table, without a count" in advent("status").stdout
    assert "price = 2" in advent("say", "--no-wait", "awsadvent", "price").stdout
    refused = advent("down", "--yes", "--export", "words.jsonl", code=1).stderr
    assert "has no count: it is no whole number, or missing; nothing was deleted" in refused
    for word in (*COUNTS, "text"):
        client.delete_item(TableName="table", Key={"word": {"S": word}})
    stacks.up(deployed)


def test_json_that_is_nested_too_deeply_is_only_text() -> None:
    for text in ("[" * 100_000, '{"a":' * 100_000, "nothing", b"\xff"):
        with pytest.raises(ValueError, match=r"."):
            json_text.parse(text)
    assert json_text.parse('{"a": 1}') == {"a": 1}


def test_a_log_line_that_is_nested_too_deeply_is_shown(deployed: Stack, advent: Run) -> None:
    put_code(deployed, "sns_logger", "sns_logger", "def handler(event, context):\n    print('[' * 50_000)\n")
    try:
        deployed.aws.client("lambda").invoke(FunctionName="sns_logger", Payload=b"{}")
        assert "[" * 50_000 in advent("logs", "sns_logger").stdout
    finally:
        stacks.up(deployed)
