"""A Lambda function: its code and its settings."""

from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, ClassVar

from advent_cli.aws.account import Aws
from advent_cli.aws.aws_errors import get_or_none
from advent_cli.aws.calls import Call, File, Line, Until, has_placeholder
from advent_cli.aws.retry import Waiter
from advent_cli.errors import ForeignError
from advent_cli.packaging.bundle import Bundle
from advent_cli.packaging.zip_commands import zip_commands
from advent_cli.resources.base import Resource, Settings
from advent_cli.resources.lambda_answers import (
    BUSY,
    FAILED,
    RACES,
    READY,
    UPDATE_FAILED,
    carry_out,
    described,
    state,
    tags,
    variables,
)
from advent_cli.resources.role import Role

ACCEPTED = 202  # what DeleteFunction answers if it goes on by itself; else the function is gone
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
    actions: ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("lambda:GetFunction", "lambda:GetFunctionConfiguration", "lambda:ListTags"),
        "create": ("lambda:CreateFunction", "lambda:TagResource"),
        "update": (
            "lambda:UpdateFunctionCode",
            "lambda:UpdateFunctionConfiguration",
            "lambda:PutFunctionConcurrency",
            "lambda:DeleteFunctionConcurrency",
        ),
        "delete": ("lambda:DeleteFunction",),
    }
    console: ClassVar[dict[str, str]] = {
        "create": "Lambda > Functions > Create function > Author from scratch",
        "update": "Lambda > Functions > {it.name} > Code, Configuration > General configuration",
        "delete": "Lambda > Functions > {it.name} > Actions > Delete",
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
            "environment": {
                # Of a variable that is not ours we do not want to know the value: it may be a secret.
                name: value if name in self.environment else "(set)"
                for name, value in variables(now).items()
                if name not in self.attached
            },
            "state": state(now),
        }

    def adopt(self) -> None:
        self.aws.client("lambda").tag_resource(Resource=self.arn, Tags=self.aws.owner_tag)

    def create(self, waiter: Waiter) -> None:
        carry_out(self.aws, self.name, self.to_create(), waiter)

    def update(self, now: Settings, waiter: Waiter) -> None:
        if now["state"] == BUSY:
            waiter.until(lambda: self._state() != BUSY, "Lambda is still busy with the function")
            now = self.read() or now
        if _is_lost(now):
            self.delete(waiter)
            return self.create(waiter)
        return carry_out(self.aws, self.name, self.to_update(now), waiter)

    def delete(self, waiter: Waiter) -> None:
        call = partial(get_or_none, self._call("delete_function").on(self.aws), "ResourceNotFoundException")
        answer = waiter.retry(call, *RACES) or {}
        if answer.get("StatusCode") == ACCEPTED:
            there = partial(self.aws.client("lambda").get_function, FunctionName=self.name)
            waiter.until(
                lambda: get_or_none(there, "ResourceNotFoundException") is None, "Lambda is deleting the function"
            )

    def to_create(self) -> list[Line]:
        marks = {**self.aws.owner_tag, ROLE_ID_TAG: self._role_id()}
        settings = {**self._configuration(self.attached), "Code": {"ZipFile": self._zip()}, "Tags": marks}
        creation = self._patiently(self._call("create_function", **settings, Architectures=[self.architecture]))
        active = Until("lambda", "function_active_v2", {"FunctionName": self.name})
        reservation = [] if self.concurrency is None else [self._reservation()]
        return [*self._packing(), creation, active, *reservation]

    def to_update(self, now: Settings) -> list[Line]:
        if _is_lost(now):
            return [*self.to_delete(), *self.to_create()]
        updated = Until("lambda", "function_updated_v2", {"FunctionName": self.name})
        failed, want = now["state"] == UPDATE_FAILED, self.want()
        different = {name for name in want if now[name] != want[name] or failed}
        lines: list[Line] = [updated] if now["state"] == BUSY else []
        if different & {"code", "architecture"}:
            code = self._call("update_function_code", ZipFile=self._zip(), Architectures=[self.architecture])
            lines += [*self._packing(), code, updated]
        if "concurrency" in different:
            lines.append(self._reservation())
        if different - {"code", "architecture", "concurrency", "state"}:
            lines += [*map(self._patiently, self._reconfiguration()), updated]
        return lines

    def to_delete(self) -> list[Line]:
        return [self._call("delete_function")]

    def _call(self, method: str, **params: Any) -> Call:
        return Call("lambda", method, {"FunctionName": self.name, **params})

    def _reservation(self) -> Call:
        if self.concurrency is None:
            return self._call("delete_function_concurrency")
        return self._call("put_function_concurrency", ReservedConcurrentExecutions=self.concurrency)

    def _reconfiguration(self) -> list[Call]:
        there = self.aws.client("lambda").get_function_configuration(FunctionName=self.name)
        carried = {name: value for name, value in variables(there).items() if name in self.attached}
        update = self._call("update_function_configuration", **self._configuration(carried))
        if not self.role or there["Role"] == self.role.arn:
            return [update]
        mark = {"Resource": self.arn, "Tags": {ROLE_ID_TAG: self._role_id()}}
        return [update, Call("lambda", "tag_resource", mark)]

    def _configuration(self, carried: dict[str, str]) -> dict[str, Any]:
        return {
            "Handler": self.handler,
            "Role": self.role.arn if self.role else "",
            "Runtime": self.runtime,
            "MemorySize": self.memory,
            "Timeout": self.timeout,
            "Environment": {"Variables": {**self.environment, **carried}},
        }

    def _zip(self) -> File:
        return File(f"{self.name}.zip", self.bundle.data if self.bundle else b"")

    def _packing(self) -> list[Line]:
        return zip_commands(self.bundle, self._zip().name) if self.bundle else []

    def _role_id(self) -> str:
        return self.role.id_in_shell() if self.role else ""

    def _patiently(self, call: Call) -> Call:
        """The call, to be sent again for a while if the role is one that Lambda cannot know yet."""
        return replace(call, retry=has_placeholder(self._role_id()) and not self.aws.endpoint)

    def _state(self) -> str:
        return state((described(self.aws, self.name) or {}).get("Configuration", {}))


def _is_lost(now: Settings) -> bool:
    """Whether the function can only be made anew."""
    return bool(now["state"] == FAILED or now["role"] == ROLE_IS_GONE)
