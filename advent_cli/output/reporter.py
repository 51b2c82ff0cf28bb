"""The interface through which commands report, to people (people_reporter.py) or scripts (json_reporter.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from advent_cli.deploy.apply import Listener, Result
    from advent_cli.deploy.decide import Step
    from advent_cli.deploy.inspection import Inspection
    from advent_cli.deploy.tables import Staying
    from advent_cli.deploy.walkthrough import Page
    from advent_cli.errors import AdventError
    from advent_cli.messages.delivery_audit import Audit
    from advent_cli.messages.trace_model import Hop
    from advent_cli.stack.model import Stack
    from advent_cli.stack.policy_size import Policy
    from advent_cli.words.counts import Counts

    Notify = Callable[[str], None]
    Describe = Callable[[Stack, Step], str]
    Files = Callable[[], Mapping[str, Sequence[str]]]


class TraceView(Protocol):
    """Shows a message's trace as it grows."""

    def show(self, trace: Hop) -> None:
        """Show the trace as known so far."""

    def counts(self, function: str, counts: Mapping[str, int]) -> None:
        """Show the counts that this function left."""


class Reporter(Protocol):
    """One method for each thing worth reporting; a command never asks who reads the output.

    Every command ends with `command_ended`, even after an error.
    """

    def note(self, text: str) -> None:
        """Show something that is not part of the result, on stderr."""

    def error(self, error: AdventError) -> None:
        """Report an error that the user can act on."""

    def bug(self, error: Exception) -> None:
        """Report a bug in advent; the caller then raises it."""

    def command_ended(self, exit_code: int) -> None:
        """The command ended with this exit code."""

    def waiting(self, message: str = "") -> AbstractContextManager[Notify]:
        """Shows what the command waits for until exit; yields a function that changes the message."""

    def acting_on(self, stack: Stack) -> None:
        """The command acts on this stack, without a run."""

    def run_planned(self, inspection: Inspection, steps: Sequence[Step]) -> None:
        """A run is about to begin with these steps."""

    def confirming(self, steps: Sequence[Step], files: Files) -> None:
        """The user is about to be asked to confirm these steps; `files` as in `plan`."""

    def walkthrough(self, page: Page, *, is_result: bool) -> None:
        """Show the steps as a walkthrough; it is the result of `plan`, and precedes a run of `up` or `down`."""

    def data_loss_describer(self, describe: Describe) -> Describe | None:
        """`describe`, which says what a step would lose, if this reporter shows that; else None, to save the calls."""

    def data_loss(self, inspection: Inspection, steps: Sequence[Step], staying: Staying, *, agreed: bool) -> None:
        """Show what will be deleted, the data lost with it and what is kept; once `agreed`, only what loses data."""

    def change_saved(self, file: str) -> None:
        """This file was saved while `up --watch` was waiting; a run for it follows."""

    def running(self) -> AbstractContextManager[Listener]:
        """Yields a function that takes the events of a run."""

    def run_ended(self, inspection: Inspection, steps: Sequence[Step], result: Result) -> None:
        """A run ended; report its outcome, and each error once."""

    def run_refused(self, problems: Sequence[AdventError], note: str) -> None:
        """A run does not begin because of these problems; `note`, for people, says so and what to do instead."""

    def answered(self, seconds: float) -> None:
        """The app answered at its URL, after this many seconds."""

    def app_ready(self, inspection: Inspection, url: str | None, *, is_done: bool) -> None:
        """Show the URL, who can post to it, and the next command, if it `is_done`; `url` is None if the run failed."""

    def nothing_to_delete(self, inspection: Inspection, staying: Staying) -> None:
        """`down` found no resources of this stack, except those to keep."""

    def remaining(self, steps: Sequence[Step], staying: Staying, result: Result) -> None:
        """Show what is still there after `down`: nothing if all went well, and what it was to keep."""

    def exported(self, words: int, file: Path) -> None:
        """The counts of this many words were written to a file."""

    def imported(self, words: int | None, file: Path) -> None:
        """The counts of this many words were set from a file; None if the file was not read because `up` failed."""

    def plan(self, inspection: Inspection, steps: Sequence[Step], files: Files) -> None:
        """Show what `up` would do; `files` returns the files that change in code, by the key of the function's step."""

    def resources(self, inspection: Inspection, steps: Sequence[Step], arns: Mapping[str, str]) -> None:
        """Show the state of the resources, and their ARNs where they have one."""

    def api(self, inspection: Inspection, urls: list[str]) -> None:
        """Show the API's URLs, and who can post to them."""

    def dead_letters(self, queue: str, number: int) -> None:
        """Show the number of messages in the dead-letter queue."""

    def reading(self, about: Callable[[], int]) -> AbstractContextManager[Callable[[int], None]]:
        """Yields a function that takes the number of items read so far; `about` estimates the total."""

    def words(self, counts: Counts) -> None:
        """Show the most frequent words and the totals."""

    def words_unavailable(self, table: str, *, is_missing: bool) -> None:
        """The table cannot be read: it is missing, or its settings differ."""

    def policy(self, stack: Stack, command: str, document: Policy, notes: Sequence[str], *, is_split: bool) -> None:
        """Show the IAM policy for a command, split into policies that IAM accepts if `is_split`, and notes on it."""

    def say_started(self, stack: Stack, consumers: list[str]) -> None:
        """Messages are about to be posted; these consumers change the counts after the reply."""

    def replied(self, message: str, reply: str) -> None:
        """A message was answered."""

    def no_reply(self, message: str, error: AdventError) -> None:
        """A message was not answered, and why."""

    def slash_command(self, sender: str, message: str, reply: str | None, *, is_late: bool) -> None:
        """Somebody typed this in Slack; `reply` is None if there is none, and `is_late` if it came after the limit."""

    def posting(self, total: int | None) -> AbstractContextManager[Callable[[], None]]:
        """Yields a function to call after each message; `total` is None if unknown."""

    def posted(self, replied: int, failed: int, seconds: float) -> None:
        """Show how many messages were answered, how many were not, and the time taken."""

    def settled(self, consumers: Sequence[str], counts: Mapping[str, int], *, are_all: bool = True) -> None:
        """Show the counts once the consumers are done; those of the latest words, unless they `are_all`."""

    def tracing(self, seconds: float) -> AbstractContextManager[TraceView]:
        """Yields a view that shows a trace; the API answered after this many seconds."""

    def audited(self, stack: Stack, audit: Audit) -> None:
        """Show what became of the messages, and the notes of the audit."""

    def traced(self, trace: Hop, consumers: Sequence[str], counts: Mapping[str, int]) -> None:
        """The trace is complete; `counts` are those after the consumers, if known."""
