"""Imports run one way, and what starts quickly stays quick."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.stacks import ROOT

PACKAGE = ROOT / "advent_cli"
LAYERS = [  # each may import from those above it, and from its own line
    {"errors", "options", "graph"},
    {"crash"},
    {"yamlfile", "yamlnodes", "settings", "patience", "pace", "packages", "aws_errors"},
    {"names", "checks", "bundle", "slack", "sessions"},
    {"config", "aws"},
    {"watch", "calls"},
    {"resource", "lambda_answers", "gateway", "packing", "shell"},
    {"resources"},
    {"parts"},
    {"uses", "stacks"},
    {"stack", "plan", "local_files", "local_guard"},
    {"local_probe", "local_engine"},
    {"local_process", "local_server"},
    {"local"},
    {"leftovers", "narrowing", "rights", "events", "counts", "context", "replay", "logs", "hops", "board", "diagram"},
    {"runs", "callers"},
    {"new", "documents"},
    {"survey", "engine", "display", "scratch"},
    {"export_file"},
    {"backup"},
    {"contention", "deploy", "say", "causes", "waits", "looks"},
    {"settle", "trace"},
    {"asking", "explain", "doctor"},
    {"cli_help", "cli_complete"},
    {"cli_answer", "cli_told", "cli_said", "cli_watch"},
    {"cli_draw", "cli_local", "cli_messages", "cli_slack", "cli_doctor", "cli_new", "cli_look", "cli_policy"},
    {"cli_build", "cli_say"},
    {"cli"},
    {"process"},
    {"main"},
]
LEVEL = {name: number for number, names in enumerate(LAYERS) for name in names}
NEAR_BOTO3 = {"aws", "aws_errors", "context", "resources", "sessions", "shell"}
FILES = [file for file in PACKAGE.rglob("*.py") if file.name not in ("__init__.py", "__main__.py")]


def part(file: Path) -> str:
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
    ours = {name.split(".")[1] for name in imports(file) if name.startswith("advent_cli.")}
    assert {name for name in ours if LEVEL[name] > LEVEL[part(file)]} == set()
    if part(file) == "display":
        pure = {"board", "documents", "errors", "events", "graph", "hops", "plan", "patience", "settings"}
        assert ours <= {"display", *pure}
    others = {name.split(".")[0] for name in imports(file)}
    assert part(file).startswith(("cli", "asking", "process")) or "click" not in others
    assert part(file) == "display" or "rich" not in others
    assert part(file) == "local_engine" or "ministack" not in others
    assert part(file).startswith("local") or not others & {"filelock", "hypercorn"}
    assert part(file) in NEAR_BOTO3 or not others & {"boto3", "botocore"}


@pytest.mark.parametrize("words", ["--help", "--version", "up --help", "local --help"])
def test_help_does_not_wait_for_heavy_imports(words: str) -> None:
    program = f"import sys; sys.argv = ['advent', *{words.split()!r}]\nfrom advent_cli.main import main\n"
    program += "try: main()\nexcept SystemExit: print(sorted(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {name.strip("'[], \n") for name in done.stderr.split(",")}
    assert "click" in loaded
    assert not loaded & {"boto3", "botocore", "rich", "rich.console", "msgspec", "yaml", "concurrent.futures"}
