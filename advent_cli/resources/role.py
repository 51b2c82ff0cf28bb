"""The IAM role of a function: who may take it on (Lambda), and nothing else; what it may do are its policies."""

import json
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from advent_cli.aws import Aws, together
from advent_cli.aws_errors import found
from advent_cli.errors import AdventError, ForeignError, RefusedError
from advent_cli.patience import Patience, Race
from advent_cli.resource import Resource, Settings

BUSY = Race("ConcurrentModification", "", "IAM is busy with the role")
LISTS_LAG = Race("DeleteConflict", "", "IAM has not taken the policies off the role yet")
REGION_TAG = "advent:region"  # roles are global: one of the same stack in another region is not this one's
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ],
}


@dataclass(frozen=True)
class Role(Resource):
    """A role under /advent/STACK/; `policies` are the names of the inline policies it should have, no others."""

    kind: ClassVar[str] = "role"
    rights: ClassVar[dict[str, tuple[str, ...]]] = {
        "read": (
            "iam:GetRole",
            "iam:ListRolePolicies",
            "iam:ListAttachedRolePolicies",
        ),
        "create": (
            "iam:CreateRole",
            "iam:TagRole",
            "iam:PassRole",
        ),
        "update": (
            "iam:UpdateAssumeRolePolicy",
            "iam:DeleteRolePolicy",
            "iam:DetachRolePolicy",
        ),
        "delete": (
            "iam:DeleteRole",
            "iam:DeleteRolePolicy",
            "iam:DetachRolePolicy",
        ),
    }
    aws: Aws
    name: str
    policies: tuple[str, ...] = ()

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
        if self.arn not in self.aws.ids:
            role = self._get()
            return str(role["RoleId"]) if role else None
        return self.aws.ids[self.arn]

    def scope(self) -> list[str]:
        return [self.arn]

    def want(self) -> Settings:
        return {"path": self.path, "trust": TRUST, "other_policies": []}

    def read(self) -> Settings | None:
        role = self._get()
        if role is None:
            return None
        tags = {tag["Key"]: tag["Value"] for tag in role.get("Tags", [])}
        if not self.aws.owns(tags) or tags.get(REGION_TAG, self.aws.region) != self.aws.region:
            raise ForeignError(self.key, self.title, role["Arn"], f"made {role['CreateDate']}")
        inline, attached = self._policies()
        return {
            "path": role["Path"],
            "trust": role["AssumeRolePolicyDocument"],
            "other_policies": sorted({*inline, *attached} - {*self.policies}),
        }

    def adopt(self) -> None:
        role = self._get()
        if role is None or role["Path"] != self.path:
            why = f"its path would have to be {self.path}, and IAM cannot change the path of a role"
            raise RefusedError(f"{self.title} cannot be adopted", why=why, hint="give ours another name in config.yaml")
        self.aws.client("iam").tag_role(RoleName=self.name, Tags=self._tags())

    def create(self, wait: Patience) -> None:
        call = partial(
            self.aws.client("iam").create_role,
            RoleName=self.name,
            Path=self.path,
            AssumeRolePolicyDocument=json.dumps(TRUST),
            Tags=self._tags(),
        )
        self.aws.ids[self.arn] = wait.retry(call, BUSY)["Role"]["RoleId"]

    def update(self, now: Settings, wait: Patience) -> None:
        iam = self.aws.client("iam")
        if now["path"] != self.path:
            raise AdventError(
                f"{self.title} has the path {now['path']}, not {self.path}",
                why="IAM cannot change the path of a role",
                hint="give the role another name in config.yaml",
            )
        if now["trust"] != TRUST:
            trust = json.dumps(TRUST)
            wait.retry(partial(iam.update_assume_role_policy, RoleName=self.name, PolicyDocument=trust), BUSY)
        if now["other_policies"]:
            self._remove_policies(wait, keep={*self.policies})

    def delete(self, wait: Patience) -> None:
        self.aws.ids.pop(self.arn, None)

        def delete() -> None:  # as one, for the lists of a role's policies lag
            self._remove_policies(wait, keep=set())
            found(self.aws.client("iam").delete_role, "NoSuchEntity", RoleName=self.name)

        wait.retry(delete, BUSY, LISTS_LAG)

    def _tags(self) -> list[dict[str, str]]:
        return [*self.aws.owner_tags, {"Key": REGION_TAG, "Value": self.aws.region}]

    def _get(self) -> dict[str, Any] | None:
        call = partial(self.aws.client("iam").get_role, RoleName=self.name)
        answer = self.aws.once(("role", self.name), lambda: found(call, "NoSuchEntity"))
        return answer["Role"] if answer else None

    def _policies(self) -> tuple[list[str], list[str]]:
        """Names of the inline policies, ARNs of the attached ones; both empty if the role is gone."""
        iam = self.aws.client("iam")

        def pages(operation: str) -> list[dict[str, Any]]:
            paginated = iam.get_paginator(operation).paginate(RoleName=self.name)
            return found(lambda: list(paginated), "NoSuchEntity") or []

        inline, attached = together(
            lambda: [name for page in pages("list_role_policies") for name in page["PolicyNames"]],
            lambda: [p["PolicyArn"] for page in pages("list_attached_role_policies") for p in page["AttachedPolicies"]],
        )
        return inline, attached

    def _remove_policies(self, wait: Patience, keep: set[str]) -> None:
        iam = self.aws.client("iam")
        inline, attached = self._policies()
        for name in sorted({*inline} - keep):
            call = partial(iam.delete_role_policy, RoleName=self.name, PolicyName=name)
            wait.retry(partial(found, call, "NoSuchEntity"), BUSY)
        for arn in attached:
            call = partial(iam.detach_role_policy, RoleName=self.name, PolicyArn=arn)
            wait.retry(partial(found, call, "NoSuchEntity"), BUSY)
