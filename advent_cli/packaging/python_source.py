"""Parses Python files that other people wrote, for whatever Python they are meant."""

import ast
import threading
import warnings

LOCK = threading.Lock()  # several threads at once make ast fail with SystemError (python/cpython #106905)


def parse(content: bytes, feature_version: tuple[int, int] | None = None) -> ast.Module:
    """The module; decodes as Python does: by a byte order mark or a coding comment, else as UTF-8.

    Raises SyntaxError, ValueError (null bytes, in older versions), RecursionError or MemoryError.
    """
    with LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the file's own escapes
        return ast.parse(content, feature_version=feature_version)
