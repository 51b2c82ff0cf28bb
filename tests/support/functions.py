"""The handlers as Lambda runs them: modules made afresh, events as API Gateway and SNS make them."""

import base64
import importlib
import json
import logging
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import TextIOBase
from types import ModuleType
from typing import Any

import pytest

from advent_cli.messages import slack_post
from advent_cli.stack.build import Stack
from tests.support.stacks import ROOT, TUTORIAL

HANDLERS = ROOT / "handlers"
FORM = "application/x-www-form-urlencoded"


@dataclass
class Context:
    """What of Lambda's context the handlers use."""

    aws_request_id: str = "request-1"
    milliseconds: int = 10_000

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


class CurrentStdout(TextIOBase):
    """Writes to what sys.stdout is at the moment; pytest replaces it between a fixture and its test."""

    def write(self, text: str) -> int:
        return sys.stdout.write(text)


def load(name: str, patch: pytest.MonkeyPatch) -> ModuleType:
    """Import a handler's module and its own modules anew, as in a new execution environment on AWS.

    There the runtime has added a handler to the root logger before (awslambdaric/bootstrap.py).
    """
    stdout: Any = CurrentStdout()
    lambda_handler = logging.StreamHandler(stdout)
    lambda_handler.setFormatter(logging.Formatter("[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(message)s"))
    patch.setattr(logging.getLogger(), "handlers", [lambda_handler])
    patch.syspath_prepend(HANDLERS)
    for file in HANDLERS.glob("*.py"):
        patch.delitem(sys.modules, file.stem, raising=False)
    with redirect_stdout(stdout):
        return importlib.import_module(name)


def environment(stack: Stack, function: str, variables: dict[str, str], patch: pytest.MonkeyPatch) -> None:
    """What Lambda sets for a function, with its variables as the stack wants them."""
    ours: Any = stack.resources[f"function/{function}"]
    for name, value in {**variables, **ours.environment, **ours.attached, "AWS_LAMBDA_FUNCTION_NAME": function}.items():
        patch.setenv(name, value)


def request(body: str | bytes, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The event of a POST, as an HTTP API makes it (payload format 2.0): it encodes the body of a form."""
    raw = body.encode() if isinstance(body, str) else body
    named = {name.lower(): value for name, value in {"Content-Type": FORM, **(headers or {})}.items()}
    return {"headers": named, "body": base64.b64encode(raw).decode(), "isBase64Encoded": True, "requestContext": {}}


def typed(text: str, secret: str | None = None) -> dict[str, Any]:
    """The event of what Slack posts when a person types this."""
    post = slack_post.build_request(text, TUTORIAL.slack, secret)
    return request(post.body, post.headers)


def told(*messages: str, first_id: int = 0, published_as: str | None = None) -> dict[str, Any]:
    """The event of SNS with these messages; `published_as` is the id that function 1 gives."""
    given = {"MessageAttributes": {"message_id": {"Type": "String", "Value": published_as}}} if published_as else {}
    records = [{"Message": text, "MessageId": f"id-{first_id + n}", **given} for n, text in enumerate(messages)]
    return {"Records": [{"EventSource": "aws:sns", "Sns": record} for record in records]}


def reply(answer: dict[str, Any], status: int = 200) -> str:
    """The text of an answer of function 1, as Slack shows it."""
    assert answer["statusCode"] == status, answer
    return slack_post.unescape(json.loads(answer["body"])["text"])
