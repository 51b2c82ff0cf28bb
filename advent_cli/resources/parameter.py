"""Slack's secret, kept by Systems Manager: `advent slack secret` sets it, the function behind the API reads it."""

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
RACES = (Transient("TooManyUpdates", "", "Systems Manager is busy with the parameter"),)


@dataclass(frozen=True)
class Parameter(Resource):
    """A SecureString under /advent/STACK/. No step of `up` makes it, for only a person knows what is in it."""

    kind: ClassVar[str] = "parameter"
    actions: ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("ssm:ListTagsForResource",),
        "update": (
            "ssm:PutParameter",
            "ssm:AddTagsToResource",
        ),
        "delete": ("ssm:DeleteParameter",),
    }
    unscoped_actions: ClassVar[dict[str, tuple[str, ...]]] = {"read": ("ssm:DescribeParameters",)}
    console: ClassVar[dict[str, str]] = {"delete": "Systems Manager > Parameter Store > {it.name} > Delete"}
    aws: Aws
    name: str

    @property
    def arn(self) -> str:
        """The parameter's ARN, known before the parameter is made."""
        return self.aws.arn("ssm", f"parameter{self.name}")

    def scope(self) -> list[str]:
        return [self.arn]

    def want(self) -> Settings:
        return {}

    def read(self) -> Settings | None:
        """Whether it is there, without looking into it."""
        call = partial(self.aws.client("ssm").list_tags_for_resource, ResourceType="Parameter", ResourceId=self.name)
        answer, all_names = in_parallel(lambda: get_or_none(call, *MISSING), lambda: names(self.aws))
        if answer and self.aws.owns(answer["TagList"]):
            return {}
        # Without our tag it is somebody else's, or, on servers that know tags of what is not there, it is not there.
        if answer and self.name in all_names:
            foreign = ForeignError(self.key, self.title, self.arn)
            foreign.hint = "remove it, or give the stack another name in config.yaml"
            raise foreign
        return None

    def value(self) -> str | None:
        """The secret itself; None if there is none. Raises ForeignError for one of somebody else's."""
        call = partial(self.aws.client("ssm").get_parameter, Name=self.name, WithDecryption=True)
        seen, answer = in_parallel(self.read, lambda: get_or_none(call, *MISSING))
        return None if seen is None or answer is None else str(answer["Parameter"]["Value"])

    def put(self, value: str, waiter: Waiter) -> None:
        """Keep this secret from now on; raises ForeignError where the parameter is somebody else's."""
        put = partial(self.aws.client("ssm").put_parameter, Name=self.name, Type="SecureString", Value=value)
        if self.read() is None:
            try:
                waiter.retry(
                    partial(put, Tags=self.aws.owner_tags), *RACES
                )  # with the value no tags can be given later
                return
            except Exception as error:
                if error_code(error) != "ParameterAlreadyExists" or self.read() is None:  # made a moment ago
                    raise
        waiter.retry(partial(put, Overwrite=True), *RACES)

    def create(self, waiter: Waiter) -> None:
        self.to_create()

    def update(self, now: Settings, waiter: Waiter) -> None:
        self.create(waiter)

    def delete(self, waiter: Waiter) -> None:
        waiter.retry(partial(get_or_none, self._deletion().on(self.aws), *MISSING), *RACES)

    def to_create(self) -> list[Line]:
        raise AdventError(f"{self.title} is not made by up", hint="advent slack secret sets it")

    def to_update(self, now: Settings) -> list[Line]:
        return self.to_create()

    def to_delete(self) -> list[Line]:
        return [self._deletion()]

    def _deletion(self) -> Call:
        return Call("ssm", "delete_parameter", {"Name": self.name})


def names(aws: Aws) -> list[str]:
    """The names of all parameters under the stack's path, whosoever they are."""
    under = [{"Key": "Name", "Option": "BeginsWith", "Values": [f"/advent/{aws.stack}/"]}]
    pages = aws.client("ssm").get_paginator("describe_parameters").paginate(ParameterFilters=under)
    return aws.cached(("parameters",), lambda: [p["Name"] for page in pages for p in page["Parameters"]])
