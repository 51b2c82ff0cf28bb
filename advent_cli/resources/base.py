"""The contract of a resource: what each kind can do, and what its caller may rely on."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from advent_cli.aws.account import Aws
from advent_cli.aws.calls import Line
from advent_cli.aws.retry import Waiter
from advent_cli.errors import RefusedError

Settings = dict[str, Any]


class Resource(ABC):
    """One thing in AWS that the stack owns.

    `want` and `read` return the same shape, so that equal means nothing to do. Every call may be repeated: what is
    there already, or gone already, is no error. Only `create`, `update` and `delete` change anything. What each of
    these would send now, the `to_` of its name tells, in the same order; it may read, and raises what the other would.
    """

    kind: ClassVar[str]
    goes_with_host: ClassVar[bool] = False
    """Whether deleting the host deletes this too, so that `down` need not."""

    done_word: ClassVar[str] = ""
    """The outcome to tell when it was made or changed, if it has a word of its own."""

    actions: ClassVar[dict[str, tuple[str, ...]]] = {}
    """The IAM actions that read, create, update and delete need on `scope`."""
    unscoped_actions: ClassVar[dict[str, tuple[str, ...]]] = {}
    """Those that AWS does not restrict to a resource."""

    console: ClassVar[dict[str, str]]
    """Where in the AWS console a person would create, update and delete it; with `{it.name}` and the like in it."""

    aws: Aws
    name: str
    host: str | None = None
    """The key of the resource that this one is a part of, if it cannot carry a tag of its own."""

    @property
    def key(self) -> str:
        """What names it within the stack."""
        return f"{self.kind}/{self.name}"

    @property
    def title(self) -> str:
        """What names it to a person."""
        return f"{self.kind} {self.name}"

    @abstractmethod
    def scope(self) -> list[str]:
        """The ARNs that `actions` are on."""

    @abstractmethod
    def want(self) -> Settings:
        """The settings it should have; makes no call."""

    @abstractmethod
    def read(self) -> Settings | None:
        """The settings it has, or None if it is not there.

        What is half made differs from `want`. Raises ForeignError for a thing of this name without our tag; a
        refusal (access denied) is raised as it is, never taken for absence.
        """

    def is_managed(self) -> bool:
        """Whether it is there, the question before its parts are read; raises ForeignError if it is not ours."""
        return self.read() is not None

    def forget(self) -> None:
        """Drop what was learnt of it, which another run may have changed since."""
        for known in (self.name, self.key):
            self.aws.ids.pop(known, None)
        self.aws.made.discard(self.key)

    def adopt(self) -> None:
        """Put our tag on a thing of this name that is not ours, and change nothing else of it.

        Raises RefusedError where it could never become what is wanted.
        """
        raise RefusedError(f"{self.title} cannot be adopted", why="it carries no tag of its own")

    @abstractmethod
    def create(self, waiter: Waiter) -> None:
        """Make it as wanted and return when it can be used. AWS may answer that it exists: the caller looks again."""

    @abstractmethod
    def update(self, now: Settings, waiter: Waiter) -> None:
        """Bring it from `now` (what `read` returned) to `want`."""

    @abstractmethod
    def delete(self, waiter: Waiter) -> None:
        """Remove it and return when it is gone."""

    @abstractmethod
    def to_create(self) -> list[Line]:
        """What `create` does. Of what is not there yet, and AWS will give an id, a variable of the shell knows it."""

    @abstractmethod
    def to_update(self, now: Settings) -> list[Line]:
        """What `update` does."""

    @abstractmethod
    def to_delete(self) -> list[Line]:
        """What `delete` does."""
