"""What a step does, as data: its API calls, and what else a person needs who does the same in a shell."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from advent_cli.aws.account import Aws

# Two of Unicode's noncharacters, reserved for internal use: they occur in no name, setting or document.
OPEN, CLOSE = "\ufdd0", "\ufdd1"


def placeholder(variable: str) -> str:
    """A placeholder in a parameter for a value that AWS assigns, and that the shell has in this variable."""
    return f"{OPEN}{variable}{CLOSE}"


def has_placeholder(text: str) -> bool:
    """Whether the text contains a placeholder."""
    return OPEN in text


@dataclass(frozen=True)
class Capture:
    """A shell variable that gets a part of the response; `query` is JMESPath, `output` the AWS CLI's output format."""

    variable: str
    query: str
    output: str = "text"


@dataclass(frozen=True)
class Call:
    """An API call: the service and the method as boto3 names them, and the parameters.

    `retry`: AWS may refuse the call for a while, so a script has to send it again.
    """

    service: str
    method: str
    params: dict[str, Any]
    capture: Capture | None = None
    retry: bool = False

    def on(self, aws: Aws, attempts: int = 8) -> Callable[[], Any]:
        """A function that sends the call; `attempts` as in `Aws.client`."""
        return partial(getattr(aws.client(self.service, attempts), self.method), **boto3_params(self.params))


@dataclass(frozen=True)
class Until:
    """A wait for AWS, by one of boto3's waiters."""

    service: str
    waiter: str
    params: dict[str, Any]


@dataclass(frozen=True)
class File:
    """Bytes that are in a file of this name when a person runs the calls."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Zip:
    """Creating the zip `file` from these files in `folder`, and from all in `packages` unless that is empty."""

    file: str
    folder: str
    names: tuple[str, ...]
    packages: str = ""


@dataclass(frozen=True)
class Note:
    """A comment for the person."""

    text: str


Line = Call | Until | Zip | Note


def boto3_params(params: dict[str, Any]) -> dict[str, Any]:
    """The parameters for boto3: a File becomes its bytes."""

    def convert(value: Any) -> Any:
        return value.data if isinstance(value, File) else boto3_params(value) if isinstance(value, dict) else value

    return {name: convert(value) for name, value in params.items()}


def variable(*words: str) -> str:
    """A shell variable name made of these words."""
    return re.sub(r"\W", "_", "_".join(words), flags=re.ASCII)
