"""A statement in a function's resource policy: which service may invoke the function, and for which source."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from advent_cli.aws.account import Aws
from advent_cli.aws.aws_errors import get_or_none
from advent_cli.aws.calls import Call, Line
from advent_cli.aws.retry import Transient, Waiter
from advent_cli.errors import AdventError
from advent_cli.resources.aws_lambda import policy_statements
from advent_cli.resources.base import Resource, Settings

ACTION = "lambda:InvokeFunction"
STATEMENT_PREFIX = "advent-"  # of the ids of the statements that this stack adds to a resource policy
POLICY_PAGE = "Lambda > Functions > {it.function} > Configuration > Permissions > Resource-based policy"
LONGEST_ID = 80  # characters of the caller in a statement id, which Lambda limits to 100
TRANSIENTS = (
    Transient("ResourceConflictException", "concurrent update operation", "Lambda is busy with the function's policy"),
    Transient("ResourceConflictException", "update is in progress", "Lambda is still updating the function"),
    Transient("ResourceConflictException", "following state: Pending", "Lambda is still creating the function"),
    Transient("InvalidParameterValueException", "rincipal", "Lambda does not know the caller yet"),
)


@dataclass(frozen=True)
class Permission(Resource):
    """The permission of an AWS service to invoke `function` for one source only.

    The name is for people, as in `awsadvent to sns_multiplier`. `caller` is a topic or a route, and `source` describes
    it. `source_arn` returns its ARN, or None while it does not exist: AWS chooses an API's id. `source_in_shell` is the
    ARN with a shell variable in place of that id.
    """

    kind: ClassVar[str] = "permission"
    actions: ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("lambda:GetPolicy",),
        "create": ("lambda:AddPermission",),
        "update": ("lambda:RemovePermission",),
    }
    console: ClassVar[dict[str, str]] = {
        "create": f"{POLICY_PAGE} > Add permissions",
        "update": f"{POLICY_PAGE} > {{it.statement_id}} > Edit",
        "delete": f"{POLICY_PAGE} > {{it.statement_id}} > Delete",
    }
    deleted_with_parent: ClassVar[bool] = True
    aws: Aws
    name: str
    function: str
    caller: str
    service: str
    source: str
    source_arn: Callable[[], str | None]
    parent: str | None = None
    existing_id: str = ""
    source_in_shell: str = ""

    @property
    def statement_id(self) -> str:
        """The same id at each run, so that statements do not pile up; an orphan keeps the id that it has."""
        return self.existing_id or statement_id(self.caller)

    def scope(self) -> list[str]:
        return [self.aws.arn("lambda", f"function:{self.function}")]

    def want(self) -> Settings:
        return {"principal": f"{self.service}.amazonaws.com", "action": ACTION, "source": self.source}

    def read(self) -> Settings | None:
        statement = policy_statements(self.aws, self.function).get(self.statement_id)
        if statement is None:
            return None
        source_arn = _source_arn(statement.get("Condition", {}))
        return {
            "principal": _principal(statement),
            "action": statement["Action"],
            "source": self.source if source_arn == self.source_arn() else source_arn,
        }

    def create(self, waiter: Waiter) -> None:
        source_arn = self.source_arn()
        if source_arn is None:
            raise AdventError(f"{self.title}: {self.source} no longer exists", hint="run the same command again")
        waiter.retry(self._creation(source_arn).on(self.aws), *TRANSIENTS)

    def update(self, now: Settings, waiter: Waiter) -> None:
        self.delete(waiter)  # Lambda has no call to change a statement
        self.create(waiter)

    def delete(self, waiter: Waiter) -> None:
        waiter.retry(partial(get_or_none, self._deletion().on(self.aws), "ResourceNotFoundException"), *TRANSIENTS)

    def to_create(self) -> list[Line]:
        return [self._creation(self.source_arn() or self.source_in_shell)]

    def to_update(self, now: Settings) -> list[Line]:
        return [self._deletion(), *self.to_create()]

    def to_delete(self) -> list[Line]:
        return [self._deletion()]

    def _creation(self, source_arn: str) -> Call:
        return self._call(
            "add_permission", Action=ACTION, Principal=f"{self.service}.amazonaws.com", SourceArn=source_arn
        )

    def _deletion(self) -> Call:
        return self._call("remove_permission")

    def _call(self, method: str, **params: str) -> Call:
        return Call("lambda", method, {"FunctionName": self.function, "StatementId": self.statement_id, **params})


def statement_id(caller: str) -> str:
    """The statement id for a topic or a route, in the characters and the length that Lambda allows."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", caller)
    if plain == caller and len(caller) <= LONGEST_ID:
        return f"{STATEMENT_PREFIX}{caller}"
    return f"{STATEMENT_PREFIX}{plain[:LONGEST_ID]}-{hashlib.sha256(caller.encode()).hexdigest()[:8]}"


def _principal(statement: dict[str, Any]) -> str:
    """The service that a statement allows; any other principal or effect as JSON."""
    principal = statement.get("Principal")
    if statement["Effect"] == "Allow" and isinstance(principal, dict) and principal.keys() == {"Service"}:
        return str(principal["Service"])
    return f"{statement['Effect']} {json.dumps(principal)}"


def _source_arn(condition: dict[str, dict[str, str]]) -> str:
    """The ARN of the source that a condition allows; any other condition as JSON."""
    tests = [(operator, *test) for operator, each in condition.items() for test in each.items()]
    if len(tests) == 1 and tests[0][0] in ("ArnLike", "ArnEquals") and tests[0][1].lower() == "aws:sourcearn":
        return tests[0][2]
    return json.dumps(condition)
