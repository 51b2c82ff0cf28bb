"""A table that `down --hand-over` gives up: it stays, with its items, and loses the stack's tag."""

from dataclasses import dataclass
from typing import ClassVar

from advent_cli.aws.calls import Call, Line, Note
from advent_cli.aws.retry import Waiter
from advent_cli.aws.tags import OWNER_TAG
from advent_cli.errors import AdventError, RefusedError
from advent_cli.resources.base import Settings
from advent_cli.resources.table import BUSY, Table


@dataclass(frozen=True)
class HandedOverTable(Table):
    """A table whose only setting is the stack's tag, which it should not have; no step creates or deletes it."""

    console: ClassVar[dict[str, str]] = {
        "update": "DynamoDB > Tables > {it.name} > Additional settings > Tags > Manage tags",
    }

    def want(self) -> Settings:
        return {OWNER_TAG: None}

    def read(self) -> Settings | None:
        found = self.tags()
        return None if found is None else {OWNER_TAG: found.get(OWNER_TAG)}

    def create(self, waiter: Waiter) -> None:
        self.to_create()

    def update(self, now: Settings, waiter: Waiter) -> None:
        waiter.retry(self._untagging().on(self.aws), *BUSY)
        # "UntagResource is an asynchronous operation": ListTagsOfResource may show the tag for a while, and a `down`
        # that still saw it would delete the table.
        waiter.until(lambda: not self.aws.owns(self.tags()), "DynamoDB is removing the tag of the table")

    def delete(self, waiter: Waiter) -> None:
        raise RefusedError(f"cannot delete {self.title}", why="it is handed over")

    def to_create(self) -> list[Line]:
        raise AdventError(f"cannot hand over {self.title}", why="it does not exist any more")

    def to_update(self, now: Settings) -> list[Line]:
        return [self._untagging()]

    def to_delete(self) -> list[Line]:
        return [Note("it is handed over, and stays")]

    def _untagging(self) -> Call:
        return Call("dynamodb", "untag_resource", {"ResourceArn": self.arn, "TagKeys": [OWNER_TAG]})
