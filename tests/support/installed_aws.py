"""A stand-in for the `aws` command: the same words, by boto's models and the rules of the AWS CLI, and no more of it.

The AWS CLI itself needs another botocore than the engine does. What it would not understand, this refuses.
"""

import json
import sys
from pathlib import Path
from typing import Any

import botocore.session
import jmespath
from botocore import xform_name

OTHER_NAMES = {("sns", "subscribe", "endpoint"): "notification-endpoint"}
GLOBAL = {"endpoint-url", "query", "output"}


def main(words: list[str]) -> None:
    """Run one command of the command line."""
    if words[0] == "--endpoint-url":
        words = [*words[2:], *words[:2]]
    service, verb, *rest = words
    waiter = rest.pop(0) if verb == "wait" else None
    given = _options(rest)
    settings = {name: "".join(given.pop(name)) for name in GLOBAL & given.keys()}
    client = botocore.session.get_session().create_client(service, endpoint_url=settings.get("endpoint-url"))
    model = client.meta.service_model
    if waiter:
        named = client.get_waiter(waiter.replace("-", "_"))
        named.wait(**_params(model, service, named.config.operation, given))
        return
    operation = _dashed(model)[verb]
    answer = getattr(client, xform_name(operation))(**_params(model, service, operation, given))
    answer.pop("ResponseMetadata")
    part = jmespath.search(settings["query"], answer) if "query" in settings else answer
    assert settings.get("output") != "text" or isinstance(part, str), f"not one text: {part}"
    text = part if settings.get("output") == "text" else json.dumps(part, default=str)
    sys.stdout.write(f"{text}\n")


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


def _params(model: Any, service: str, operation: str, given: dict[str, list[str]]) -> dict[str, Any]:
    members = model.operation_model(operation).input_shape.members
    params: dict[str, Any] = {}
    if service == "lambda" and operation == "CreateFunction":  # the zip has an option of its own
        params["Code"] = {"ZipFile": _file(given.pop("zip-file"))}
    for member, shape in members.items():
        dashed = xform_name(member, "-")
        name = OTHER_NAMES.get((service, xform_name(operation, "-"), dashed), dashed)
        if shape.type_name == "boolean" and f"no-{name}" in given:
            assert given.pop(f"no-{name}") == []
            params[member] = False
        elif name in given:
            params[member] = _value(shape, given.pop(name))
    assert not given, f"aws {service} {operation} knows no {list(given)}"
    return params


def _value(shape: Any, words: list[str]) -> Any:
    if shape.type_name == "boolean":
        assert words == []
        return True
    if shape.type_name == "blob":
        return _file(words)
    if shape.type_name == "list" and not words[0].startswith("["):
        return [_value(shape.member, [word]) for word in words]
    (word,) = words
    if shape.type_name in ("list", "map", "structure"):
        return json.loads(word)
    assert not word.startswith(("file://", "fileb://")), f"{word} would be read"
    return {"integer": int, "long": int, "double": float, "float": float}.get(shape.type_name, str)(word)


def _file(words: list[str]) -> bytes:
    (word,) = words
    assert word.startswith("fileb://"), word
    return Path(word.removeprefix("fileb://")).read_bytes()


def install(folder: Path) -> None:
    """Put an `aws` into a folder that will be on PATH."""
    folder.mkdir()
    (folder / "aws").write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(Path(__file__).parents[2])!r})\n"
        "from tests.support.installed_aws import main\nmain(sys.argv[1:])\n"
    )
    (folder / "aws").chmod(0o755)
