"""Pure: what can be said for certain about a handler's file without running it."""

import ast
import re
import sys
from collections.abc import Iterator

from advent_cli.packaging import python_source

NEWEST = (3, 14)  # the newest Python whose syntax is known here
# except* (3.11), type statements and parameters, any f-string (3.12), t-strings, except without parentheses (3.14)
NEWER = re.compile(
    r"^\s*except\s*\*|^\s*type\s+\w|\b(?:def|class)\s+\w+\s*\[|\b[rR]?[fFtT][rR]?[\"']|^\s*except\s+[^(:]+,"
)
SETS_NAMES = ("exec", "globals", "locals", "setattr", "vars")  # calls that may define any name
INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)  # what is inside has names of its own


class UnreadableError(Exception):
    """The file is not valid Python: the line, and the reason in Python's words."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


def parse(content: bytes, runtime: str) -> ast.Module | None:
    """The module, parsed as the Python of this runtime would; None if it may use newer syntax than this Python knows.

    Raises UnreadableError.
    """
    wanted, here = (3, int(runtime.rpartition(".")[2])), sys.version_info[:2]
    try:
        return python_source.parse(content, min(wanted, here))
    except (SyntaxError, ValueError) as error:  # ValueError: null bytes, in older versions
        if wanted > here and isinstance(error, SyntaxError) and _may_be_newer(error, content, wanted):
            return None
        raise UnreadableError(getattr(error, "lineno", None) or 1, str(getattr(error, "msg", error))) from None
    except (RecursionError, MemoryError):  # nested too deeply for this Python's parser
        return None


def _may_be_newer(error: SyntaxError, content: bytes, wanted: tuple[int, int]) -> bool:
    """Whether the line with the error has syntax that came with a Python after 3.10, the oldest that advent runs on."""
    lines = content.decode(errors="replace").splitlines()
    line = lines[error.lineno - 1] if error.lineno and error.lineno <= len(lines) else ""
    return wanted > NEWEST or "f-string" in str(error.msg) or NEWER.search(line) is not None


def lacks(tree: ast.Module, name: str) -> bool:
    """Whether the module certainly does not define this name when it is imported."""
    nodes = list(_own(tree))
    if any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in nodes):
        return False
    called = {node.func.id for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    return not called & {*SETS_NAMES} and name not in set(_defined(nodes))


def functions(tree: ast.Module) -> list[str]:
    """The names of the functions that the module defines."""
    return [node.name for node in _own(tree) if isinstance(node, ast.FunctionDef)]


def relative_import(tree: ast.Module) -> int | None:
    """The line of an import that always fails, because Lambda imports a handler's file outside any package."""
    lines = (node.lineno for node in tree.body if isinstance(node, ast.ImportFrom) and node.level)
    return next(lines, None)


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that run when the module is imported: not those inside functions and classes, but these themselves."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, INNER):
            yield from _own(child)


def _defined(nodes: list[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.MatchAs | ast.MatchStar | ast.ExceptHandler) and node.name:
            yield node.name
