"""An app as people have them, with packages, programs and shared code: on the engine, and as AWS would get it."""

import base64
import io
import json
import os
import re
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from advent_cli.local.lifecycle import Engine
from tests.conftest import Run
from tests.deploy.test_walkthrough import Shell, bash
from tests.stack.test_own_apps import has_logged, until
from tests.support import proxy as proxies
from tests.support.package_index import wheel
from tests.support.proxy import Handler

__all__ = ["bash"]
CONFIG = """\
stack: own
prefix: own-
table: {name: words, key: word}
topics: [news]
api: {name: api}
architecture: arm64
functions:
  front: {handler: front/app.handler, routes: POST /front, publishes: news}
  loud: {handler: listener/app.handler, subscribes: news, filter: {attributes: {kind: [loud]}}}
  quiet: {handler: listener/app.handler, subscribes: news, filter: {attributes: {kind: [quiet]}}}
"""
FRONT = """\
import importlib.metadata
import json
import os
import subprocess
from pathlib import Path

import boto3
import greeting
import msgspec

from shared import texts

HERE = Path(__file__).parent


def handler(event, context):
    said = subprocess.run([HERE / "tools" / "shout", greeting.hello()], capture_output=True, text=True, check=True)
    subprocess.run([HERE / "greeting" / "bin" / "ok"], check=True)
    (point,) = importlib.metadata.entry_points(group="greeters")
    attributes = {"kind": {"DataType": "String", "StringValue": "loud"}}
    boto3.client("sns").publish(TopicArn=os.environ["SNS_TOPIC_ARN"], Message="news", MessageAttributes=attributes)
    text = f"{said.stdout.strip()} {texts.NAME} {point.name} {(HERE / '.setting').read_text()}"
    return {"statusCode": 200, "body": msgspec.json.encode({"text": text}).decode()}
"""
LISTENER = "def handler(event, context):\n    print('heard', event['Records'][0]['Sns']['Message'])\n"


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """The folder of the app: its compiled package is there for the Python that runs the tests, and for Lambda."""
    files = {
        "config.yaml": CONFIG,
        "shared/texts/__init__.py": "NAME = 'world'\n",
        "handlers/listener/app.py": LISTENER,
        "handlers/front/app.py": FRONT,
        "handlers/front/.setting": "set",
        "handlers/front/.env": "SECRET=1",
        "handlers/front/tools/shout": '#!/bin/sh\necho "$1" | tr a-z A-Z\n',
        "handlers/front/requirements.txt": "--no-index\n--find-links ../../wheels\n-r ../common.txt\n",
        "handlers/common.txt": "greeting==1.0\nmsgspec\nmissing; platform_machine == 'riscv64'\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "handlers" / "front" / "tools" / "shout").chmod(0o755)
    (tmp_path / "handlers" / "front" / "shared").symlink_to("../../shared")
    greeting = {
        "greeting/__init__.py": "def hello():\n    return 'hello'\n",
        "greeting/bin/ok": "#!/bin/sh\n",
        "greeting-1.0.dist-info/entry_points.txt": "[greeters]\nhi = greeting:x\n[console_scripts]\nhi = greeting:x\n",
    }
    wheel(tmp_path / "wheels", greeting)
    installed = metadata.distribution("msgspec")
    contents = {
        str(file): Path(str(file.locate())).read_bytes()
        for file in installed.files or ()
        if file.parts[0] == "msgspec" and "__pycache__" not in file.parts
    }
    tag = next(line for line in (installed.read_text("WHEEL") or "").splitlines() if line.startswith("Tag: "))[5:]
    wheel(tmp_path / "wheels", contents, name="msgspec", tag=tag, version=installed.version)
    for machine in ("aarch64", "x86_64"):
        foreign = {f"msgspec/_core.cpython-313-{machine}-linux-gnu.so": b"\x7fELF"}
        tag = f"cp313-cp313-manylinux_2_17_{machine}"
        wheel(tmp_path / "wheels", foreign, name="msgspec", tag=tag, version=installed.version)
    return tmp_path


def test_it_runs_on_the_engine(app: Path, engine: Engine, advent: Run, bash: Shell) -> None:
    """Nor does it matter who builds the zip: the script of `plan --explain` makes the same bytes."""
    planned = advent("plan").stdout
    assert "the zip of handlers/front has hidden files: .setting\n" in planned
    assert "the zip of handlers/front does not have what may be secret: .env\n" in planned
    assert any("has hidden files" in note for note in json.loads(advent("plan", "--json").stdout)["notes"])
    bash.run(advent("plan", "--explain").stdout)
    assert "nothing to do: everything matches config.yaml\n" in advent("plan").stdout
    assert advent("say", "hello", "--no-wait").stdout == "HELLO world hi set\n"
    until(lambda: has_logged(engine, "own-loud", "heard news"), "the consumer with the right filter")
    assert not has_logged(engine, "own-quiet", "heard")
    (app / "shared" / "texts" / "__init__.py").write_text("NAME = 'all'\n")
    assert "1 updated" in advent("up").stderr
    assert advent("say", "hello", "--no-wait").stdout == "HELLO all hi set\n"


def test_aws_gets_the_packages_for_its_own_python_and_machine(app: Path, engine: Engine, advent: Run) -> None:
    sent: dict[str, zipfile.ZipFile] = {}

    def record(name: str, handler: Handler, body: bytes) -> None:
        if name == "lambda:CreateFunction":
            params = json.loads(body)
            code = io.BytesIO(base64.b64decode(params["Code"]["ZipFile"]))
            sent[params["FunctionName"]] = zipfile.ZipFile(code)
        proxies.pass_on(handler, body)

    with proxies.running(engine) as proxy:
        proxy.meet = record
        keys = {**engine.environment(None), "AWS_ENDPOINT_URL": proxy.endpoint.url}
        advent("--target", "aws", "up", "--yes", **keys)
    entries = sent["own-front"].infolist()
    modes = {entry.filename: entry.external_attr >> 16 & 0o777 for entry in entries}
    version = metadata.version("msgspec")
    assert {name for name in modes if "greeting" not in name} == {
        "app.py",
        ".setting",
        "tools/shout",
        "shared/texts/__init__.py",
        "msgspec/_core.cpython-313-aarch64-linux-gnu.so",
        f"msgspec-{version}.dist-info/METADATA",
        f"msgspec-{version}.dist-info/WHEEL",
    }
    assert {name for name, mode in modes.items() if mode != 0o644} == {"tools/shout", "greeting/bin/ok"}
    assert set(modes.values()) == {0o644, 0o755}
    assert b"cp313-cp313-manylinux_2_17_aarch64" in sent["own-front"].read(f"msgspec-{version}.dist-info/WHEEL")
    assert sys.executable.encode() not in b"".join(sent["own-front"].read(entry) for entry in entries)


@pytest.mark.parametrize("file", [os.fsdecode(b"caf\xe9.txt"), "requirements.txt"])
def test_a_name_or_a_file_in_latin_1_is_one_sentence(app: Path, engine: Engine, advent: Run, file: str) -> None:
    """Of the command's error, after which comes what to do."""
    try:
        (app / "handlers" / "front" / file).write_bytes(b"# caf\xe9\n")
    except OSError:
        pytest.skip("this file system has no such names")
    refused = advent("plan", code=2).stderr
    assert re.fullmatch(r"error: .*handlers/front/\S+ is not in UTF-8\n  try: .*\n", refused), refused
    document = json.loads(advent("plan", "--json", code=2).stdout)
    assert "is not in UTF-8" in document["errors"][0]["what"]
