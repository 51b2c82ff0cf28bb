"""The house: imports run one way, room by room, what starts quickly stays quick, and files stay small."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.stacks import ROOT

PACKAGE = ROOT / "advent_cli"
ROOMS = [  # each may import those above it
    "errors",
    "aws",
    "packaging",
    "local",
    "config",
    "resources",
    "stack",
    "deploy",
    "words",
    "messages",
    "live",
    "output",
    "doctor",
    "diagram",
    "export",
    "cli",
]
APART = [{"packaging", "local"}, {"config", "resources"}, {"doctor", "diagram"}]  # neither needs the other
ONLY = {  # who may import what is not ours
    "click": {"cli"},
    "rich": {"output"},
    "ministack": {"local"},
    "filelock": {"local"},
    "hypercorn": {"local"},
    "slack_sdk": {"messages"},
    "boto3": {"aws"},
    "botocore": {"aws", "resources", "deploy"},
}
FILES = [file for file in PACKAGE.rglob("*.py") if file.name not in ("__init__.py", "__main__.py")]
LONGEST_FILE, LONGEST_FUNCTION = 200, 45  # lines


def room(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(file: Path) -> set[str]:
    """The modules that a file imports, anywhere in it."""
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module == "advent_cli":
            names |= {f"advent_cli.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_imports_run_one_way(file: Path) -> None:
    own, names = room(file), imports(file)
    rooms = {name.split(".")[1] for name in names if name.startswith("advent_cli.")} - {own}
    assert {other for other in rooms if ROOMS.index(other) > ROOMS.index(own)} == set()
    assert [other for other in rooms if {own, other} in APART] == []
    others = {name.split(".")[0] for name in names}
    assert {other for other in others & {*ONLY} if own not in ONLY[other]} == set()


def test_requests_that_are_not_calls_go_by_one_client() -> None:
    """Another one would not trust what boto3 trusts, nor take its proxies; the probe of the engine needs neither."""
    clients = {"urllib.request", "urllib3", "requests", "botocore.httpsession"}
    senders = {str(file.relative_to(PACKAGE)) for file in FILES if clients & imports(file)}
    assert senders == {"aws/http_client.py", "local/probe.py"}


def test_the_rooms_are_all_there_is() -> None:
    entries = {path.name.removesuffix(".py") for path in PACKAGE.iterdir() if path.name != "__pycache__"}
    assert entries - {"__init__", "__main__", "py.typed"} == {*ROOMS}


@pytest.mark.parametrize("file", sorted(PACKAGE.rglob("__init__.py")), ids=lambda file: file.parent.name)
def test_each_room_says_what_belongs_there_and_nothing_else(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    assert len(ast.get_docstring(tree) or "") > 40
    assert len(tree.body) == 1


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_files_and_functions_are_small(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno + 1 <= LONGEST_FUNCTION, node.name
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("advent_cli"):
            assert not [alias.name for alias in node.names if alias.name.startswith("_")]


def test_no_two_files_share_a_name() -> None:
    """Of two files of one name in two rooms, a reader opens the wrong one; a command is named as what it does."""
    names = [file.stem for file in FILES]
    assert sorted({name for name in names if names.count(name) > 1}) == []


@pytest.mark.parametrize("words", ["--help", "--version", "up --help", "local --help"])
def test_help_does_not_wait_for_heavy_imports(words: str) -> None:
    program = f"import sys; sys.argv = ['advent', *{words.split()!r}]\nfrom advent_cli.cli.main import main\n"
    program += "try: main()\nexcept SystemExit: print(sorted(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {name.strip("'[], \n") for name in done.stderr.split(",")}
    assert "click" in loaded
    assert not loaded & {"boto3", "botocore", "rich", "rich.console", "msgspec", "yaml", "concurrent.futures"}
