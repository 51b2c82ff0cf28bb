"""A handler's file is refused only if it certainly fails on Lambda."""

import sys
from pathlib import Path

import pytest

from advent_cli.config import config_file
from advent_cli.errors import ConfigError
from tests.conftest import Run

APP = """\
stack: mine
runtime: {}
table: {{name: t-t, key: k}}
topics: [t]
api: {{name: api}}
functions:
  front: {{subscribes: t}}
"""
HERE = f"python3.{sys.version_info.minor}"
NEWER = f"python3.{sys.version_info.minor + 1}"
DEF = "def handler(event, context):\n    pass\n"
INDENTED = DEF.replace("def", "    def").replace("pass", "    pass")


@pytest.fixture
def front(tmp_path: Path) -> Path:
    (tmp_path / "handlers").mkdir()
    (tmp_path / "config.yaml").write_text(APP.format(HERE))
    return tmp_path / "handlers" / "front.py"


def load(front: Path) -> config_file.Config:
    return config_file.load(front.parents[1] / "config.yaml")


DEFINED = {
    "with a byte order mark": f"\ufeff{DEF}",
    "by a star import": "from shop.web import *\n",
    "in both branches of try": f"try:\n    import orjson\n{INDENTED}except ImportError:\n{INDENTED}",
    "by an import in if": "import os\nif os.environ.get('A'):\n    from shop.web import handler\n",
    "by a lambda": "handler = lambda event, context: None\n",
    "by an attribute": "import shop.web\nhandler = shop.web.handler\n",
    "by unpacking": "(handler, *rest) = [print, print]\n",
    "by a walrus": "if (handler := print):\n    pass\n",
    "by with": "import contextlib\nwith contextlib.nullcontext(print) as handler:\n    pass\n",
    "by for": "for handler in [print]:\n    pass\n",
    "by match": "match print:\n    case handler:\n        pass\n",
    "by globals": "globals()['handler'] = print\n",
    "by setattr": "import sys\nsetattr(sys.modules[__name__], 'handler', print)\n",
    "by exec": "exec('handler = print')\n",
    "by a class": "class handler:\n    pass\n",
    "in Latin-1": "# coding: latin-1\n# caf\xe9\n" + DEF,
}


@pytest.mark.parametrize("how", DEFINED)
def test_a_handler_is_found_however_it_is_defined(front: Path, how: str) -> None:
    front.write_text(DEFINED[how], encoding="latin-1" if "Latin" in how else "utf-8")
    assert load(front).notes == ()


MISSING = {
    "nothing": "",
    "another function": "def handle(event, context):\n    pass\n",
    "inside a function": f"def make():\n{INDENTED}    return handler\n",
    "inside a class": f"class App:\n{INDENTED}",
    "only used": "print(handler)\n",
}


@pytest.mark.parametrize("what", MISSING)
def test_a_handler_that_is_certainly_missing_is_an_error(front: Path, what: str) -> None:
    front.write_text(MISSING[what])
    with pytest.raises(ConfigError, match="unknown function 'handler'"):
        load(front)


NEW = ["type Words = dict[str, broken", "def first[T(x): pass", 'x = f"{"a b"}" broken', "except A, B: broken"]


@pytest.mark.parametrize("line", NEW)
def test_syntax_that_the_runtime_may_know_is_a_note(front: Path, advent: Run, line: str) -> None:
    front.write_text(f"{DEF}{line}\n")
    with pytest.raises(ConfigError, match=r"front\.py:3: not valid Python: "):
        load(front)
    (front.parents[1] / "config.yaml").write_text(APP.format(NEWER))
    (note,) = load(front).notes
    assert f"front.py is not checked: Python 3.{sys.version_info.minor}, which advent runs on, cannot read it" in note
    planned = advent("plan", cwd=front.parents[1])
    assert planned.stdout.count("front.py is not checked") == 1


@pytest.mark.parametrize("line", ["def broken(:", "return (", "x = )", "  x = 1", "if True"])
def test_what_no_python_can_read_is_an_error_under_any_runtime(front: Path, line: str) -> None:
    front.write_text(f"{DEF}{line}\n")
    (front.parents[1] / "config.yaml").write_text(APP.format(NEWER))
    with pytest.raises(ConfigError, match=r"front\.py:3: not valid Python: "):
        load(front)
    (front.parents[1] / "config.yaml").write_text(APP.format("python3.99"))
    assert load(front).notes


@pytest.mark.skipif(sys.version_info < (3, 12), reason="only a newer Python knows the syntax")
def test_syntax_that_the_runtime_does_not_know_is_an_error(front: Path) -> None:
    front.write_text(f"type Words = dict[str, int]\n{DEF}")
    (front.parents[1] / "config.yaml").write_text(APP.format("python3.11"))
    with pytest.raises(ConfigError, match=r"front\.py:1: not valid Python"):
        load(front)


def test_requirements_beside_a_file_are_not_used_and_commands_say_so(front: Path, advent: Run) -> None:
    front.write_text(DEF)
    (front.parent / "requirements.txt").write_text("orjson\n")
    folder, words = (
        front.parents[1],
        "requirements.txt is not used: packages go with a handler that is a folder, as in ",
    )
    assert advent("plan", cwd=folder).stdout.count(words) == 1
    assert advent("up", cwd=folder).stderr.count(words) == 1
    assert "note    config" in (doctor := advent("doctor", cwd=folder, code=0).stdout)
    assert doctor.count(words) == 1
    assert words not in advent("down", "--yes", cwd=folder).stderr


@pytest.mark.parametrize("line", ["from . import helper", "from .helper import x", "from .. import helper"])
def test_a_relative_import_of_a_handler_is_an_error(front: Path, line: str) -> None:
    front.write_text(f"import json\n{line}\n{DEF}")
    with pytest.raises(ConfigError, match=r"front\.py:2: relative import") as caught:
        load(front)
    assert "write `import NAME`" in caught.value.hint
    front.write_text(f"try:\n    {line}\nexcept ImportError:\n    helper = None\n{DEF}")
    load(front)
