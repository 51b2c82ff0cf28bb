"""What a command reports, whoever listens: a person (people_reporter.py) or a script (json_reporter.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from advent_cli.config.schema import Slack
    from advent_cli.deploy.apply import Listener, Result
    from advent_cli.deploy.decide import Step
    from advent_cli.deploy.inspection import Inspection
    from advent_cli.deploy.walkthrough import Page
    from advent_cli.errors import AdventError
    from advent_cli.messages.trace_model import Hop
    from advent_cli.stack.model import Stack
    from advent_cli.words.counts import Counts

    Notify = Callable[[str], None]
    Describe = Callable[[Stack, Step], str]


class TraceView(Protocol):
    """Shows a message's trace while it grows."""

    def show(self, trace: Hop) -> None:
        """Show the trace as far as it is known now."""

    def note(self, function: str, words: str) -> None:
        """Add a few words to a function that is done."""


class Reporter(Protocol):
    """One method for each thing worth reporting; a command calls it and does not ask who listens.

    A command ends with `ended`, whatever happened before.
    """

    def note(self, text: str) -> None:
        """Something to know beside the result; shown on stderr."""

    def problem(self, error: AdventError) -> None:
        """An error that a person can act on."""

    def bug(self, error: Exception) -> None:
        """A mistake of advent's own, which is raised after this."""

    def ended(self, exit_code: int) -> None:
        """The command ended."""

    def waiting(self, words: str = "") -> AbstractContextManager[Notify]:
        """While this is entered, show what the command waits for: these words, or those that what it gives gets."""

    def planned(self, stack: Stack, steps: Sequence[Step]) -> None:
        """The steps of a run, before it begins."""

    def confirming(self, steps: Sequence[Step]) -> None:
        """The steps that a person is about to be asked about."""

    def walkthrough(self, page: Page, *, is_result: bool) -> None:
        """The steps as a tutorial, as the result of a command or before a run."""

    def describing_data_loss(self, describe: Describe) -> Describe | None:
        """`describe`, which says what is lost with a step, where it is shown; else None, and nothing is counted."""

    def data_loss(self, inspection: Inspection, steps: Iterable[Step], *, agreed: bool) -> None:
        """What will be deleted and what is lost with it; of what is `agreed` only the losses."""

    def running(self) -> AbstractContextManager[Listener]:
        """While this is entered, what it gives takes the events of a run."""

    def run_ended(self, steps: Sequence[Step], result: Result) -> None:
        """How the steps of a run ended, and each error once."""

    def app_ready(self, inspection: Inspection, url: str | None) -> None:
        """Where to post to, who may, and what to do next; `url` is None if there is no app after all."""

    def nothing_to_delete(self) -> None:
        """`down` found nothing of this stack."""

    def remaining(self, steps: Sequence[Step]) -> None:
        """What is still there after `down`; nothing, if all went well."""

    def exported(self, words: int, file: Path) -> None:
        """The counts of so many words were written to a file."""

    def imported(self, words: int | None, file: Path) -> None:
        """The counts of so many words were set from a file; None if it was not read, for `up` failed."""

    def plan(self, stack: Stack, steps: Sequence[Step]) -> None:
        """What `up` would do."""

    def resources(self, inspection: Inspection, steps: Sequence[Step], arns: Mapping[str, str]) -> None:
        """Each resource with its state and its ARN, if it has one."""

    def api(self, urls: list[str], slack: Slack | None, *, is_open: bool | None) -> None:
        """The addresses of the API, and who may post to it: None if that is not known."""

    def dead_letters(self, queue: str, number: int) -> None:
        """How many messages are in the dead-letter queue."""

    def reading(self, about: Callable[[], int]) -> AbstractContextManager[Callable[[int], None]]:
        """While this is entered, what it gives takes how many items were read; `about` is how many there may be."""

    def words(self, counts: Counts) -> None:
        """The most frequent words."""

    def no_words(self, table: str, *, is_missing: bool) -> None:
        """The table cannot be read: it is missing, or its settings differ."""

    def policy(self, stack: Stack, command: str, document: dict[str, Any], notes: Sequence[str]) -> None:
        """An IAM policy for a command, and what to know about it."""

    def conversation(self, stack: Stack, consumers: list[str]) -> None:
        """Messages are about to be posted; these consumers change the counts after the reply."""

    def replied(self, message: str, reply: str) -> None:
        """A message and the reply to it."""

    def unanswered(self, message: str, error: AdventError) -> None:
        """A message without a reply, and why."""

    def posting(self, total: int | None) -> AbstractContextManager[Callable[[], None]]:
        """While this is entered, call what it gives after each message; `total` is None if nobody knows it."""

    def posted(self, replied: int, unanswered: int, seconds: float) -> None:
        """How many messages were posted, and how long that took."""

    def settled(self, consumers: Sequence[str], counts: Mapping[str, int]) -> None:
        """The counts after the consumers."""

    def tracing(self, seconds: float) -> AbstractContextManager[TraceView]:
        """While this is entered, what it gives shows a trace; the API answered in so many seconds."""

    def traced(self, trace: Hop, consumers: Sequence[str], counts: Mapping[str, int]) -> None:
        """The trace as it ended, and the counts after the consumers, if they are known."""
