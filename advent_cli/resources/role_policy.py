"""An inline policy of a function's role: what the function may do."""

import json
from dataclasses import dataclass
from typing import Any, ClassVar

from advent_cli.aws.account import Aws
from advent_cli.aws.aws_errors import get_or_none
from advent_cli.aws.calls import Call, Line
from advent_cli.aws.retry import Waiter
from advent_cli.resources import iam
from advent_cli.resources.base import Resource, Settings


@dataclass(frozen=True)
class RolePolicy(Resource):
    """The inline policy `name` of `role`; `statements` are in the form in which IAM returns them."""

    kind: ClassVar[str] = "policy"
    actions: ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("iam:GetRolePolicy",),
        "create": ("iam:PutRolePolicy",),
        "update": ("iam:PutRolePolicy",),
        "delete": ("iam:DeleteRolePolicy",),
    }
    console: ClassVar[dict[str, str]] = {
        "create": "IAM > Roles > {it.role} > Permissions > Add permissions > Create inline policy > JSON",
        "update": "IAM > Roles > {it.role} > Permissions > {it.name} > Edit",
        "delete": "IAM > Roles > {it.role} > Permissions > {it.name} > Remove",
    }
    deleted_with_parent: ClassVar[bool] = True
    aws: Aws
    name: str
    role: str
    statements: tuple[dict[str, Any], ...]
    parent: str | None = None

    def scope(self) -> list[str]:
        return [self.aws.arn("iam", f"role/advent/{self.aws.stack}/{self.role}")]

    def read_scope(self) -> list[str]:
        return iam.read_scope(self.aws, *self.scope())

    def want(self) -> Settings:
        return {"document": {"Version": "2012-10-17", "Statement": list(self.statements)}}

    def read(self) -> Settings | None:
        call = self.aws.client("iam").get_role_policy
        answer = get_or_none(call, "NoSuchEntity", RoleName=self.role, PolicyName=self.name)
        return {"document": answer["PolicyDocument"]} if answer else None

    def create(self, waiter: Waiter) -> None:
        passing = iam.transients(self.aws, self.parent)
        waiter.retry(self._creation().on(self.aws), *passing, within=iam.KNOWN_WITHIN)

    def update(self, now: Settings, waiter: Waiter) -> None:
        self.create(waiter)

    def delete(self, waiter: Waiter) -> None:
        iam.send(self.aws, self._call("delete_role_policy"), waiter)

    def to_create(self) -> list[Line]:
        return [self._creation()]

    def to_update(self, now: Settings) -> list[Line]:
        return self.to_create()

    def to_delete(self) -> list[Line]:
        return [self._call("delete_role_policy")]

    def _creation(self) -> Call:
        return self._call("put_role_policy", PolicyDocument=json.dumps(self.want()["document"]))

    def _call(self, method: str, **params: str) -> Call:
        return Call("iam", method, {"RoleName": self.role, "PolicyName": self.name, **params})
