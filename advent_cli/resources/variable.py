"""An environment variable that ties a function to another part of the app: the article's SNS_TOPIC_ARN step."""

import json
from dataclasses import dataclass
from typing import Any, ClassVar

from advent_cli.aws.account import Aws
from advent_cli.aws.calls import Call, Capture, Line, Note, Until, placeholder
from advent_cli.aws.retry import Waiter
from advent_cli.resources.base import Resource, Settings
from advent_cli.resources.lambda_answers import RACES, described, variables, wait_until_ready


@dataclass(frozen=True)
class Variable(Resource):
    """The variable `variable` of `function`; the function's other variables are left as they are.

    The name is for people, as in `SNS_TOPIC_ARN on aws_advent`.
    """

    kind: ClassVar[str] = "variable"
    actions: ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("lambda:GetFunction",),
        "create": (
            "lambda:UpdateFunctionConfiguration",
            "lambda:GetFunctionConfiguration",
        ),
    }
    console: ClassVar[dict[str, str]] = dict.fromkeys(
        ("create", "update", "delete"),
        "Lambda > Functions > {it.function} > Configuration > Environment variables > {it.variable}",
    )
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

    def create(self, waiter: Waiter) -> None:
        there = self._variables()  # it may have come along when the function was made
        if there.get(self.variable) != self.value:
            self._set({**there, self.variable: self.value}, waiter)

    def update(self, now: Settings, waiter: Waiter) -> None:
        self.create(waiter)

    def delete(self, waiter: Waiter) -> None:
        there = self._variables()
        if self.variable in there:
            self._set({name: value for name, value in there.items() if name != self.variable}, waiter)

    def _variables(self) -> dict[str, str]:
        return variables((described(self.aws, self.function) or {}).get("Configuration", {}))

    def _set(self, environment: dict[str, str], waiter: Waiter) -> None:
        answer = waiter.retry(self._change({"Variables": environment}).on(self.aws), *RACES)
        wait_until_ready(self.aws, self.function, answer, waiter)

    def to_create(self) -> list[Line]:
        if described(self.aws, self.function) is None:
            return [Note(f"{self.function} was made with it")]
        if self._variables().get(self.variable) == self.value:
            return [Note("it is there")]
        mine = json.dumps({self.variable: self.value}).replace("`", "\\`")
        return self._through_shell(f"merge(Environment.Variables || `{{}}`, `{mine}`)")

    def to_update(self, now: Settings) -> list[Line]:
        return self.to_create()

    def to_delete(self) -> list[Line]:
        there = self._variables()
        if self.variable not in there:
            return []
        others = ", ".join(f'"{name}": Environment.Variables."{name}"' for name in there if name != self.variable)
        return self._through_shell(f"{{{others}}}" if others else "`{}`")

    def _through_shell(self, query: str) -> list[Line]:
        """The other variables are nobody's business: the shell takes them from Lambda and gives them back unseen."""
        name = {"FunctionName": self.function}
        capture = Capture("ENVIRONMENT", f"{{Variables: {query}}}", output="json")
        return [
            Call("lambda", "get_function_configuration", name, capture),
            self._change(placeholder(capture.variable)),
            Until("lambda", "function_updated_v2", name),
        ]

    def _change(self, environment: Any) -> Call:
        params = {"FunctionName": self.function, "Environment": environment}
        return Call("lambda", "update_function_configuration", params)
