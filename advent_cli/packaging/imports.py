"""Pure: which modules a Python file imports, whatever Python it is written for."""

import ast
import codecs
import re
from collections.abc import Iterator

from advent_cli.packaging.python_source import parse

# Where this Python cannot parse the file: each import at the start of a line or after a semicolon or a colon.
STATEMENT = re.compile(r"(?:^|[;:])[ \t]*(?:from[ \t]+(\w+)|import[ \t]+(\w[^;\n]*))", re.MULTILINE)
BY_NAME = ("import_module", "__import__")  # calls with the name of a module


def imported(content: bytes) -> set[str]:
    """The top-level names of the modules that the file imports anywhere, also by importlib.import_module("NAME")."""
    try:
        names = {name.partition(".")[0] for node in ast.walk(parse(content)) for name in _names(node)}
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        names = set(_by_pattern(_decoded(content)))
    return {name for name in names if name.isidentifier()}


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield from [node.module] if node.module else [alias.name for alias in node.names]
    elif isinstance(node, ast.Call) and node.args and isinstance(first := node.args[0], ast.Constant):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in BY_NAME and isinstance(first.value, str):
            yield first.value.lstrip(".")


def _by_pattern(text: str) -> Iterator[str]:
    for from_module, modules in STATEMENT.findall(re.sub(r"\\\r?\n", " ", text)):
        for part in [from_module] if from_module else modules.split(","):
            yield re.split(r"\W", part.strip(), maxsplit=1)[0]


def _decoded(content: bytes) -> str:
    return content.removeprefix(codecs.BOM_UTF8).decode(errors="replace")
