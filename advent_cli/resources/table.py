"""The DynamoDB table with the word counts, billed per request."""

import time
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from advent_cli.aws import tags
from advent_cli.aws.account import Aws
from advent_cli.aws.aws_errors import error_code, get_or_none
from advent_cli.aws.calls import Call, Line, Until
from advent_cli.aws.retry import Transient, Waiter
from advent_cli.errors import AdventError, RefusedError
from advent_cli.resources.base import Resource, Settings

BUSY = (
    Transient("ResourceInUseException", "", "DynamoDB is still busy with the table"),
    Transient("LimitExceededException", "", "DynamoDB is busy with other tables"),
)
TAGS_LAG = 3  # seconds; the longest delay that users have reported


@dataclass(frozen=True)
class Table(Resource):
    """A table whose primary key is one string attribute, named `key_name`."""

    kind: ClassVar[str] = "table"
    actions: ClassVar[dict[str, tuple[str, ...]]] = {
        "read": (
            "dynamodb:DescribeTable",
            "dynamodb:ListTagsOfResource",
        ),
        "create": (
            "dynamodb:CreateTable",
            "dynamodb:TagResource",
        ),
        "update": ("dynamodb:UpdateTable",),
        "delete": ("dynamodb:DeleteTable",),
        "hand over": ("dynamodb:UntagResource",),
    }
    console: ClassVar[dict[str, str]] = {
        "create": "DynamoDB > Tables > Create table",
        "update": "DynamoDB > Tables > {it.name} > Additional settings > Read/write capacity > Edit",
        "delete": "DynamoDB > Tables > {it.name} > Delete table",
    }
    aws: Aws
    name: str
    key_name: str = ""

    @property
    def arn(self) -> str:
        """The table's ARN."""
        return self.aws.arn("dynamodb", f"table/{self.name}")

    def scope(self) -> list[str]:
        return [self.arn]

    def want(self) -> Settings:
        return {"primary_key": f"{self.key_name} (S)", "billing": "PAY_PER_REQUEST", "status": "ACTIVE"}

    def read(self) -> Settings | None:
        return self._settings(self._description())

    def _settings(self, table: dict[str, Any] | None) -> Settings | None:
        """The result of `read` for a description of the table; raises the same errors."""
        if table is None:
            return None
        status = table["TableStatus"]
        # While a table is being created or deleted its tags read as missing, so do not check the owner then.
        if status not in ("CREATING", "DELETING"):
            found = self.tags()
            is_new = time.time() - table["CreationDateTime"].timestamp() < TAGS_LAG
            if found is not None and is_new and not self.aws.owns(found):
                time.sleep(TAGS_LAG)  # the tags of a new table may show late; wait once, if the stack's is missing
                found = self.tags()
            if found is None:  # gone between the two calls
                return None
            self.require_owned(found, self.arn, f"created {table['CreationDateTime']}")
        return {
            "primary_key": _primary_key(table),
            "billing": table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
            "status": status,
        }

    def adopt(self) -> None:
        table = self._describe()
        if table is None or table["TableStatus"] != "ACTIVE" or _primary_key(table) != self.want()["primary_key"]:
            key = _primary_key(table) if table else "none"
            why = f"its primary key must be {self.want()['primary_key']}, but is {key}"
            raise RefusedError(f"cannot adopt {self.title}", why=why, hint="choose another table name in config.yaml")
        self.aws.client("dynamodb").tag_resource(ResourceArn=self.arn, Tags=self.aws.owner_tags)

    def create(self, waiter: Waiter) -> None:
        waiter.retry(self._creation().on(self.aws))
        self._wait_for("ACTIVE", waiter, "DynamoDB is creating the table")

    def update(self, now: Settings, waiter: Waiter) -> None:
        if now["status"] == "DELETING":
            self._wait_for(None, waiter, "DynamoDB is still deleting the old table")
            return self.create(waiter)
        if now["status"] != "ACTIVE":
            self._wait_for("ACTIVE", waiter, f"DynamoDB reports the table as {now['status']}")
            now = self.read() or now
        for call in self._changes(now):
            waiter.retry(call.on(self.aws), *BUSY)
            self._wait_for("ACTIVE", waiter, "DynamoDB is updating the table")
        return None

    def delete(self, waiter: Waiter) -> None:
        status = (self._description() or {}).get("TableStatus", "DELETING")
        if status == "CREATING":
            self._wait_for("ACTIVE", waiter, "DynamoDB is still creating the table")
            self._settings(self._describe())  # its tags are reliable now: raises ForeignError if the table is foreign
        if status != "DELETING":
            call = self._call("delete_table").on(self.aws)
            waiter.retry(partial(get_or_none, call, "ResourceNotFoundException"), *BUSY)
        self._wait_for(None, waiter, "DynamoDB is deleting the table")

    def to_create(self) -> list[Line]:
        return [self._creation(), self._until("table_exists")]

    def to_update(self, now: Settings) -> list[Line]:
        if now["status"] == "DELETING":
            return [self._until("table_not_exists"), *self.to_create()]
        changes = self._changes(now)
        ready = [self._until("table_exists")]
        return [*(ready if now["status"] != "ACTIVE" else []), *changes, *(ready if changes else [])]

    def to_delete(self) -> list[Line]:
        status = (self._describe() or {}).get("TableStatus", "DELETING")
        ready = [self._until("table_exists")] if status == "CREATING" else []
        deletion = [self._call("delete_table")] if status != "DELETING" else []
        return [*ready, *deletion, self._until("table_not_exists")]

    def _call(self, method: str, **params: Any) -> Call:
        return Call("dynamodb", method, {"TableName": self.name, **params})

    def _creation(self) -> Call:
        return self._call(
            "create_table",
            AttributeDefinitions=[{"AttributeName": self.key_name, "AttributeType": "S"}],
            KeySchema=[{"AttributeName": self.key_name, "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            Tags=self.aws.owner_tags,
        )

    def _changes(self, now: Settings) -> list[Call]:
        """The calls that turn `now` into `want`; raises AdventError if no call can."""
        if now["primary_key"] != self.want()["primary_key"]:
            raise AdventError(
                f"{self.title} has the primary key {now['primary_key']}, not {self.want()['primary_key']}",
                why="DynamoDB cannot change the key of a table",
                hint="set table.key in config.yaml to the old value, or delete the table with `advent down`",
            )
        billed = now["billing"] == "PAY_PER_REQUEST"
        return [] if billed else [self._call("update_table", BillingMode="PAY_PER_REQUEST")]

    def _until(self, waiter: str) -> Until:
        return Until("dynamodb", waiter, {"TableName": self.name})

    def tags(self) -> dict[str, str] | None:
        """The table's tags, None if there is no table; they lag behind a change by some seconds."""
        pages = self.aws.client("dynamodb").get_paginator("list_tags_of_resource").paginate(ResourceArn=self.arn)
        try:
            found = get_or_none(lambda: [tag for page in pages for tag in page["Tags"]], "ResourceNotFoundException")
        except Exception as error:
            # DynamoDB may deny access to the tags of a table that is gone.
            if error_code(error) != "AccessDeniedException" or self._describe() is not None:
                raise
            return None
        return None if found is None else tags.as_dict(found)

    def _description(self) -> dict[str, Any] | None:
        answer: dict[str, Any] | None = self.aws.cached(("table", self.name), self._describe)
        return answer

    def _describe(self) -> dict[str, Any] | None:
        answer = get_or_none(
            self.aws.client("dynamodb").describe_table, "ResourceNotFoundException", TableName=self.name
        )
        return answer["Table"] if answer else None

    def _wait_for(self, status: str | None, waiter: Waiter, words: str) -> None:
        waiter.until(lambda: (self._describe() or {}).get("TableStatus") == status, words)


def _primary_key(table: dict[str, Any]) -> str:
    """The key attributes with their types, as in `word (S)`."""
    types = {item["AttributeName"]: item["AttributeType"] for item in table["AttributeDefinitions"]}
    return ", ".join(f"{key['AttributeName']} ({types[key['AttributeName']]})" for key in table["KeySchema"])
