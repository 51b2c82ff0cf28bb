"""The JSON Schema of config.yaml, by which editors complete, describe and check settings as they are typed.

It is generated from the types in schema.py, so it knows what they say of each setting alone. What settings mean
together, such as a topic that is in no list, only advent checks. The YAML language server of editors reads draft 7.
"""

import json
from typing import Any

import msgspec

from advent_cli.config.schema import Settings

FILE = "config.schema.json"
LINE = f"# yaml-language-server: $schema=./{FILE}\n"
"""The line of config.yaml by which editors find the schema beside it."""
DRAFT = "http://json-schema.org/draft-07/schema#"


def text() -> str:
    """The schema as the text of a file."""
    generated = msgspec.json.schema(Settings)
    root = _for_editors({"$ref": generated["$ref"]}, generated["$defs"])
    return json.dumps({"$schema": DRAFT, "title": "config.yaml of advent", **root}, indent=1) + "\n"


def _for_editors(part: Any, structs: dict[str, Any]) -> Any:
    """A part of the schema, with the structs in place, since draft 7 ignores what stands beside a reference."""
    if isinstance(part, list):
        return [_for_editors(each, structs) for each in part]
    if not isinstance(part, dict):
        return part
    struct = structs[part["$ref"].rpartition("/")[2]] if "$ref" in part else {}
    whole = {name: value for name, value in {**struct, **part}.items() if name not in ("$ref", "title")}
    if whole.get("default", "set") in ("", None, [], {}):  # what an editor would fill in means that nothing is set
        del whole["default"]
    if "pattern" in whole:
        whole["pattern"] = whole["pattern"].replace(r"\Z", "$")  # the patterns of JSON Schema are JavaScript's
    settings = {name: _for_editors(value, structs) for name, value in whole.pop("properties", {}).items()}
    done = {name: _for_editors(value, structs) for name, value in whole.items()}
    if settings:
        done["properties"] = settings
    if done.get("type") != "array":
        return done
    del done["type"]  # config.yaml takes a single item for a list of one
    item = done.pop("items")
    return {**done, "anyOf": [item, {"type": "array", "items": item}]}
