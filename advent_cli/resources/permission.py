"""A statement in a function's resource policy: who may invoke it, and on whose behalf."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from advent_cli.aws import Aws, found
from advent_cli.errors import AdventError
from advent_cli.patience import Patience, Race
from advent_cli.resource import Resource, Settings

ACTION = "lambda:InvokeFunction"
RACES = (
    Race(
        "ResourceConflictException",
        "concurrent update operation",
        "Lambda is busy with the function's policy",
    ),
    Race("ResourceConflictException", "update is in progress", "Lambda is still busy with the function"),
    Race("InvalidParameterValueException", "rincipal", "Lambda does not know the caller yet"),
)


@dataclass(frozen=True)
class Permission(Resource):
    """The right of an AWS service to invoke `function` on behalf of one source, and of no other.

    The name is for people, as in `sns to sns_multiplier`. `source` says in words what `source_arn` gives the ARN of,
    or None while it is not there: the id of an API is not known before.
    """

    kind: ClassVar[str] = "permission"
    goes_with_host: ClassVar[bool] = True
    aws: Aws
    name: str
    function: str
    service: str
    source: str
    source_arn: Callable[[], str | None]
    host: str | None = None

    @property
    def statement_id(self) -> str:
        """The same at each run, so that statements do not pile up."""
        return f"advent-{self.service}"

    def want(self) -> Settings:
        return {"principal": f"{self.service}.amazonaws.com", "action": ACTION, "source": self.source}

    def read(self) -> Settings | None:
        call = self.aws.client("lambda").get_policy
        answer = found(call, "ResourceNotFoundException", FunctionName=self.function)
        policy = json.loads(answer["Policy"]) if answer else {"Statement": []}
        statement = next((s for s in policy["Statement"] if s.get("Sid") == self.statement_id), None)
        if statement is None:
            return None
        source_arn = _source_arn(statement)
        return {
            "principal": statement["Principal"].get("Service") if statement["Effect"] == "Allow" else "denied",
            "action": statement["Action"],
            "source": self.source if source_arn == self.source_arn() else source_arn,
        }

    def create(self, wait: Patience) -> None:
        source_arn = self.source_arn()
        if source_arn is None:
            raise AdventError(f"{self.title}: {self.source} is gone", hint="run the same command again")
        wait.retry(
            partial(
                self.aws.client("lambda").add_permission,
                FunctionName=self.function,
                StatementId=self.statement_id,
                Action=ACTION,
                Principal=f"{self.service}.amazonaws.com",
                SourceArn=source_arn,
            ),
            *RACES,
        )

    def update(self, now: Settings, wait: Patience) -> None:
        self.delete(wait)  # Lambda cannot change a statement
        self.create(wait)

    def delete(self, wait: Patience) -> None:
        call = self.aws.client("lambda").remove_permission
        params = {"FunctionName": self.function, "StatementId": self.statement_id}
        wait.retry(partial(found, call, "ResourceNotFoundException", **params), *RACES)


def _source_arn(statement: dict[str, Any]) -> str:
    """The only source that a statement allows; if it allows more, that in words."""
    condition = statement.get("Condition", {})
    tests = [test for operator in ("ArnLike", "ArnEquals") for test in condition.get(operator, {}).items()]
    if len(tests) == 1 and tests[0][0].lower() == "aws:sourcearn":
        return str(tests[0][1])
    return "any" if not condition else json.dumps(condition)
