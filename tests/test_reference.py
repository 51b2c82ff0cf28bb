"""The reference pages are those that `python -m tests.support.reference` writes, and leave out nothing."""

import re

import click

from advent_cli.cli.app import advent
from tests.support import reference
from tests.support.stacks import ROOT


def test_the_pages_are_as_the_program_writes_them() -> None:
    for name, text in reference.pages().items():
        kept = (reference.FOLDER / name).read_text(encoding="utf-8")
        assert kept == text, f"docs/{name} is out of date: run `python -m tests.support.reference`"


def test_every_command_option_and_variable_is_on_the_pages() -> None:
    text = "\n".join(reference.commands())
    for name, command in reference.runnable(advent):
        assert f"\n### {name}\n" in text
        entry = text.split(f"\n### {name}\n")[1].split("\n#")[0]
        for option in command.params:
            assert not isinstance(option, click.Option) or option.opts[-1] in entry, f"{name} {option.opts}"
    source = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "advent_cli").rglob("*.py"))
    variables = set(re.findall(r'"(ADVENT_[A-Z_]+)"', source))
    assert variables
    assert sorted(name for name in variables if f"`{name}`" not in text) == []
