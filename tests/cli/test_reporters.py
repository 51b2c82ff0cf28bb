"""Who listens is decided in one place, and a command works whoever it is."""

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
IMPLEMENTATIONS = {"JsonReporter", "PeopleReporter"}
(PROTOCOL,) = [
    node for node in TREES["output/reporter.py"].body if isinstance(node, ast.ClassDef) and node.name == "Reporter"
]
METHODS = {node.name: ast.unparse(node.returns or node) for node in PROTOCOL.body if isinstance(node, ast.FunctionDef)}


class Recorder:
    """Neither a person nor a script: a Reporter that notes down which of its methods gets what."""

    def __init__(self) -> None:
        self.heard: dict[str, list[Any]] = defaultdict(list)

    def __getattr__(self, name: str) -> Any:
        method = METHODS[name]  # whatever else is asked for is no part of the Protocol

        def hear(*args: Any, **_: Any) -> Any:
            self.heard[name].append(args)
            if name == "describing_data_loss":
                return args[0]
            return nullcontext(Sink(self.heard["events"])) if "AbstractContextManager" in method else None

        return hear


class Sink:
    """What a context manager of the Protocol gives: it takes events, words, traces."""

    def __init__(self, heard: list[Any]) -> None:
        self.heard = heard

    def __call__(self, *args: Any) -> None:
        self.heard += args

    show = note = __call__


def run(command: click.Command, options: Options, **given: Any) -> Any:
    assert command.callback
    with click.Context(command, obj=options):
        return command.callback(**given)


def test_a_third_reporter_drives_up_and_say_unchanged(engine: Engine) -> None:
    heard = (recorder := Recorder()).heard
    options = Options(cast(Reporter, recorder), config=str(ROOT / "config.yaml"))
    assert run(up, options, yes=True, import_file=None, adopt=(), watch=False, explain=False) == 0
    ((_, steps),) = heard["planned"]
    finished = [event.key for event in heard["events"] if isinstance(event, Finished)]
    assert sorted(finished) == sorted(step.key for step in steps) != []
    ((_, url),) = heard["app_ready"]
    assert url.endswith("/aws_advent")

    assert run(say, options, text=("awsadvent",), no_wait=False, trace=False, repeat=1) == 0
    assert heard["replied"] == [("awsadvent", "awsadvent = 1")]
    assert heard["settled"] == [(["sns_multiplier"], {"awsadvent": 11})]
    assert run(say, options, text=("awsadvent",), no_wait=False, trace=True, repeat=1) == 0
    ((trace, consumers, counts),) = heard["traced"]
    assert [hop.function for hop in trace.all()] == ["aws_advent", "sns_multiplier", "sns_logger"]
    assert (consumers, counts) == (["sns_multiplier"], {"awsadvent": 22})
    assert not {"problem", "bug"} & {*heard}


def calls(tree: ast.AST, *names: str) -> list[ast.Call]:
    """The calls of functions or methods of these names."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [node for node in found if getattr(node.func, "id", getattr(node.func, "attr", "")) in names]


def test_one_function_constructs_reporters() -> None:
    makers = [
        (file, function.name)
        for file, tree in TREES.items()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and calls(function, *IMPLEMENTATIONS)
    ]
    assert makers == [("cli/pick_reporter.py", "pick_reporter")]


def test_nothing_else_tells_reporters_apart() -> None:
    """No implementation is named elsewhere, and the Protocol has nothing but methods, so there is no flag to ask."""
    for file, tree in TREES.items():
        named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} & IMPLEMENTATIONS
        assert not named or file == "cli/pick_reporter.py", file
        for call in calls(tree, "isinstance", "hasattr", "getattr", "type"):
            assert not call.args or "report" not in ast.unparse(call.args[0]).split("."), file
    assert {type(node) for node in PROTOCOL.body} == {ast.Expr, ast.FunctionDef}  # its docstring, and methods
    assert "bool" not in METHODS.values()


@pytest.mark.parametrize("file", [name for name in TREES if not name.startswith("output/") and name != "cli/main.py"])
def test_the_door_to_the_terminal_is_the_only_one(file: str) -> None:
    """What goes to a terminal goes by output/stream.py, or by a console of output/terminal.py."""
    tree = TREES[file]
    assert not calls(tree, "print", "echo", "secho", "Console"), file
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ("stdout", "stderr"):
            assert file in ("cli/run.py", "deploy/executor.py", "cli/live_status.py") or "sys" not in ast.unparse(node)


def test_consoles_are_made_by_the_door_only() -> None:
    makers = [file for file, tree in TREES.items() if calls(tree, "Console", "Door", "get_console")]
    assert makers == ["output/terminal.py"]
