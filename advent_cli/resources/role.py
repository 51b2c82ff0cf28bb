"""The IAM role of a function: who may take it on (Lambda), and nothing else; what it may do are its policies."""

import json
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

from advent_cli.aws.account import Aws, in_parallel
from advent_cli.aws.aws_errors import get_or_none
from advent_cli.aws.calls import Call, Capture, Line, Until, placeholder, variable
from advent_cli.aws.retry import Transient, Waiter
from advent_cli.errors import AdventError, ForeignError, RefusedError
from advent_cli.resources.base import Resource, Settings

BUSY = Transient("ConcurrentModification", "", "IAM is busy with the role")
LISTS_LAG = Transient("DeleteConflict", "", "IAM has not taken the policies off the role yet")
REGION_TAG = "advent:region"  # roles are global: one of the same stack in another region is not this one's
TAKING_OFF = ("iam:DeleteRolePolicy", "iam:DetachRolePolicy")
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}

Policies = tuple[list[str], list[str]]  # names of the inline ones, ARNs of the attached ones


@dataclass(frozen=True)
class Role(Resource):
    """A role under /advent/STACK/; `policies` are the names of the inline policies it should have, no others.

    `boundary` is the ARN of its permissions boundary. Without one, a boundary that the role has is not compared: an
    administrator put it there, and taking it off (DeleteRolePermissionsBoundary) is never ours to do.
    """

    kind: ClassVar[str] = "role"
    actions: ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("iam:GetRole", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies"),
        "create": ("iam:CreateRole", "iam:TagRole", "iam:PassRole"),
        "update": ("iam:UpdateAssumeRolePolicy", "iam:PutRolePermissionsBoundary", *TAKING_OFF),
        "delete": ("iam:DeleteRole", *TAKING_OFF),
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
        """The path that marks the role as ours, beside the tag."""
        return f"/advent/{self.aws.stack}/"

    @property
    def arn(self) -> str:
        """The role's ARN; the path is a part of it."""
        return self.aws.arn("iam", f"role{self.path}{self.name}")

    def unique_id(self) -> str | None:
        """The id that IAM gave this very role, which one of the same name made later does not have."""
        known, role = self.aws.ids.get(self.arn), None
        if known is None and (role := self._get()):
            known = str(role["RoleId"])
        return known

    def id_in_shell(self) -> str:
        """The unique id, or where there is no role yet what stands for it in the lines after `to_create`."""
        return self.unique_id() or placeholder(self._variable)

    def scope(self) -> list[str]:
        return [self.arn]

    def want(self) -> Settings:
        return {"path": self.path, "trust": TRUST, "other_policies": [], **self._bounded("boundary", self.boundary)}

    def is_managed(self) -> bool:
        if role := self._get():
            self._check(role)
        return role is not None

    def read(self) -> Settings | None:
        role = self._get()
        if role is None:
            return None
        self._check(role)
        inline, attached = self.aws.cached(("policies of", self.name), self._policies)
        return {
            "path": role["Path"],
            "trust": role["AssumeRolePolicyDocument"],
            "other_policies": sorted({*inline, *attached} - {*self.policies}),
            **self._bounded("boundary", role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")),
        }

    def adopt(self) -> None:
        role = self._get()
        if role is None or role["Path"] != self.path:
            why = f"its path would have to be {self.path}, and IAM cannot change the path of a role"
            raise RefusedError(f"{self.title} cannot be adopted", why=why, hint="give ours another name in config.yaml")
        self.aws.client("iam").tag_role(RoleName=self.name, Tags=self._tags())

    def create(self, waiter: Waiter) -> None:
        self.aws.ids[self.arn] = waiter.retry(self._creation().on(self.aws), BUSY)["Role"]["RoleId"]

    def update(self, now: Settings, waiter: Waiter) -> None:
        for call in self._changes(now):
            self._send(call, waiter)

    def delete(self, waiter: Waiter) -> None:
        self.aws.ids.pop(self.arn, None)

        known = [self.aws.cached(("policies of", self.name), self._policies)]

        def delete() -> None:  # as one, for the lists of a role's policies lag
            *removals, deletion = self._deletions(known.pop() if known else self._policies())
            in_parallel(*[partial(self._send, call, waiter) for call in removals])
            self._send(deletion, waiter)

        waiter.retry(delete, BUSY, LISTS_LAG)

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

    def _send(self, call: Call, waiter: Waiter) -> None:
        missing = ["NoSuchEntity"] if call.method.startswith(("delete_", "detach_")) else []
        waiter.retry(partial(get_or_none, call.on(self.aws), *missing), BUSY)

    def _creation(self) -> Call:
        settings = {"Path": self.path, "AssumeRolePolicyDocument": json.dumps(TRUST), "Tags": self._tags()}
        call = self._call("create_role", **settings, **self._bounded("PermissionsBoundary", self.boundary))
        return replace(call, capture=Capture(self._variable, "Role.RoleId"))

    def _changes(self, now: Settings) -> list[Call]:
        """The calls from `now` to what is wanted; raises AdventError where there are none."""
        if now["path"] != self.path:
            raise AdventError(
                f"{self.title} has the path {now['path']}, not {self.path}",
                why="IAM cannot change the path of a role",
                hint="give the role another name in config.yaml",
            )
        calls = self._removals(self._policies(), keep={*self.policies}) if now["other_policies"] else []
        if now["trust"] != TRUST:
            calls.insert(0, self._call("update_assume_role_policy", PolicyDocument=json.dumps(TRUST)))
        if now.get("boundary") != self.boundary:
            calls.insert(0, self._call("put_role_permissions_boundary", PermissionsBoundary=self.boundary))
        return calls

    def _bounded(self, name: str, arn: str | None) -> Settings:
        return {name: arn} if self.boundary else {}

    def _deletions(self, policies: Policies) -> list[Call]:
        return [*self._removals(policies, keep=set()), self._call("delete_role")]

    def _tags(self) -> list[dict[str, str]]:
        return [*self.aws.owner_tags, {"Key": REGION_TAG, "Value": self.aws.region}]

    def _get(self) -> dict[str, Any] | None:
        call = partial(self.aws.client("iam").get_role, RoleName=self.name)
        answer = self.aws.cached(("role", self.name), lambda: get_or_none(call, "NoSuchEntity"))
        return answer["Role"] if answer else None

    def _check(self, role: dict[str, Any]) -> None:
        tags = {tag["Key"]: tag["Value"] for tag in role.get("Tags", [])}
        if not self.aws.owns(tags) or tags.get(REGION_TAG, self.aws.region) != self.aws.region:
            raise ForeignError(self.key, self.title, role["Arn"], f"made {role['CreateDate']}")

    def _policies(self) -> Policies:
        """Names of the inline policies, ARNs of the attached ones; both empty if the role is gone."""
        iam = self.aws.client("iam")

        def pages(operation: str) -> list[dict[str, Any]]:
            paginated = iam.get_paginator(operation).paginate(RoleName=self.name)
            return get_or_none(lambda: list(paginated), "NoSuchEntity") or []

        inline, attached = in_parallel(
            lambda: [name for page in pages("list_role_policies") for name in page["PolicyNames"]],
            lambda: [p["PolicyArn"] for page in pages("list_attached_role_policies") for p in page["AttachedPolicies"]],
        )
        return inline, attached

    def _removals(self, policies: Policies, keep: set[str]) -> list[Call]:
        inline, attached = policies
        return [
            *(self._call("delete_role_policy", PolicyName=name) for name in sorted({*inline} - keep)),
            *(self._call("detach_role_policy", PolicyArn=arn) for arn in attached),
        ]
