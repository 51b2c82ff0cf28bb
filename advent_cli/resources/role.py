"""The IAM role of a function: only Lambda may assume it. Its inline policies say what the function may do."""

import json
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

from advent_cli.aws import tags
from advent_cli.aws.account import Aws, in_parallel
from advent_cli.aws.calls import Call, Capture, Line, Until, placeholder, variable
from advent_cli.aws.retry import Waiter
from advent_cli.errors import AdventError, ForeignError, RefusedError
from advent_cli.resources import iam
from advent_cli.resources.base import Resource, Settings

REGION_TAG = "advent:region"  # roles are global: the same stack in another region is another stack
REMOVE_POLICIES = ("iam:DeleteRolePolicy", "iam:DetachRolePolicy")
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}


@dataclass(frozen=True)
class Role(Resource):
    """A role under /advent/STACK/; `policies` are the names of the only inline policies that it should have.

    `boundary` is the ARN of its permissions boundary. Without one in config.yaml, the boundary that the role has is not
    compared: an administrator set it, and advent never removes it (DeleteRolePermissionsBoundary).
    """

    kind: ClassVar[str] = "role"
    actions: ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("iam:GetRole", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies"),
        "create": ("iam:CreateRole", "iam:TagRole"),
        "update": ("iam:UpdateAssumeRolePolicy", "iam:PutRolePermissionsBoundary", *REMOVE_POLICIES),
        "delete": ("iam:DeleteRole", *REMOVE_POLICIES),
    }
    console: ClassVar[dict[str, str]] = {
        "create": "IAM > Roles > Create role > AWS service > Lambda",
        "update": "IAM > Roles > {it.name} > Permissions, Trust relationships",
        "delete": "IAM > Roles > {it.name} > Delete",
    }
    aws: Aws
    name: str
    policies: tuple[str, ...] = ()
    boundary: str | None = None

    @property
    def path(self) -> str:
        """The path that marks the role as part of the stack, beside the tag."""
        return f"/advent/{self.aws.stack}/"

    @property
    def arn(self) -> str:
        """The role's ARN, which includes the path."""
        return self.aws.arn("iam", f"role{self.path}{self.name}")

    def unique_id(self) -> str | None:
        """The id that IAM gave this role; a role recreated under the same name has another one."""
        known, role = self.aws.ids.get(self.arn), None
        if known is None and (role := iam.get_role(self.aws, self.name)):
            known = str(role["RoleId"])
        return known

    def id_in_shell(self) -> str:
        """The unique id, or the shell variable that keeps it after the lines of `to_create` if there is no role yet."""
        return self.unique_id() or placeholder(self._variable)

    def scope(self) -> list[str]:
        return [self.arn]

    def read_scope(self) -> list[str]:
        return iam.read_scope(self.aws, self.arn)

    def want(self) -> Settings:
        return {"path": self.path, "trust": TRUST, "other_policies": [], **self._bounded("boundary", self.boundary)}

    def is_managed(self) -> bool:
        if role := iam.get_role(self.aws, self.name):
            self._check(role)
        return role is not None

    def read(self) -> Settings | None:
        role = iam.get_role(self.aws, self.name)
        if role is None:
            return None
        self._check(role)
        inline, attached = self._policies_once()
        return {
            "path": role["Path"],
            "trust": role["AssumeRolePolicyDocument"],
            "other_policies": sorted({*inline, *attached} - {*self.policies}),
            **self._bounded("boundary", role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")),
        }

    def adopt(self) -> None:
        role = iam.get_role(self.aws, self.name)
        if role is None or role["Path"] != self.path:
            why = f"its path must be {self.path}, and IAM cannot change the path of a role"
            raise RefusedError(f"cannot adopt {self.title}", why=why, hint="choose another role name in config.yaml")
        self.aws.client("iam").tag_role(RoleName=self.name, Tags=self._tags())

    def create(self, waiter: Waiter) -> None:
        self.aws.ids[self.arn] = waiter.retry(self._creation().on(self.aws), iam.ROLE_IS_BUSY)["Role"]["RoleId"]
        self.aws.made.add(self.key)

    def update(self, now: Settings, waiter: Waiter) -> None:
        for call in self._changes(now):
            iam.send(self.aws, call, waiter)

    def delete(self, waiter: Waiter) -> None:
        self.aws.ids.pop(self.arn, None)
        known = [self._policies_once()]

        def delete() -> None:  # retried as a whole, because the lists of a role's policies lag
            *removals, deletion = self._deletions(known.pop() if known else self._policies())
            in_parallel(*[partial(iam.send, self.aws, call, waiter) for call in removals])
            iam.send(self.aws, deletion, waiter)

        waiter.retry(delete, iam.ROLE_IS_BUSY, iam.LISTS_LAG)

    def to_create(self) -> list[Line]:
        return [self._creation(), Until("iam", "role_exists", {"RoleName": self.name})]

    def to_update(self, now: Settings) -> list[Line]:
        return [*self._changes(now)]

    def to_delete(self) -> list[Line]:
        return [*self._deletions(self._policies())]

    @property
    def _variable(self) -> str:
        return variable("ROLE_ID", self.name)

    def _call(self, method: str, **params: Any) -> Call:
        return Call("iam", method, {"RoleName": self.name, **params})

    def _creation(self) -> Call:
        settings = {"Path": self.path, "AssumeRolePolicyDocument": json.dumps(TRUST), "Tags": self._tags()}
        call = self._call("create_role", **settings, **self._bounded("PermissionsBoundary", self.boundary))
        return replace(call, capture=Capture(self._variable, "Role.RoleId"))

    def _changes(self, now: Settings) -> list[Call]:
        """The calls that turn `now` into `want`; raises AdventError if no call can."""
        if now["path"] != self.path:
            raise AdventError(
                f"{self.title} has the path {now['path']}, not {self.path}",
                why="IAM cannot change the path of a role",
                hint="choose another role name in config.yaml",
            )
        calls = iam.removals(self.name, self._policies(), keep={*self.policies}) if now["other_policies"] else []
        if now["trust"] != TRUST:
            calls.insert(0, self._call("update_assume_role_policy", PolicyDocument=json.dumps(TRUST)))
        if now.get("boundary") != self.boundary:
            calls.insert(0, self._call("put_role_permissions_boundary", PermissionsBoundary=self.boundary))
        return calls

    def _bounded(self, name: str, arn: str | None) -> Settings:
        return {name: arn} if self.boundary else {}

    def _deletions(self, policies: iam.Policies) -> list[Call]:
        return [*iam.removals(self.name, policies, keep=set()), self._call("delete_role")]

    def _tags(self) -> list[dict[str, str]]:
        return [*self.aws.owner_tags, {"Key": REGION_TAG, "Value": self.aws.region}]

    def _check(self, role: dict[str, Any]) -> None:
        found, made = tags.as_dict(role.get("Tags")), f"created {role['CreateDate']}"
        self.require_owned(found, role["Arn"], made)
        if found.get(REGION_TAG, self.aws.region) != self.aws.region:
            raise ForeignError(self.key, self.title, role["Arn"], made)

    def _policies(self) -> iam.Policies:
        return iam.policies_of(self.aws, self.name)

    def _policies_once(self) -> iam.Policies:
        policies: iam.Policies = self.aws.cached(("policies of", self.name), self._policies)
        return policies
