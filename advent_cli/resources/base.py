"""The contract of a resource: what every kind implements, and what callers may rely on."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, NamedTuple

from advent_cli.aws import tags
from advent_cli.aws.account import Aws
from advent_cli.aws.calls import Line
from advent_cli.aws.retry import Waiter
from advent_cli.aws.tags import Tags
from advent_cli.errors import ForeignError, RefusedError

Settings = dict[str, Any]


class Lingering(NamedTuple):
    """For how many seconds AWS may show a deleted resource, now and then, and what a step that waits for it says."""

    seconds: float
    words: str


class Resource(ABC):
    """One AWS resource that the stack owns.

    `want` and `read` return the same shape, so equal means nothing to do. Every call may be repeated: creating what
    exists or deleting what is gone is no error. Only `create`, `update` and `delete` change anything. `to_create`,
    `to_update` and `to_delete` return the calls that these would send now, in the same order; they may read from AWS,
    and raise the same errors. What `to_create` reads, it reads through `Aws.cached`, which answers offline too.
    """

    kind: ClassVar[str]
    deleted_with_parent: ClassVar[bool] = False
    """Whether deleting the parent deletes this resource too, so `down` does not have to."""

    done_word: ClassVar[str] = ""
    """The outcome to report when it is created or updated, if not `created` or `updated`."""

    actions: ClassVar[dict[str, tuple[str, ...]]] = {}
    """The IAM actions that `read`, `create`, `update` and `delete` need on `scope`; `hand over` is of tables only."""
    unscoped_actions: ClassVar[dict[str, tuple[str, ...]]] = {}
    """The IAM actions that they need on `*`, because AWS cannot limit these to a resource."""

    lingers: ClassVar[Lingering | None] = None
    """How long AWS may still show it after it was deleted, if AWS is known for that; see deploy/lingering.py."""

    console: ClassVar[dict[str, str]]
    """Where in the AWS console you create, update and delete it; may contain `{it.name}` and the like."""

    aws: Aws
    name: str
    """Unique among its kind in the stack, and shown to people; often its name in AWS, but not always."""
    parent: str | None = None
    """The key of the resource that this one is a part of, if it cannot have a tag of its own."""

    @property
    def key(self) -> str:
        """Its name within the stack, as in `function/aws_advent`."""
        return f"{self.kind}/{self.name}"

    @property
    def title(self) -> str:
        """Its name in messages, as in `function aws_advent`."""
        return f"{self.kind} {self.name}"

    @abstractmethod
    def scope(self) -> list[str]:
        """The ARNs on which `actions` are needed."""

    def read_scope(self) -> list[str]:
        """The ARNs on which the actions of `read` are needed."""
        return self.scope()

    @abstractmethod
    def want(self) -> Settings:
        """The settings that it should have; makes no call."""

    @abstractmethod
    def read(self) -> Settings | None:
        """The settings that it has, or None if it does not exist.

        A half-created resource differs from `want`. Raises ForeignError if the resource of this name is not the
        stack's. A part is read only if its parent `is_managed`; it never raises ForeignError, and is None if its
        parent is gone. Access denied is raised as it is and never taken for absence.
        """

    def is_managed(self) -> bool:
        """Whether it exists, asked before its parts are read; raises ForeignError if the stack does not manage it."""
        return self.read() is not None

    def forget(self) -> None:
        """Drop what is cached about it, because another run may have changed it."""
        for known in (self.name, self.key):
            self.aws.ids.pop(known, None)
        self.aws.made.discard(self.key)

    def adopt(self) -> None:
        """Put the stack's tag on a foreign resource of this name, and change nothing else.

        Raises RefusedError if no update could turn it into `want`.
        """
        raise RefusedError(f"cannot adopt {self.title}", why="it has no tags of its own")

    def require_owned(self, found: Tags | None, arn: str, made: str = "") -> None:
        """Raise ForeignError unless the tags that it has mark it as the stack's; `made` is its age, in words."""
        if not self.aws.owns(found):
            raise ForeignError(self.key, self.title, arn, made, tags.cloudformation(found))

    @abstractmethod
    def create(self, waiter: Waiter) -> None:
        """Create it and return when it can be used; may raise AWS's "already exists", and the caller reads it again.

        Calls `waiter.exists` if it exists earlier than it can be used, for the steps that need no more.
        """

    @abstractmethod
    def update(self, now: Settings, waiter: Waiter) -> None:
        """Bring it from `now` (what `read` returned) to `want`."""

    @abstractmethod
    def delete(self, waiter: Waiter) -> None:
        """Delete it and return when it is gone, or, if it `lingers`, when AWS has agreed to delete it."""

    @abstractmethod
    def to_create(self) -> list[Line]:
        """What `create` does; a shell variable stands for each id that AWS has not chosen yet."""

    @abstractmethod
    def to_update(self, now: Settings) -> list[Line]:
        """What `update` does."""

    @abstractmethod
    def to_delete(self) -> list[Line]:
        """What `delete` does."""
