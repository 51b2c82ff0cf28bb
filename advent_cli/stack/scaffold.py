"""Adds a new consumer to an app, or creates a new app from the tutorial or an example."""

import re
import shutil
import sys
from pathlib import Path
from typing import Any

import yaml

from advent_cli.aws.connect import offline
from advent_cli.config import config_file, editor_schema, search
from advent_cli.errors import AdventError, RefusedError, UsageError
from advent_cli.stack.build import build

TUTORIAL = "tutorial"
LONGEST_NAME = 29  # characters of an app's name; its prefix is the name and a dash
SKELETON = '''"""{name}, subscribed to {topic}: describe here what it does with each message."""

import json
from typing import Any


def handler(event: dict[str, Any], context: object) -> None:
    """Handle an SNS event, in which each record is one message. If this raises, Lambda retries the event."""
    for record in event["Records"]:
        message = record["Sns"]
        print(json.dumps({{"heard": message["Message"], "message_id": message["MessageId"]}}))
'''


def add_consumer(file: Path, name: str, topic: str | None) -> tuple[Path, list[str]]:
    """Add a handler file and its lines in config.yaml; returns the file, and the titles of what `up` will create.

    The rest of config.yaml stays byte for byte. Raises UsageError or RefusedError before anything is written.
    """
    before = config_file.load(file)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,50}", name) or name.replace("-", "_") in sys.stdlib_module_names:
        hint = "use at most 51 letters, digits, _ and -, a letter first, and not the name of a Python standard module"
        raise UsageError(f"{name!r} cannot be the name of a consumer", hint=hint)
    if topic is None and len(before.topics) != 1:
        raise UsageError(
            "cannot choose the topic: config.yaml does not have exactly one",
            hint=f"add --topic NAME; the topics are: {', '.join(before.topics) or 'none'}",
        )
    known = [name.removeprefix(before.prefix) for name in before.topics]
    if topic is not None and topic not in known:
        raise UsageError(f"unknown topic {topic!r} in --topic", hint=f"use one of: {', '.join(known)}")
    topic = topic or before.topics[0].removeprefix(before.prefix)
    if f"{before.prefix}{name}" in before.functions:
        raise RefusedError(f"config.yaml already has a function {name}", hint="choose another name")
    handler = file.parent / before.handlers / f"{name.replace('-', '_')}.py"
    if handler.exists():
        raise RefusedError(f"{handler} already exists", hint="choose another name")
    try:
        text = file.read_bytes().decode()  # keeps the line endings
    except UnicodeDecodeError:
        raise RefusedError(f"{file} is not UTF-8", hint="save it as UTF-8, or add the function by hand") from None
    changed = _with_function(text, name, topic)
    handler.write_text(SKELETON.format(name=name, topic=topic), encoding="utf-8")
    try:
        _write(file, changed)
        after = config_file.load(file)
    except BaseException:  # whatever the error, leave nothing half done
        _write(file, text)
        handler.unlink()
        raise
    existing = build(before, offline(before.stack)).resources
    return handler, [r.title for key, r in build(after, offline(after.stack)).resources.items() if key not in existing]


def _with_function(text: str, name: str, topic: str) -> str:
    """The text of config.yaml with another function after the last one, with the same indent."""
    root: Any = yaml.compose(text, Loader=yaml.SafeLoader)  # config_file.load has accepted it, so it is a mapping
    (functions,) = [value for key, value in root.value if key.value == "functions"]
    if not isinstance(functions, yaml.MappingNode) or functions.flow_style or not functions.value:
        raise RefusedError("functions in config.yaml is not a YAML block mapping", hint="add the function by hand")
    column = functions.value[0][0].start_mark.column
    last = _last_line(functions)
    indent, end, lines = " " * column, "\r\n" if "\r\n" in text else "\n", text.splitlines(keepends=True)
    if not lines[last].endswith("\n"):
        lines[last] += end
    lines.insert(last + 1, f"{end}{indent}{name}:{end}{indent}{indent}subscribes: {topic}{end}")
    return "".join(lines)


def _last_line(node: yaml.Node) -> int:
    """The line on which a node ends; the end mark of a block is after the comments that follow it."""
    if isinstance(node, yaml.MappingNode) and not node.flow_style and node.value:
        return _last_line(node.value[-1][1])
    if isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value:
        return _last_line(node.value[-1])
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        return int(node.end_mark.line) - 1
    return int(node.end_mark.line)


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8", newline="")


def create_app(folder: Path, template: str) -> None:
    """Copy the tutorial's app or an example into a new folder, and name the app after the folder.

    Beside config.yaml is its JSON Schema, which is for editors only.
    Raises RefusedError if the folder exists and is not empty.
    """
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", folder.resolve().name).strip("-")
    if not re.match(r"[A-Za-z]", name) or len(name) > LONGEST_NAME:
        raise UsageError(
            f"{folder.name!r} cannot be the name of an app",
            hint=f"use at most {LONGEST_NAME} characters, a letter first",
        )
    if folder.exists() and any(folder.iterdir()):
        raise RefusedError(f"{folder} is not empty", hint="use a new folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AdventError(f"cannot create {folder}", why=error.strerror or "", hint="use another folder") from None
    source = templates()[template]
    (folder / "handlers").mkdir()
    for file in sorted((source / "handlers").glob("*.py")):
        shutil.copyfile(file, folder / "handlers" / file.name)  # not its mode: an installed file may be read-only
    if template != TUTORIAL:
        shutil.copyfile(source / "README.md", folder / "README.md")
    text = (source / "config.yaml").read_text(encoding="utf-8")
    named = f"stack: {name}\nprefix: {name}-  # before every name in AWS, so that apps do not collide\n"
    renamed = re.sub(r"^stack:.*\n(prefix:.*\n)?", named, text, count=1, flags=re.MULTILINE)
    _write(folder / "config.yaml", f"{editor_schema.LINE}{renamed}")
    _write(folder / editor_schema.FILE, editor_schema.text())


def templates() -> dict[str, Path]:
    """The folders of the apps that a new app can be created from, by name."""
    home = search.tutorial()
    return {TUTORIAL: home} | {folder.name: folder for folder in sorted((home / "examples").iterdir())}
