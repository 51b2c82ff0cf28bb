"""An environment variable that connects a function to another resource: the article's SNS_TOPIC_ARN step."""

import json
from dataclasses import dataclass
from typing import Any, ClassVar

from advent_cli.aws.account import Aws
from advent_cli.aws.calls import Call, Capture, Line, Note, Until, placeholder
from advent_cli.aws.retry import Waiter
from advent_cli.resources.aws_lambda import TRANSIENTS, get_function, variables_of, wait_until_ready
from advent_cli.resources.base import Resource, Settings

VARIABLES = "Configuration.Environment.Variables"  # where GetFunction has them


@dataclass(frozen=True)
class Variable(Resource):
    """The environment variable `variable` of `function`; the function's other variables stay as they are.

    The name is for people, as in `SNS_TOPIC_ARN on aws_advent`.
    """

    kind: ClassVar[str] = "variable"
    actions: ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("lambda:GetFunction",),
        "create": ("lambda:UpdateFunctionConfiguration",),
    }
    console: ClassVar[dict[str, str]] = dict.fromkeys(
        ("create", "update", "delete"),
        "Lambda > Functions > {it.function} > Configuration > Environment variables > {it.variable}",
    )
    deleted_with_parent: ClassVar[bool] = True
    done_word: ClassVar[str] = "attached"
    aws: Aws
    name: str
    function: str
    variable: str
    value: str
    parent: str | None = None

    def scope(self) -> list[str]:
        return [self.aws.arn("lambda", f"function:{self.function}")]

    def want(self) -> Settings:
        return {"value": self.value}

    def read(self) -> Settings | None:
        value = self._variables().get(self.variable)
        return None if value is None else {"value": value}

    def create(self, waiter: Waiter) -> None:
        current = self._variables()  # may have it already: a new function is created with its attached variables
        if current.get(self.variable) != self.value:
            self._set({**current, self.variable: self.value}, waiter)

    def update(self, now: Settings, waiter: Waiter) -> None:
        self.create(waiter)

    def delete(self, waiter: Waiter) -> None:
        current = self._variables()
        if self.variable in current:
            self._set({name: value for name, value in current.items() if name != self.variable}, waiter)

    def _variables(self) -> dict[str, str]:
        return variables_of((get_function(self.aws, self.function) or {}).get("Configuration", {}))

    def _set(self, environment: dict[str, str], waiter: Waiter) -> None:
        answer = waiter.retry(self._change({"Variables": environment}).on(self.aws), *TRANSIENTS)
        wait_until_ready(self.aws, self.function, answer, waiter)

    def to_create(self) -> list[Line]:
        if get_function(self.aws, self.function) is None:
            return [Note(f"{self.function} is created with it")]
        if self._variables().get(self.variable) == self.value:
            return [Note("it is set already")]
        addition = json.dumps({self.variable: self.value}).replace("`", "\\`")
        return self._through_shell(f"merge({VARIABLES} || `{{}}`, `{addition}`)")

    def to_update(self, now: Settings) -> list[Line]:
        return self.to_create()

    def to_delete(self) -> list[Line]:
        current = self._variables()
        if self.variable not in current:
            return []
        others = ", ".join(f'"{name}": {VARIABLES}."{name}"' for name in current if name != self.variable)
        return self._through_shell(f"{{{others}}}" if others else "`{}`")

    def _through_shell(self, query: str) -> list[Line]:
        """The lines that set the variables from a JMESPath query; the other values pass through the shell unprinted."""
        name = {"FunctionName": self.function}
        capture = Capture("ENVIRONMENT", f"{{Variables: {query}}}", output="json")
        return [
            Call("lambda", "get_function", name, capture),
            self._change(placeholder(capture.variable)),
            Until("lambda", "function_updated_v2", name),
        ]

    def _change(self, environment: Any) -> Call:
        params = {"FunctionName": self.function, "Environment": environment}
        return Call("lambda", "update_function_configuration", params)
