"""The IAM role of a function: who may take it on (Lambda), and nothing else; what it may do are its policies."""

import json
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from advent_cli.aws import Aws, found, together
from advent_cli.errors import AdventError, ForeignError
from advent_cli.patience import Patience, Race
from advent_cli.resource import Resource, Settings

BUSY = Race("ConcurrentModification", "", "IAM is busy with the role")
LISTS_LAG = Race("DeleteConflict", "", "IAM has not taken the policies off the role yet")
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
    aws: Aws
    name: str
    policies: tuple[str, ...]

    @property
    def path(self) -> str:
        """The path that marks the role as ours, beside the tag."""
        return f"/advent/{self.aws.stack}/"

    @property
    def arn(self) -> str:
        """The role's ARN; the path is a part of it."""
        return self.aws.arn("iam", f"role{self.path}{self.name}")

    def want(self) -> Settings:
        return {"path": self.path, "trust": TRUST, "other_policies": []}

    def read(self) -> Settings | None:
        iam = self.aws.client("iam")
        answer = found(iam.get_role, "NoSuchEntity", RoleName=self.name)
        if answer is None:
            return None
        role = answer["Role"]
        if not self.aws.owns(role.get("Tags")):
            raise ForeignError(self.title, role["Arn"], str(role["CreateDate"]))
        inline, attached = self._policies()
        return {
            "path": role["Path"],
            "trust": role["AssumeRolePolicyDocument"],
            "other_policies": sorted({*inline, *attached} - {*self.policies}),
        }

    def create(self, wait: Patience) -> None:
        wait.retry(
            partial(
                self.aws.client("iam").create_role,
                RoleName=self.name,
                Path=self.path,
                AssumeRolePolicyDocument=json.dumps(TRUST),
                Tags=self.aws.owner_tags,
            ),
            BUSY,
        )

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
        self._remove_policies(wait, keep=set())
        call = self.aws.client("iam").delete_role
        wait.retry(partial(found, call, "NoSuchEntity", RoleName=self.name), BUSY, LISTS_LAG)

    def _policies(self) -> tuple[list[str], list[str]]:
        """Names of the inline policies, ARNs of the attached ones; both empty if the role is gone."""
        iam = self.aws.client("iam")

        def names(operation: str, list_key: str, name_of: str | None) -> list[str]:
            pages = found(lambda: list(iam.get_paginator(operation).paginate(RoleName=self.name)), "NoSuchEntity")
            items = [item for page in pages or [] for item in page[list_key]]
            return [item[name_of] if name_of else item for item in items]

        inline, attached = together(
            lambda: names("list_role_policies", "PolicyNames", None),
            lambda: names("list_attached_role_policies", "AttachedPolicies", "PolicyArn"),
        )
        return inline, attached

    def _remove_policies(self, wait: Patience, keep: set[str]) -> None:
        iam = self.aws.client("iam")
        inline, attached = self._policies()
        for name in sorted({*inline} - keep):
            params = {"RoleName": self.name, "PolicyName": name}
            wait.retry(partial(found, iam.delete_role_policy, "NoSuchEntity", **params), BUSY)
        for arn in attached:
            params = {"RoleName": self.name, "PolicyArn": arn}
            wait.retry(partial(found, iam.detach_role_policy, "NoSuchEntity", **params), BUSY)
