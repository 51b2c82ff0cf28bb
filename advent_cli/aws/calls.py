"""What a step does, as data: the calls that it sends, and what a person who does the same by hand needs beside them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from advent_cli.aws.account import Aws

# Two characters of those that Unicode keeps for a program's own use: in no name, setting or document of anybody.
OPEN, CLOSE = "\ufdd0", "\ufdd1"


def kept(variable: str) -> str:
    """What stands in a parameter for what AWS will name by itself, and a variable of the shell will keep."""
    return f"{OPEN}{variable}{CLOSE}"


def is_kept(text: str) -> bool:
    """Whether something in it is only known to the shell."""
    return OPEN in text


@dataclass(frozen=True)
class Keep:
    """A variable of the shell for a part of an answer; `query` is JMESPath, `output` what the part is to be."""

    variable: str
    query: str
    output: str = "text"


@dataclass(frozen=True)
class Call:
    """One call: the service and the method as boto3 names them, and the parameters.

    `again`: for a while AWS may refuse it, and it is to be sent again.
    """

    service: str
    method: str
    params: dict[str, Any]
    keep: Keep | None = None
    again: bool = False

    def on(self, aws: Aws, attempts: int = 8) -> Callable[[], Any]:
        """The call, ready to be sent; `attempts` as of `Aws.client`."""
        return partial(getattr(aws.client(self.service, attempts), self.method), **sent(self.params))


@dataclass(frozen=True)
class Until:
    """Waiting for AWS, by one of boto3's waiters."""

    service: str
    waiter: str
    params: dict[str, Any]


@dataclass(frozen=True)
class File:
    """Bytes that a person has in a file of this name."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Zip:
    """Making the zip `file` of what is in `folder` under these names."""

    file: str
    folder: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Run:
    """Another program, by its words."""

    words: tuple[str, ...]


@dataclass(frozen=True)
class Note:
    """A remark to the person."""

    text: str


Line = Call | Until | Zip | Run | Note


def sent(params: dict[str, Any]) -> dict[str, Any]:
    """The parameters as boto3 wants them: of files the bytes."""

    def value(given: Any) -> Any:
        return given.data if isinstance(given, File) else sent(given) if isinstance(given, dict) else given

    return {name: value(given) for name, given in params.items()}


def variable(*words: str) -> str:
    """A name for a variable of the shell."""
    return re.sub(r"\W", "_", "_".join(words), flags=re.ASCII)
