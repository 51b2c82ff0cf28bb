"""The documents: their sizes, what links to them, and that the files, functions and targets they name exist."""

import re
from functools import cache
from pathlib import Path

import pytest

from tests.support.stacks import ROOT

CONTRIBUTING, README = ROOT / "CONTRIBUTING.md", ROOT / "README.md"
DEVELOPERS = [*(ROOT / "docs" / name for name in ("inside.md", "inside-runs.md", "extending.md")), CONTRIBUTING]
LONGEST_README, LONGEST_PAGE = 150, 200  # lines
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*/README.md")]
# A path that ends with a slash or one of these extensions; absolute paths are not in the repository.
FILE = re.compile(r"(?<![\w./-])(?:[\w.-]+/)*(?:[\w.-]+\.(?:in|json|md|py|svg|toml|yaml)\b|(?<=/)(?=`)|(?<=\.ci/)\w+)")
FENCE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)", re.MULTILINE)


def quoted(text: str) -> str:
    """The code spans, one a line, each with its closing backtick, and the code blocks."""
    spans = re.findall(r"`[^`\n]+`", FENCE.sub("", text))
    return "\n".join([*(span[1:] for span in spans), *FENCE.findall(text)])


def headings(file: Path) -> set[str]:
    """The anchors of a document, as GitHub derives them from headings."""
    titles = re.findall(r"^#+ (.+)$", FENCE.sub("", file.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title).lower().replace(" ", "-") for title in titles}


@cache
def code() -> str:
    """All Python code."""
    folders = ("advent_cli", "handlers", "tests")
    return "\n".join(file.read_text(encoding="utf-8") for name in folders for file in (ROOT / name).rglob("*.py"))


@pytest.mark.parametrize("document", DEVELOPERS, ids=lambda file: file.name)
def test_each_named_file_and_function_exists(document: Path) -> None:
    text = quoted(document.read_text(encoding="utf-8"))
    files = set(FILE.findall(text))
    assert len(files) > 5
    assert sorted(name for name in files if not ((ROOT / name).exists() or (ROOT / "advent_cli" / name).exists())) == []
    functions = set(re.findall(r"^(\w+)\(\)`", text, re.MULTILINE))
    assert sorted(name for name in functions if f"def {name}(" not in code()) == []
    examples = "".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL))
    assert [line for line in examples.splitlines() if line.strip() not in code()] == []
    constants = set(re.findall(r"^([A-Z_]+)`", text, re.MULTILINE)) - {"ADVENT_"}
    assert sorted(name for name in constants if not re.search(rf"^[\w, ]*\b{name}\b.* = ", code(), re.MULTILINE)) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_link_targets_exist(document: Path) -> None:
    for pair in LINK.findall(FENCE.sub("", document.read_text(encoding="utf-8"))):
        target = "".join(pair)
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        file = document.parent / name if name else document
        assert file.exists(), target
        assert not anchor or anchor in headings(file), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_each_link_label_is_defined(document: Path) -> None:
    text = FENCE.sub("", document.read_text(encoding="utf-8"))
    assert {*re.findall(r"\]\[([^\]]+)\]", text)} == {*re.findall(r"^\[([^\]]+)\]: ", text, re.MULTILINE)}


def test_the_readme_links_to_every_page_and_the_sdist_has_them() -> None:
    readme = README.read_text(encoding="utf-8")
    manifest = (ROOT / "MANIFEST.in").read_text(encoding="utf-8")
    assert f" {CONTRIBUTING.name} " in manifest
    assert re.search(r"^recursive-include docs .*\*\.md", manifest, re.MULTILINE)
    pages = [CONTRIBUTING, *ROOT.glob("docs/*.md")]
    assert [page.name for page in pages if f"]({page.relative_to(ROOT)})" not in readme] == []


def test_the_pages_are_short() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= LONGEST_README
    pages = {page.name: len(page.read_text(encoding="utf-8").splitlines()) for page in ROOT.glob("docs/*.md")}
    assert {name: length for name, length in pages.items() if length > LONGEST_PAGE} == {}


def test_contributing_and_the_readme_give_the_same_command() -> None:
    command = next(line for line in README.read_text().splitlines() if "'.[dev]'" in line)
    assert command in CONTRIBUTING.read_text(encoding="utf-8").splitlines()
