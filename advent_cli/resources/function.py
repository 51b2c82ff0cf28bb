"""A Lambda function: its code and its settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar

from advent_cli.aws import Aws
from advent_cli.aws_errors import found
from advent_cli.bundle import Bundle
from advent_cli.errors import ForeignError
from advent_cli.lambda_answers import (
    BUSY,
    FAILED,
    RACES,
    READY,
    UPDATE_FAILED,
    described,
    state,
    tags,
    variables,
    wait_until_ready,
)
from advent_cli.patience import Patience
from advent_cli.resource import Resource, Settings
from advent_cli.resources.role import Role

ROLE_ID_TAG = "advent:role-id"
ROLE_IS_GONE = "one of the same name that was deleted since"
STATEMENTS = "advent-"  # what the ids of our statements in a function's resource policy begin with


@dataclass(frozen=True)
class Function(Resource):
    """A function with the settings of config.yaml.

    `environment` is what it sets itself; `attached` are variables that steps of their own see to, so this one only
    carries them along: into the create call, and unharmed through a change of the others. `statements` are the ids of
    the statements that its resource policy should have from us; those and others are steps of their own too.

    A function whose role was deleted and made anew stays broken, though nothing of it looks different (Lambda's grant
    for its environment variables was for the old role). So the role's own id is kept in a tag of the function.
    """

    kind: ClassVar[str] = "function"
    rights: ClassVar[dict[str, tuple[str, ...]]] = {
        "read": (
            "lambda:GetFunction",
            "lambda:GetFunctionConfiguration",
            "lambda:ListTags",
        ),
        "create": (
            "lambda:CreateFunction",
            "lambda:TagResource",
        ),
        "update": (
            "lambda:UpdateFunctionCode",
            "lambda:UpdateFunctionConfiguration",
            "lambda:PutFunctionConcurrency",
            "lambda:DeleteFunctionConcurrency",
        ),
        "delete": ("lambda:DeleteFunction",),
    }
    aws: Aws
    name: str
    bundle: Bundle | None = None
    handler: str = ""
    role: Role | None = None
    runtime: str = ""
    architecture: str = ""
    memory: int = 0
    timeout: int = 0
    concurrency: int | None = None
    environment: dict[str, str] = field(default_factory=dict)
    attached: dict[str, str] = field(default_factory=dict)
    statements: tuple[str, ...] = ()

    @property
    def arn(self) -> str:
        """The function's ARN, known before the function is made."""
        return self.aws.arn("lambda", f"function:{self.name}")

    def scope(self) -> list[str]:
        return [self.arn]

    def want(self) -> Settings:
        return {
            "code": self.bundle.sha256 if self.bundle else "",
            "handler": self.handler,
            "runtime": self.runtime,
            "architecture": self.architecture,
            "memory": self.memory,
            "timeout": self.timeout,
            "concurrency": self.concurrency,
            "role": self.role.arn if self.role else "",
            "environment": self.environment,
            "state": READY,
        }

    def read(self) -> Settings | None:
        answer = described(self.aws, self.name)
        if answer is None:
            return None
        now, tagged = answer["Configuration"], tags(answer)
        if not self.aws.owns(tagged):
            raise ForeignError(self.key, self.title, now["FunctionArn"], f"last changed {now['LastModified']}")
        role_id = self.role.unique_id() if self.role else None
        same_role = tagged.get(ROLE_ID_TAG, role_id) == role_id
        return {
            "code": now["CodeSha256"],
            "handler": now.get("Handler"),
            "runtime": now.get("Runtime"),
            "architecture": ", ".join(now.get("Architectures", ["x86_64"])),
            "memory": now["MemorySize"],
            "timeout": now["Timeout"],
            "concurrency": answer.get("Concurrency", {}).get("ReservedConcurrentExecutions"),
            "role": now["Role"] if same_role else ROLE_IS_GONE,
            "environment": {k: v for k, v in variables(now).items() if k not in self.attached},
            "state": state(now),
        }

    def adopt(self) -> None:
        self.aws.client("lambda").tag_resource(Resource=self.arn, Tags=self.aws.owner_tag)

    def create(self, wait: Patience) -> None:
        role_id = (self.role.unique_id() if self.role else None) or ""
        call = self.aws.client("lambda").create_function
        settings = {"FunctionName": self.name, **self._configuration(self.attached)}
        code = {"Code": {"ZipFile": self._zip()}, "Architectures": [self.architecture]}
        marks = {**self.aws.owner_tag, ROLE_ID_TAG: role_id}
        wait.retry(partial(call, **settings, **code, Tags=marks), *RACES)
        if self.concurrency is not None:
            self._reserve(wait)
        wait_until_ready(self.aws, self.name, wait)

    def update(self, now: Settings, wait: Patience) -> None:
        if now["state"] == BUSY:
            wait.until(lambda: self._state() != BUSY, "Lambda is still busy with the function")
            now = self.read() or now
        if now["state"] == FAILED or now["role"] == ROLE_IS_GONE:  # such a function can only be made anew
            self.delete(wait)
            return self.create(wait)
        client, want = self.aws.client("lambda"), self.want()
        failed = now["state"] == UPDATE_FAILED
        different = {name for name in want if now[name] != want[name] or failed}
        if different & {"code", "architecture"}:
            code = {"ZipFile": self._zip(), "Architectures": [self.architecture]}
            wait.retry(partial(client.update_function_code, FunctionName=self.name, **code), *RACES)
            wait_until_ready(self.aws, self.name, wait)
        if "concurrency" in different:
            self._reserve(wait)
        if different - {"code", "architecture", "concurrency", "state"}:
            self._update_configuration(wait)
        return None

    def delete(self, wait: Patience) -> None:
        call = self.aws.client("lambda").delete_function
        wait.retry(partial(found, call, "ResourceNotFoundException", FunctionName=self.name), *RACES)
        wait.until(lambda: described(self.aws, self.name) is None, "Lambda is deleting the function")

    def _reserve(self, wait: Patience) -> None:
        client = self.aws.client("lambda")
        call = partial(client.delete_function_concurrency, FunctionName=self.name)
        if self.concurrency is not None:
            number = self.concurrency
            call = partial(client.put_function_concurrency, FunctionName=self.name, ReservedConcurrentExecutions=number)
        wait.retry(call, *RACES)

    def _update_configuration(self, wait: Patience) -> None:
        client = self.aws.client("lambda")
        there = client.get_function_configuration(FunctionName=self.name)
        carried = {name: value for name, value in variables(there).items() if name in self.attached}
        settings = {"FunctionName": self.name, **self._configuration(carried)}
        wait.retry(partial(client.update_function_configuration, **settings), *RACES)
        if self.role and there["Role"] != self.role.arn:
            client.tag_resource(Resource=self.arn, Tags={ROLE_ID_TAG: self.role.unique_id() or ""})
        wait_until_ready(self.aws, self.name, wait)

    def _configuration(self, carried: dict[str, str]) -> dict[str, Any]:
        return {
            "Handler": self.handler,
            "Role": self.role.arn if self.role else "",
            "Runtime": self.runtime,
            "MemorySize": self.memory,
            "Timeout": self.timeout,
            "Environment": {"Variables": {**self.environment, **carried}},
        }

    def _zip(self) -> bytes:
        return self.bundle.data if self.bundle else b""

    def _state(self) -> str:
        return state((described(self.aws, self.name) or {}).get("Configuration", {}))
