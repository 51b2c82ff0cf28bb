"""Reporters are picked in one place, and commands work with any of them."""

import ast
from collections import defaultdict
from contextlib import nullcontext
from typing import Any, cast

import click
import pytest

from advent_cli.cli.options import Options
from advent_cli.cli.say import say
from advent_cli.cli.up import up
from advent_cli.deploy.events import Finished
from advent_cli.local.lifecycle import Engine
from advent_cli.output.reporter import Reporter
from tests.support.stacks import ROOT

PACKAGE = ROOT / "advent_cli"
FILES = sorted(PACKAGE.rglob("*.py"))
TREES = {file.relative_to(PACKAGE).as_posix(): ast.parse(file.read_text(encoding="utf-8")) for file in FILES}
IMPLEMENTATIONS = {"JsonReporter", "MarkdownReporter", "PeopleReporter"}
(PROTOCOL,) = [
    node for node in TREES["output/reporter.py"].body if isinstance(node, ast.ClassDef) and node.name == "Reporter"
]
METHODS = {node.name: ast.unparse(node.returns or node) for node in PROTOCOL.body if isinstance(node, ast.FunctionDef)}


class Recorder:
    """A Reporter that records the arguments of each call to its methods."""

    def __init__(self) -> None:
        self.calls: dict[str, list[Any]] = defaultdict(list)

    def __getattr__(self, name: str) -> Any:
        method = METHODS[name]  # KeyError for anything outside the Protocol

        def record(*args: Any, **_: Any) -> Any:
            self.calls[name].append(args)
            if name == "data_loss_describer":
                return args[0]
            return nullcontext(Sink(self.calls["events"])) if "AbstractContextManager" in method else None

        return record


class Sink:
    """What the context managers of the Protocol yield: it takes events, words and traces."""

    def __init__(self, recorded: list[Any]) -> None:
        self.calls = recorded

    def __call__(self, *args: Any) -> None:
        self.calls += args

    show = counts = __call__


def run(command: click.Command, options: Options, **given: Any) -> Any:
    assert command.callback
    with click.Context(command, obj=options):
        return command.callback(**given)


def test_a_third_reporter_drives_up_and_say_unchanged(engine: Engine) -> None:
    recorded = (recorder := Recorder()).calls
    options = Options(cast(Reporter, recorder), config=str(ROOT / "config.yaml"))
    given = {"yes": True, "import_file": None, "adopt": (), "watch": False, "explain": False}
    assert run(up, options, keep_going=False, no_wait=False, **given) == 0
    ((_, steps),) = recorded["run_planned"]
    finished = [event.key for event in recorded["events"] if isinstance(event, Finished)]
    assert sorted(finished) == sorted(step.key for step in steps) != []
    ((_, url),) = recorded["app_ready"]
    assert url.endswith("/aws_advent")
    ((seconds,),) = recorded["answered"]
    assert seconds > 0

    assert run(say, options, text=("awsadvent",), no_wait=False, trace=False, repeat=1) == 0
    assert recorded["replied"] == [("awsadvent", "awsadvent = 1")]
    assert recorded["settled"] == [(["sns_multiplier"], {"awsadvent": 11})]
    assert run(say, options, text=("awsadvent",), no_wait=False, trace=True, repeat=1) == 0
    ((trace, consumers, counts),) = recorded["traced"]
    assert [hop.function for hop in trace.all()] == ["aws_advent", "sns_multiplier", "sns_logger"]
    assert (consumers, counts) == (["sns_multiplier"], {"awsadvent": 22})
    assert not {"error", "bug"} & {*recorded}


def calls(tree: ast.AST, *names: str) -> list[ast.Call]:
    """The calls of functions or methods with these names."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [node for node in found if getattr(node.func, "id", getattr(node.func, "attr", "")) in names]


def test_one_function_constructs_reporters() -> None:
    callers = [
        (file, function.name)
        for file, tree in TREES.items()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and calls(function, *IMPLEMENTATIONS)
    ]
    assert callers == [("cli/pick_reporter.py", "pick_reporter")]


def test_no_other_code_distinguishes_reporters() -> None:
    """No other code names an implementation, but one that is based on another; the Protocol has only methods."""
    for file, tree in TREES.items():
        named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} & IMPLEMENTATIONS
        assert not named or file in ("cli/pick_reporter.py", "output/markdown_reporter.py"), file
        for call in calls(tree, "isinstance", "hasattr", "getattr", "type"):
            assert not call.args or "report" not in ast.unparse(call.args[0]).split("."), file
    assert {type(node) for node in PROTOCOL.body} == {ast.Expr, ast.FunctionDef}  # its docstring, and methods
    assert "bool" not in METHODS.values()


@pytest.mark.parametrize("file", [name for name in TREES if not name.startswith("output/") and name != "cli/main.py"])
def test_only_stream_and_terminal_write_to_the_terminal(file: str) -> None:
    """All other code writes through output/stream.py, or a console of output/terminal.py."""
    tree = TREES[file]
    assert not calls(tree, "print", "echo", "secho", "Console"), file
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ("stdout", "stderr"):
            assert file in (
                "cli/run_command.py",
                "deploy/executor.py",
                "cli/live_status.py",
            ) or "sys" not in ast.unparse(node)


@pytest.mark.parametrize("file", [name for name in TREES if name.startswith("output/")])
def test_displays_write_to_no_stream(file: str) -> None:
    """In output/ too, a display draws on a console or calls out() and err()."""
    exempt = ("output/stream.py", "output/json_lines.py", "output/crash_report.py")  # the door; ASCII; a file
    assert file in exempt or not calls(TREES[file], "write", "writelines", "print_json")


def test_only_terminal_creates_consoles() -> None:
    callers = [file for file, tree in TREES.items() if calls(tree, "Console", "SafeConsole", "get_console")]
    assert callers == ["output/terminal.py"]
