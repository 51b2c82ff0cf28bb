"""A file that a handler imports is found however the import is written."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advent_cli.packaging.imports import imported

WAYS = {
    "import common": {"common"},
    "import os; import common": {"os", "common"},
    "import json, \\\n    second, third as fourth": {"json", "second", "third"},
    "from shop.web import a, b": {"shop"},
    "from shop import (\n    a,\n    b,\n)": {"shop"},
    "try: import third\nexcept ImportError: third = None": {"third"},
    "if True:\n    import inner": {"inner"},
    "def later():\n    import inner": {"inner"},
    "from . import sibling": {"sibling"},
    "from .part import x": {"part"},
    "import importlib\nimportlib.import_module('by.name')": {"importlib", "by"},
    "x = __import__('by_name')": {"by_name"},
    "text = '''\nimport nothing\n'''": set(),
    "# import nothing": set(),
    "import common\nx = '\\d'": {"common"},
    "__import__('../secret')": set(),
}


@pytest.mark.parametrize("text", WAYS)
@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8], ids=["plain", "with a byte order mark"])
def test_imports_are_found(text: str, mark: bytes) -> None:
    assert imported(mark + text.encode()) == WAYS[text]
    assert imported(mark + text.replace("\n", "\r\n").encode()) == WAYS[text]


@pytest.mark.parametrize(
    "text", [text for text in WAYS if "nothing" not in text and "name" not in text and "." not in text]
)
def test_imports_are_found_in_syntax_that_this_python_does_not_know(text: str) -> None:
    assert imported(codecs.BOM_UTF8 + f"{text}\nsome newer syntax\n".encode()) >= WAYS[text]


@given(st.binary(max_size=200))
def test_any_bytes_are_only_text(content: bytes) -> None:
    imported(content)
