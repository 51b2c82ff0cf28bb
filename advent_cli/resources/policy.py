"""An inline policy of a function's role: one thing that the function may do."""

import json
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from advent_cli.aws import Aws
from advent_cli.aws_errors import found
from advent_cli.patience import Patience, Race
from advent_cli.resource import Resource, Settings

ROLE_IS_NEW = Race("NoSuchEntity", "", "IAM does not know the new role everywhere yet")
BUSY = Race("ConcurrentModification", "", "IAM is busy with the role")


@dataclass(frozen=True)
class Policy(Resource):
    """The inline policy `name` of `role`, with its statements as IAM writes them."""

    kind: ClassVar[str] = "policy"
    rights: ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("iam:GetRolePolicy",),
        "create": ("iam:PutRolePolicy",),
        "update": ("iam:PutRolePolicy",),
        "delete": ("iam:DeleteRolePolicy",),
    }
    goes_with_host: ClassVar[bool] = True
    aws: Aws
    name: str
    role: str
    statements: tuple[dict[str, Any], ...]
    host: str | None = None

    def scope(self) -> list[str]:
        return [self.aws.arn("iam", f"role/advent/{self.aws.stack}/{self.role}")]

    def want(self) -> Settings:
        return {"document": {"Version": "2012-10-17", "Statement": list(self.statements)}}

    def read(self) -> Settings | None:
        call = self.aws.client("iam").get_role_policy
        answer = found(call, "NoSuchEntity", RoleName=self.role, PolicyName=self.name)
        return {"document": answer["PolicyDocument"]} if answer else None

    def create(self, wait: Patience) -> None:
        wait.retry(
            partial(
                self.aws.client("iam").put_role_policy,
                RoleName=self.role,
                PolicyName=self.name,
                PolicyDocument=json.dumps(self.want()["document"]),
            ),
            ROLE_IS_NEW,
            BUSY,
            within=30,
        )

    def update(self, now: Settings, wait: Patience) -> None:
        self.create(wait)

    def delete(self, wait: Patience) -> None:
        call = self.aws.client("iam").delete_role_policy
        params = {"RoleName": self.role, "PolicyName": self.name}
        wait.retry(partial(found, call, "NoSuchEntity", **params), BUSY)
