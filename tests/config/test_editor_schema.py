"""What editors know about config.yaml: a description of each setting, and what it may be."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest
import yaml
from jsonschema import Draft7Validator
from msgspec import Meta, Struct

from advent_cli.config import config_file, editor_schema
from advent_cli.config.schema import Settings
from advent_cli.errors import ConfigError
from tests.config.test_config_file import CHAIN, GOOD, MISTAKES
from tests.conftest import Run
from tests.support import apps
from tests.support.stacks import ROOT

SHIPPED = ROOT / "docs" / "schemas" / editor_schema.FILE
# In JavaScript, whose patterns those of JSON Schema are, $ is the end of the text; in Python that is \Z.
VALIDATOR = Draft7Validator(json.loads(editor_schema.text().replace('$"', r'\\Z"')))
OWN = [ROOT / "config.yaml", *ROOT.glob("examples/*/config.yaml")]
GOOD_APPS = {name: text for name, text in vars(apps).items() if name.startswith("WITH") and isinstance(text, str)}


def complaints(text: str) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(yaml.safe_load(text))]


def described(kind: type[Struct]) -> Iterator[tuple[str, str]]:
    """Each setting of this type and of the types in it, with its description."""
    for name, hint in get_type_hints(kind, include_extras=True).items():
        yield name, " ".join(meta.description or "" for meta in hint.__metadata__ if isinstance(meta, Meta)).strip()
        for part in inner(hint):
            yield from described(part)


def inner(hint: Any) -> Iterator[type[Struct]]:
    if isinstance(hint, type) and issubclass(hint, Struct):
        yield hint
    for part in get_args(hint):
        yield from inner(part)


def test_each_setting_has_one_description() -> None:
    found = list(described(Settings))
    assert len(found) == len(msgspec.structs.fields(Settings)) + 19
    assert [name for name, text in found if not text.endswith(".") or len(text) > 300] == []
    parts = json.dumps(VALIDATOR.schema)
    assert [name for name, text in found if json.dumps(text)[1:-1] not in parts] == []


def test_the_shipped_schema_is_that_of_the_types() -> None:
    """If not, copy the one that `advent new app` writes."""
    assert SHIPPED.read_text(encoding="utf-8") == editor_schema.text()
    Draft7Validator.check_schema(VALIDATOR.schema)


@pytest.mark.parametrize("file", OWN, ids=lambda file: str(file.relative_to(ROOT)))
def test_it_accepts_each_config_of_the_repository(file: Path) -> None:
    assert complaints(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("text", [*GOOD_APPS.values(), CHAIN % "[]"], ids=[*GOOD_APPS, "CHAIN"])
def test_it_accepts_what_advent_accepts(text: str) -> None:
    assert complaints(text) == []


def knows(error: str) -> bool:
    """Whether a schema can know of this error: one setting alone is wrong, and not inside a filter."""
    by_type = re.search(r": (unknown setting|missing;|(the name )?must be )", error)
    return by_type is not None and not re.search(r"filter\.(body|attributes): ", error)


@pytest.mark.parametrize(("good", "bad", "message"), MISTAKES)
def test_it_refuses_each_mistake_that_a_schema_can_know(tmp_path: Path, good: str, bad: str, message: str) -> None:
    (tmp_path / "handlers").symlink_to(ROOT / "handlers")
    (tmp_path / "config.yaml").write_text(text := GOOD.replace(good, bad, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        config_file.load(tmp_path / "config.yaml")
    with suppress(yaml.YAMLError):
        assert bool(complaints(text)) == knows(str(caught.value)), (str(caught.value), complaints(text))


def test_a_new_app_has_it_beside_its_config(advent: Run, tmp_path: Path) -> None:
    advent("new", "app", "mine")
    config = (tmp_path / "mine" / "config.yaml").read_text(encoding="utf-8")
    first = config.splitlines()[0]
    (name,) = re.fullmatch(r"# yaml-language-server: \$schema=\./(\S+)", first).groups()  # type: ignore[union-attr]
    assert json.loads((tmp_path / "mine" / name).read_text(encoding="utf-8")) == json.loads(editor_schema.text())
    assert complaints(config) == []
    assert complaints(f"{config}regoin: x\n") != []
    advent("new", "consumer", "shouter", cwd=tmp_path / "mine")
    assert (tmp_path / "mine" / "config.yaml").read_text(encoding="utf-8").startswith(config.rstrip("\n"))
