"""A Lambda function: its code and its settings."""

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from advent_cli.aws.account import Aws
from advent_cli.aws.calls import Call, File, Line, Until, has_placeholder
from advent_cli.aws.retry import Waiter
from advent_cli.packaging.bundle import Bundle
from advent_cli.packaging.zip_commands import zip_commands
from advent_cli.resources import aws_lambda, role_id
from advent_cli.resources.aws_lambda import ACTIVE, BEYOND_REPAIR, BUSY, DELETING, READY, UPDATE_FAILED, variables_of
from advent_cli.resources.base import Resource, Settings
from advent_cli.resources.given_role import GivenRole
from advent_cli.resources.role import Role


@dataclass(frozen=True)
class Function(Resource):
    """A function with the settings of config.yaml.

    `environment` has the variables that this resource sets. `attached` has those that Variable resources set: this one
    only includes them in the create call and keeps them when it updates the others. `statements` are the ids of the
    statements that the resource policy should have from this stack; Permission resources add them.
    """

    kind: ClassVar[str] = "function"
    actions: ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("lambda:GetFunction", "lambda:ListTags"),
        "create": ("lambda:CreateFunction", "lambda:TagResource", "iam:PassRole"),
        "update": (
            "iam:PassRole",
            "lambda:UpdateFunctionCode",
            "lambda:UpdateFunctionConfiguration",
            "lambda:PutFunctionConcurrency",
            "lambda:DeleteFunctionConcurrency",
        ),
        "delete": ("lambda:DeleteFunction",),
    }
    console: ClassVar[dict[str, str]] = {
        "create": "Lambda > Functions > Create function > Author from scratch > Use an existing role > {it.role.name}",
        "update": "Lambda > Functions > {it.name} > Code, Configuration > General configuration",
        "delete": "Lambda > Functions > {it.name} > Actions > Delete",
    }
    aws: Aws
    name: str
    bundle: Bundle | None = None
    handler: str = ""
    role: Role | GivenRole | None = None
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
        """The function's ARN, known before the function exists."""
        return self.aws.arn("lambda", f"function:{self.name}")

    def code_notes(self, seen: object) -> list[str]:
        """Sentences about the code, if it is not the one that was `seen`; raises ConfigError."""
        is_there = isinstance(seen, dict) and self.bundle and seen.get("code") == self.bundle.sha256
        return [] if is_there or not self.bundle else self.bundle.notes

    def scope(self) -> list[str]:
        return [self.arn, *([self.role.arn] if self.role else [])]  # Lambda's caller passes the role

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
        answer = aws_lambda.get_function(self.aws, self.name)
        if answer is None:
            return None
        now, tags = answer["Configuration"], aws_lambda.tags_of(answer)
        self.require_owned(tags, now["FunctionArn"], f"last changed {now['LastModified']}")
        return {
            **aws_lambda.settings_of(answer),
            "role": role_id.seen(now["Role"], tags, self.role),
            "environment": {
                # The values of variables that config.yaml does not set may be secrets, so they are not read.
                name: value if name in self.environment else "(set)"
                for name, value in variables_of(now).items()
                if name not in self.attached
            },
            "state": aws_lambda.state(now),
        }

    def adopt(self) -> None:
        self.aws.client("lambda").tag_resource(Resource=self.arn, Tags=self.aws.owner_tag)

    def create(self, waiter: Waiter) -> None:
        aws_lambda.send_all(self.aws, self.name, self.to_create(), waiter, self.role)

    def update(self, now: Settings, waiter: Waiter) -> None:
        if now["state"] in (BUSY, DELETING):
            aws_lambda.wait_while_busy(self.aws, self.name, waiter)
            now = self.read() or now
        if _must_recreate(now):
            self.delete(waiter)
            return self.create(waiter)
        return aws_lambda.send_all(self.aws, self.name, self.to_update(now), waiter, self.role)

    def delete(self, waiter: Waiter) -> None:
        aws_lambda.send_deletion(self.aws, self.name, self._call("delete_function"), waiter)

    def to_create(self) -> list[Line]:
        tags = {**self.aws.owner_tag, **role_id.tag(self.role)}
        settings = {**self._configuration(self.attached), "Code": {"ZipFile": self._zip()}, "Tags": tags}
        creation = self._retried(self._call("create_function", **settings, Architectures=[self.architecture]))
        active = Until("lambda", ACTIVE, {"FunctionName": self.name})
        reservation = [] if self.concurrency is None else [self._reservation()]
        return [*self._zip_lines(), creation, *reservation, active]

    def to_update(self, now: Settings) -> list[Line]:
        if _must_recreate(now):
            return [*self.to_delete(), *self.to_create()]
        updated = Until("lambda", "function_updated_v2", {"FunctionName": self.name})
        failed, want = now["state"] == UPDATE_FAILED, self.want()
        different = {name for name in want if now[name] != want[name] or failed}
        lines: list[Line] = [updated] if now["state"] == BUSY else []
        if different & {"code", "architecture"}:
            code = self._call("update_function_code", ZipFile=self._zip(), Architectures=[self.architecture])
            lines += [*self._zip_lines(), code, updated]
        if "concurrency" in different:
            lines.append(self._reservation())
        if different - {"code", "architecture", "concurrency", "state"}:
            lines += [*map(self._retried, self._reconfiguration()), updated]
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
        now = (aws_lambda.get_function(self.aws, self.name) or {}).get("Configuration", {})
        attached = {name: value for name, value in variables_of(now).items() if name in self.attached}
        update = self._call("update_function_configuration", **self._configuration(attached))
        if not (tag := role_id.tag(self.role)) or (self.role and now.get("Role") == self.role.arn):
            return [update]
        return [update, Call("lambda", "tag_resource", {"Resource": self.arn, "Tags": tag})]

    def _configuration(self, attached: dict[str, str]) -> dict[str, Any]:
        return {
            "Handler": self.handler,
            "Role": self.role.arn if self.role else "",
            "Runtime": self.runtime,
            "MemorySize": self.memory,
            "Timeout": self.timeout,
            "Environment": {"Variables": {**self.environment, **attached}},
        }

    def _zip(self) -> File:
        return File(f"{self.name}.zip", self.bundle.data if self.bundle else b"")

    def _zip_lines(self) -> list[Line]:
        return zip_commands(self.bundle, self._zip().name) if self.bundle else []

    def _retried(self, call: Call) -> Call:
        """The call, marked for retries if Lambda may not know the role yet."""
        return replace(call, retry=any(map(has_placeholder, role_id.tag(self.role).values())) and not self.aws.endpoint)


def _must_recreate(now: Settings) -> bool:
    """Whether no update can repair the function."""
    return bool(now["state"] in BEYOND_REPAIR or now["role"] == role_id.OLD_ROLE)
