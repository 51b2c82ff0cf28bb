"""A secret in Systems Manager, such as Slack's: `advent slack secret` sets it, the function behind the API reads it."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from advent_cli.aws.account import Aws, in_parallel
from advent_cli.aws.aws_errors import error_code, get_or_none
from advent_cli.aws.calls import Call, Line
from advent_cli.aws.retry import Transient, Waiter
from advent_cli.errors import AdventError, ForeignError
from advent_cli.resources.base import Resource, Settings

MISSING = ("ParameterNotFound", "InvalidResourceId")
TRANSIENTS = (Transient("TooManyUpdates", "", "Systems Manager is busy with the parameter"),)


@dataclass(frozen=True)
class Parameter(Resource):
    """A SecureString under /advent/STACK/. `up` does not create it, because only you know the value."""

    kind: ClassVar[str] = "parameter"
    actions: ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("ssm:ListTagsForResource",),
        "update": (
            "ssm:PutParameter",
            "ssm:AddTagsToResource",
        ),
        "delete": ("ssm:DeleteParameter",),
    }
    console: ClassVar[dict[str, str]] = {"delete": "Systems Manager > Parameter Store > {it.name} > Delete"}
    aws: Aws
    name: str

    @property
    def arn(self) -> str:
        """The parameter's ARN, known before the parameter exists."""
        return self.aws.arn("ssm", f"parameter{self.name}")

    def scope(self) -> list[str]:
        return [self.arn]

    def want(self) -> Settings:
        return {}

    def read(self) -> Settings | None:
        """An empty dict if it exists, else None; does not read the value."""
        call = partial(self.aws.client("ssm").list_tags_for_resource, ResourceType="Parameter", ResourceId=self.name)
        answer = get_or_none(call, *MISSING)
        if answer is None:
            return None
        try:
            self.require_owned(answer["TagList"], self.arn)
        except ForeignError as foreign:
            there = " there" if foreign.manager else ""
            foreign.hint = f"delete it{there}, or choose another stack name in config.yaml"
            raise
        return {}

    def value(self) -> str | None:
        """The secret value; None if there is none. Raises ForeignError if the stack does not manage the parameter."""
        call = partial(self.aws.client("ssm").get_parameter, Name=self.name, WithDecryption=True)
        seen, answer = in_parallel(self.read, lambda: get_or_none(call, *MISSING))
        return None if seen is None or answer is None else str(answer["Parameter"]["Value"])

    def put(self, value: str, waiter: Waiter) -> None:
        """Store this secret value; raises ForeignError if the stack does not manage the parameter."""
        put = partial(self.aws.client("ssm").put_parameter, Name=self.name, Type="SecureString", Value=value)
        if self.read() is None:
            try:
                waiter.retry(partial(put, Tags=self.aws.owner_tags), *TRANSIENTS)  # PutParameter tags only new ones
                return
            except Exception as error:
                if error_code(error) != "ParameterAlreadyExists" or self.read() is None:  # just created elsewhere
                    raise
        waiter.retry(partial(put, Overwrite=True), *TRANSIENTS)

    def create(self, waiter: Waiter) -> None:
        self.to_create()

    def update(self, now: Settings, waiter: Waiter) -> None:
        self.create(waiter)

    def delete(self, waiter: Waiter) -> None:
        waiter.retry(partial(get_or_none, self._deletion().on(self.aws), *MISSING), *TRANSIENTS)

    def to_create(self) -> list[Line]:
        raise AdventError(f"`advent up` does not create {self.title}", hint="set it with `advent slack secret`")

    def to_update(self, now: Settings) -> list[Line]:
        return self.to_create()

    def to_delete(self) -> list[Line]:
        return [self._deletion()]

    def _deletion(self) -> Call:
        return Call("ssm", "delete_parameter", {"Name": self.name})
