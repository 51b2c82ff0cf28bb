"""An environment variable that ties a function to another part of the app: the article's SNS_TOPIC_ARN step."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from advent_cli.aws import Aws
from advent_cli.lambda_answers import RACES, described, variables, wait_until_ready
from advent_cli.patience import Patience
from advent_cli.resource import Resource, Settings


@dataclass(frozen=True)
class Variable(Resource):
    """The variable `variable` of `function`; the function's other variables are left as they are.

    The name is for people, as in `SNS_TOPIC_ARN on aws_advent`.
    """

    kind: ClassVar[str] = "variable"
    rights: ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("lambda:GetFunction",),
        "create": (
            "lambda:UpdateFunctionConfiguration",
            "lambda:GetFunctionConfiguration",
        ),
    }
    goes_with_host: ClassVar[bool] = True
    done_word: ClassVar[str] = "attached"
    aws: Aws
    name: str
    function: str
    variable: str
    value: str
    host: str | None = None

    def scope(self) -> list[str]:
        return [self.aws.arn("lambda", f"function:{self.function}")]

    def want(self) -> Settings:
        return {"value": self.value}

    def read(self) -> Settings | None:
        value = self._variables().get(self.variable)
        return None if value is None else {"value": value}

    def create(self, wait: Patience) -> None:
        there = self._variables()  # it may have come along when the function was made
        if there.get(self.variable) != self.value:
            self._set({**there, self.variable: self.value}, wait)

    def update(self, now: Settings, wait: Patience) -> None:
        self.create(wait)

    def delete(self, wait: Patience) -> None:
        there = self._variables()
        if self.variable in there:
            self._set({name: value for name, value in there.items() if name != self.variable}, wait)

    def _variables(self) -> dict[str, str]:
        return variables((described(self.aws, self.function) or {}).get("Configuration", {}))

    def _set(self, environment: dict[str, str], wait: Patience) -> None:
        call = self.aws.client("lambda").update_function_configuration
        wait.retry(partial(call, FunctionName=self.function, Environment={"Variables": environment}), *RACES)
        wait_until_ready(self.aws, self.function, wait)
