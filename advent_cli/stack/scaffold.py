"""Begins things: a new consumer in an app, or a new app from the tutorial's or an example's."""

import re
import shutil
import sys
from pathlib import Path
from typing import Any

import yaml

from advent_cli.aws.connect import offline
from advent_cli.config import config_file
from advent_cli.errors import RefusedError, UsageError
from advent_cli.stack.build import build

TUTORIAL = "tutorial"
LONGEST_NAME = 29  # of an app; a prefix is that and a dash
SKELETON = '''"""{name}, subscribed to {topic}: says here what it does with each message."""

import json
from typing import Any


def handler(event: dict[str, Any], context: object) -> None:
    """Take an event of SNS; each of its records is one message. What is raised here is tried again by Lambda."""
    for record in event["Records"]:
        message = record["Sns"]
        print(json.dumps({{"heard": message["Message"], "message_id": message["MessageId"]}}))
'''


def consumer(file: Path, name: str, topic: str | None) -> tuple[Path, list[str]]:
    """Add a handler file and the lines in config.yaml; the new file, and the titles of what `up` will then make.

    All else in config.yaml stays as it is, to the letter. Raises UsageError or RefusedError before anything is written.
    """
    before = config_file.load(file)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,50}", name) or name.replace("-", "_") in sys.stdlib_module_names:
        hint = "letters, digits, _ and -, a letter first, at most 51, and no module of Python's own"
        raise UsageError(f"{name!r} cannot be the name of a consumer", hint=hint)
    if topic is None and len(before.topics) != 1:
        raise UsageError(
            "there is not just one topic to listen to",
            hint=f"--topic NAME; there are: {', '.join(before.topics) or 'none'}",
        )
    known = [name.removeprefix(before.prefix) for name in before.topics]
    if topic is not None and topic not in known:
        raise UsageError(f"--topic: found {topic!r}; allowed is one of {', '.join(known)}")
    topic = topic or before.topics[0].removeprefix(before.prefix)
    if f"{before.prefix}{name}" in before.functions:
        raise RefusedError(f"there is a function {name} already", hint="take another name")
    handler = file.parent / before.handlers / f"{name.replace('-', '_')}.py"
    if handler.exists():
        raise RefusedError(f"{handler} exists already", hint="take another name")
    text = file.read_bytes().decode()  # with the line ends that it has
    changed = _with_function(text, name, topic)
    handler.write_text(SKELETON.format(name=name, topic=topic), encoding="utf-8")
    try:
        _write(file, changed)
        after = config_file.load(file)
    except BaseException:  # nothing is left half done, whatever was wrong
        _write(file, text)
        handler.unlink()
        raise
    there = build(before, offline(before.stack)).resources
    return handler, [r.title for key, r in build(after, offline(after.stack)).resources.items() if key not in there]


def _with_function(text: str, name: str, topic: str) -> str:
    """The text of config.yaml with one more function, after the last one and with the same indent."""
    root: Any = yaml.compose(text, Loader=yaml.SafeLoader)  # config.load has read it, so it is a block of settings
    (functions,) = [value for key, value in root.value if key.value == "functions"]
    if not isinstance(functions, yaml.MappingNode) or functions.flow_style or not functions.value:
        raise RefusedError("functions in config.yaml is not written as a block", hint="add the function by hand")
    column = functions.value[0][0].start_mark.column
    last = _last_line(functions)
    indent, end, lines = " " * column, "\r\n" if "\r\n" in text else "\n", text.splitlines(keepends=True)
    if not lines[last].endswith("\n"):
        lines[last] += end
    lines.insert(last + 1, f"{end}{indent}{name}:{end}{indent}{indent}subscribes: {topic}{end}")
    return "".join(lines)


def _last_line(node: yaml.Node) -> int:
    """The line on which a node really ends; a block's own mark is behind the comments that follow it."""
    if isinstance(node, yaml.MappingNode) and not node.flow_style and node.value:
        return _last_line(node.value[-1][1])
    if isinstance(node, yaml.SequenceNode) and not node.flow_style and node.value:
        return _last_line(node.value[-1])
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        return int(node.end_mark.line) - 1
    return int(node.end_mark.line)


def _write(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8", newline="")


def app(folder: Path, origin: str) -> None:
    """Put a copy of the tutorial's app or of an example into a new folder, under the folder's name.

    Raises RefusedError where something is in that folder already.
    """
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", folder.resolve().name).strip("-")
    if not re.match(r"[A-Za-z]", name) or len(name) > LONGEST_NAME:
        raise UsageError(
            f"{folder.name!r} cannot be the name of an app", hint=f"a letter first, at most {LONGEST_NAME} characters"
        )
    if folder.exists() and any(folder.iterdir()):
        raise RefusedError(f"{folder} is not empty", hint="name a new folder")
    source = origins()[origin]
    shutil.copytree(source / "handlers", folder / "handlers", ignore=shutil.ignore_patterns("__pycache__"))
    if origin != TUTORIAL:
        shutil.copy(source / "README.md", folder)
    text = (source / "config.yaml").read_text(encoding="utf-8")
    named = f"stack: {name}\nprefix: {name}-  # before every name, so that it cannot meet another app's\n"
    _write(folder / "config.yaml", re.sub(r"^stack:.*\n(prefix:.*\n)?", named, text, count=1, flags=re.MULTILINE))


def origins() -> dict[str, Path]:
    """The apps that there are to begin from, by name."""
    home = config_file.tutorial()
    return {TUTORIAL: home} | {folder.name: folder for folder in sorted((home / "examples").iterdir())}
