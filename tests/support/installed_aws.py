"""A stand-in for the `aws` command: the same words, by boto's models and the rules of the AWS CLI, and no more of it.

The AWS CLI itself needs another botocore than the engine does. What it would not understand, this refuses. A script
calls it a hundred times: so one thread of the test answers them all, and the command only hands over its words.
"""

import json
import socketserver
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import botocore.session
import jmespath
from botocore import xform_name

from tests.support import cloudformation_commands

OTHER_NAMES = {("sns", "subscribe", "endpoint"): "notification-endpoint"}
GLOBAL = {"endpoint-url", "query", "output"}
COMMAND = """\
#!{python} -IS
import json, os, socket, sys
with socket.create_connection(("127.0.0.1", {port})) as server:
    asked = server.makefile("rw")
    asked.write(json.dumps([sys.argv[1:], dict(os.environ), os.getcwd()]) + "\\n")
    asked.flush()
    out, error = json.loads(asked.readline())
sys.stdout.write(out)
sys.exit(error)
"""


class Cli:
    """Runs commands; the clients, slow to make, are used again."""

    def __init__(self) -> None:
        self.session = botocore.session.get_session()
        self.clients: dict[tuple[str, ...], Any] = {}

    def client(self, service: str, endpoint: str | None, environment: Mapping[str, str]) -> Any:
        url = endpoint or environment["AWS_ENDPOINT_URL"]
        assert service != "sqs" or endpoint, "version 1 would ask AWS itself"
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")
        key, secret, region = (environment[name] for name in names)
        made = (service, url, key, secret, region)
        if made not in self.clients:
            self.clients[made] = self.session.create_client(
                service, region, endpoint_url=url, aws_access_key_id=key, aws_secret_access_key=secret
            )
        return self.clients[made]

    def run(self, words: list[str], environment: Mapping[str, str], folder: Path) -> str:
        """What a command prints."""
        if words[0] == "--endpoint-url":
            words = [*words[2:], *words[:2]]
        service, verb, *rest = words
        waiter = rest.pop(0) if verb == "wait" else None
        if (service, verb) == ("s3", "mb"):
            self.client("s3", None, environment).create_bucket(Bucket=rest[0].removeprefix("s3://"))
            return ""
        given = _options(rest)
        if (service, verb) in cloudformation_commands.COMMANDS:
            own = cloudformation_commands.COMMANDS[service, verb]
            own(lambda name: self.client(name, None, environment), given, folder)
            return ""
        settings = {name: "".join(given.pop(name)) for name in GLOBAL & given.keys()}
        client = self.client(service, settings.get("endpoint-url"), environment)
        model = client.meta.service_model
        if waiter:
            named = client.get_waiter(waiter.replace("-", "_"))
            often = {"Delay": 0.1, "MaxAttempts": 600}  # seconds; the AWS CLI asks every few
            named.wait(**_params(model, service, named.config.operation, given, folder), WaiterConfig=often)
            return ""
        operation = _dashed(model)[verb]
        answer = getattr(client, xform_name(operation))(**_params(model, service, operation, given, folder))
        answer.pop("ResponseMetadata")
        part = jmespath.search(settings["query"], answer) if "query" in settings else answer
        return f"{_text(part) if settings.get('output') == 'text' else json.dumps(part, default=str)}\n"


@contextmanager
def installed(folder: Path) -> Iterator[None]:
    """While this is entered, there is an `aws` in a new folder, which will be on PATH."""
    cli, lock = Cli(), threading.Lock()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            words, environment, here = json.loads(self.rfile.readline())
            try:
                with lock:
                    told = (cli.run(words, environment, Path(here)), 0)
            except Exception:
                told = ("", traceback.format_exc())  # type: ignore[assignment]
            self.wfile.write(f"{json.dumps(told)}\n".encode())

    folder.mkdir()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        (folder / "aws").write_text(COMMAND.format(python=sys.executable, port=server.server_address[1]))
        (folder / "aws").chmod(0o755)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield
        server.shutdown()


def _text(part: Any) -> str:
    """A text, or a table: as the AWS CLI prints them with --output text."""
    lines = [part] if isinstance(part, str) else ["\t".join(row) for row in part]
    assert all(isinstance(line, str) for line in lines), f"not texts: {part}"
    return "\n".join(lines)


def _dashed(model: Any) -> dict[str, str]:
    return {xform_name(name, "-"): name for name in model.operation_names}


def _options(words: list[str]) -> dict[str, list[str]]:
    """The words after each option, as argparse takes them: one that begins with a dash is an option."""
    options: dict[str, list[str]] = {}
    for word in words:
        if word.startswith("-"):
            name, equals, value = word.removeprefix("--").partition("=")
            assert name not in options, f"twice: {word}"
            options[name] = [value] if equals else []
        else:
            options[list(options)[-1]].append(word)
    return options


def _params(model: Any, service: str, operation: str, given: dict[str, list[str]], folder: Path) -> dict[str, Any]:
    members = model.operation_model(operation).input_shape.members
    params: dict[str, Any] = {}
    if service == "lambda" and operation == "CreateFunction":  # the zip has an option of its own
        params["Code"] = {"ZipFile": _file(given.pop("zip-file"), folder)}
    for member, shape in members.items():
        dashed = xform_name(member, "-")
        name = OTHER_NAMES.get((service, xform_name(operation, "-"), dashed), dashed)
        if shape.type_name == "boolean" and f"no-{name}" in given:
            assert given.pop(f"no-{name}") == []
            params[member] = False
        elif name in given:
            params[member] = _value(shape, given.pop(name), folder)
    assert not given, f"aws {service} {operation} knows no {list(given)}"
    return params


def _value(shape: Any, words: list[str], folder: Path) -> Any:
    if shape.type_name == "boolean":
        assert words == []
        return True
    if shape.type_name == "blob":
        return _file(words, folder)
    if shape.type_name == "list" and not words[0].startswith("["):
        return [_value(shape.member, [word], folder) for word in words]
    (word,) = words
    if shape.type_name in ("list", "map", "structure"):
        return json.loads(word)
    if shape.name.startswith(("policyDocument", "TemplateBody")) and word.startswith("file://"):
        return (folder / word.removeprefix("file://")).read_text(encoding="utf-8")
    assert not word.startswith(("file://", "fileb://")), f"{word} would be read"
    return {"integer": int, "long": int, "double": float, "float": float}.get(shape.type_name, str)(word)


def _file(words: list[str], folder: Path) -> bytes:
    (word,) = words
    assert word.startswith("fileb://"), word
    return (folder / word.removeprefix("fileb://")).read_bytes()
