"""A statement in a function's resource policy: who may invoke it, and on whose behalf."""

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
from advent_cli.resources.base import Resource, Settings
from advent_cli.resources.function import STATEMENTS
from advent_cli.resources.lambda_answers import statements

ACTION = "lambda:InvokeFunction"
WAY = "Lambda > Functions > {it.function} > Configuration > Permissions > Resource-based policy"
LONGEST_ID = 80  # characters of the caller's name in a statement's id, which may have a hundred
RACES = (
    Transient("ResourceConflictException", "concurrent update operation", "Lambda is busy with the function's policy"),
    Transient("ResourceConflictException", "update is in progress", "Lambda is still busy with the function"),
    Transient("InvalidParameterValueException", "rincipal", "Lambda does not know the caller yet"),
)


@dataclass(frozen=True)
class Permission(Resource):
    """The right of an AWS service to invoke `function` on behalf of one source, and of no other.

    The name is for people, as in `awsadvent to sns_multiplier`; `caller` is the topic, or the route. `source` says in
    words what `source_arn` gives the ARN of, or None while it is not there: the id of an API is not known before. So
    `source_in_shell` has a variable of the shell in its place.
    """

    kind: ClassVar[str] = "permission"
    actions: ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("lambda:GetPolicy",),
        "create": ("lambda:AddPermission",),
        "update": ("lambda:RemovePermission",),
    }
    console: ClassVar[dict[str, str]] = {
        "create": f"{WAY} > Add permissions",
        "update": f"{WAY} > {{it.statement_id}} > Edit",
        "delete": f"{WAY} > {{it.statement_id}} > Delete",
    }
    goes_with_host: ClassVar[bool] = True
    aws: Aws
    name: str
    function: str
    caller: str
    service: str
    source: str
    source_arn: Callable[[], str | None]
    host: str | None = None
    known_id: str = ""
    source_in_shell: str = ""

    @property
    def statement_id(self) -> str:
        """The same at each run, so that statements do not pile up; of one that is left over, the one it has."""
        return self.known_id or statement_id(self.caller)

    def scope(self) -> list[str]:
        return [self.aws.arn("lambda", f"function:{self.function}")]

    def want(self) -> Settings:
        return {"principal": f"{self.service}.amazonaws.com", "action": ACTION, "source": self.source}

    def read(self) -> Settings | None:
        statement = statements(self.aws, self.function).get(self.statement_id)
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
            raise AdventError(f"{self.title}: {self.source} is gone", hint="run the same command again")
        waiter.retry(self._creation(source_arn).on(self.aws), *RACES)

    def update(self, now: Settings, waiter: Waiter) -> None:
        self.delete(waiter)  # Lambda cannot change a statement
        self.create(waiter)

    def delete(self, waiter: Waiter) -> None:
        waiter.retry(partial(get_or_none, self._deletion().on(self.aws), "ResourceNotFoundException"), *RACES)

    def to_create(self) -> list[Line]:
        return [self._creation(self.source_arn() or self.source_in_shell)]

    def to_update(self, now: Settings) -> list[Line]:
        return [self._deletion(), *self.to_create()]

    def to_delete(self) -> list[Line]:
        return [self._deletion()]

    def _creation(self, source_arn: str) -> Call:
        who = {"Principal": f"{self.service}.amazonaws.com", "SourceArn": source_arn}
        return self._call("add_permission", Action=ACTION, **who)

    def _deletion(self) -> Call:
        return self._call("remove_permission")

    def _call(self, method: str, **params: str) -> Call:
        return Call("lambda", method, {"FunctionName": self.function, "StatementId": self.statement_id, **params})


def statement_id(caller: str) -> str:
    """The id of our statement for a topic or a route, of the characters and the length that Lambda allows."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", caller)
    if plain == caller and len(caller) <= LONGEST_ID:
        return f"{STATEMENTS}{caller}"
    return f"{STATEMENTS}{plain[:LONGEST_ID]}-{hashlib.sha256(caller.encode()).hexdigest()[:8]}"


def _principal(statement: dict[str, Any]) -> str:
    """The one service that a statement allows; whatever else it says, as it says it."""
    principal = statement.get("Principal")
    if statement["Effect"] == "Allow" and isinstance(principal, dict) and principal.keys() == {"Service"}:
        return str(principal["Service"])
    return f"{statement['Effect']} {json.dumps(principal)}"


def _source_arn(condition: dict[str, dict[str, str]]) -> str:
    """The one source that a statement allows; whatever else its condition says, as it says it."""
    tests = [(operator, *test) for operator, each in condition.items() for test in each.items()]
    if len(tests) == 1 and tests[0][0] in ("ArnLike", "ArnEquals") and tests[0][1].lower() == "aws:sourcearn":
        return tests[0][2]
    return json.dumps(condition)
