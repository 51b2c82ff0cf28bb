"""The schemas in docs/schemas, and whether a document fits its own."""

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from tests.support.stacks import ROOT

FOLDER = ROOT / "docs" / "schemas"


def checked(document: dict[str, Any]) -> dict[str, Any]:
    """The document, which fits the schema that it names, and has no field which that does not describe."""
    validator(document["schema"]).validate(document)
    if document.get("event") == "result":
        checked(document["result"])
    return document


@cache
def validator(name: str) -> Draft202012Validator:
    schema = json.loads((FOLDER / f"{name.replace('/', '-')}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    closed(schema)
    return Draft202012Validator(schema)


def closed(schema: Any) -> None:
    """Allow no fields but those described: readers must bear others, we may not print them."""
    for part in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        closed(part)
    if isinstance(schema, dict) and "properties" in schema and "object" in schema.get("type", ()):
        schema.setdefault("additionalProperties", False)


def parts(schema: Any, path: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Each field that a schema describes, with its path."""
    found = []
    if isinstance(schema, dict):
        for name, part in schema.get("properties", {}).items() if "type" in schema else ():
            found.append((f"{path}.{name}", part))
        for name, part in schema.items():
            found += parts(part, f"{path}.{name}")
    if isinstance(schema, list):
        for part in schema:
            found += parts(part, path)
    return found
