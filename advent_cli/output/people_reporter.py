"""The reporter for people: results on stdout, everything else on stderr, colours and animation on a terminal."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING

from advent_cli.errors import AdventError, InterruptionError
from advent_cli.output.advice import presentable, with_options
from advent_cli.output.control_characters import printable
from advent_cli.output.stream import err, out
from advent_cli.stack.policy_size import split

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from advent_cli.config.schema import Slack
    from advent_cli.deploy.apply import Listener, Result
    from advent_cli.deploy.decide import Step
    from advent_cli.deploy.inspection import Inspection
    from advent_cli.deploy.walkthrough import Page
    from advent_cli.messages.trace_model import Hop
    from advent_cli.output.reporter import Describe, Notify, TraceView
    from advent_cli.stack.model import Stack
    from advent_cli.stack.policy_size import Policy
    from advent_cli.words.counts import Counts


class PeopleReporter:
    """Prints as the command runs; imports rich only where it is needed.

    `advice` is `advent` with its global options, to complete the commands that messages suggest.
    """

    def __init__(self, *, secrets: set[str], advice: str, verbose: bool) -> None:
        self.secrets = secrets
        self.advice = advice
        self.verbose = verbose

    def note(self, text: str) -> None:
        err(with_options(text, self.advice))

    def error(self, error: AdventError) -> None:
        if isinstance(error, InterruptionError):
            return err(f"\n{error.what}")  # on a line of its own, for the terminal has shown ^C
        from advent_cli.output import summary, terminal

        return summary.error(terminal.stderr(self.advice), presentable(error, self.secrets))

    def bug(self, error: Exception) -> None: ...

    def command_ended(self, exit_code: int) -> None: ...

    def waiting(self, message: str = "") -> AbstractContextManager[Notify]:
        from advent_cli.output import terminal

        return terminal.waiting(message, lines_only=self.verbose)

    def run_planned(self, inspection: Inspection, steps: Sequence[Step]) -> None:
        for note in inspection.notes_before(steps):
            self.note(f"note: {note}")

    def confirming(self, steps: Sequence[Step]) -> None:
        from advent_cli.output import summary, terminal

        summary.plan(terminal.stderr(self.advice), steps, show_settings=False)

    def walkthrough(self, page: Page, *, is_result: bool) -> None:
        from advent_cli.output import terminal, walkthrough_page

        console = terminal.stdout(self.advice) if is_result else terminal.stderr(self.advice)
        walkthrough_page.show(console, page, show_settings=self.verbose)

    def data_loss_describer(self, describe: Describe) -> Describe | None:
        return describe

    def data_loss(self, inspection: Inspection, steps: Iterable[Step], *, agreed: bool) -> None:
        from advent_cli.output import summary, terminal

        summary.data_loss(terminal.stderr(self.advice), inspection.data_losses, steps, agreed=agreed)

    def running(self) -> AbstractContextManager[Listener]:
        from advent_cli.output import terminal

        return terminal.running(lines_only=self.verbose)

    def run_ended(self, steps: Sequence[Step], result: Result) -> None:
        from advent_cli.output import styled_lines, summary, terminal

        ended = summary.run_totals(result.finished.values(), result.seconds, result.waited)
        styled_lines.line(terminal.stderr(self.advice), (ended, "bold"))
        for note in result.notes:
            self.note(f"note: {note}")
        for problem in result.problems:
            if isinstance(problem, AdventError):
                self.error(problem)
        if result.stopped:
            err("stopped: run the same command again to finish")

    def app_ready(self, inspection: Inspection, url: str | None) -> None:
        if url:
            from advent_cli.output import summary, terminal

            out(url)
            slack, is_open = inspection.stack.config.slack, inspection.is_open
            summary.after_up(terminal.stderr(self.advice), slack, self.advice, is_open=is_open)

    def nothing_to_delete(self, kept: Sequence[Step]) -> None:
        err("\n".join(["nothing to delete", *(f"kept: {step.title}" for step in kept)]))

    def remaining(self, steps: Sequence[Step], kept: Sequence[Step]) -> None:
        from advent_cli.output import summary, terminal

        summary.remaining(terminal.stderr(self.advice), steps, kept)

    def exported(self, words: int, file: Path) -> None:
        err(f"exported {words} word count{'s' if words != 1 else ''} to {file}")

    def imported(self, words: int | None, file: Path) -> None:
        done = "nothing imported" if words is None else f"imported {words} word count{'s' if words != 1 else ''}"
        err(f"{done} from {file}")

    def plan(self, inspection: Inspection, steps: Sequence[Step]) -> None:
        from advent_cli.output import summary, terminal

        summary.plan(terminal.stdout(self.advice), steps, show_settings=self.verbose)
        summary.notes(terminal.stdout(self.advice), inspection.plan_notes)

    def resources(self, inspection: Inspection, steps: Sequence[Step], arns: Mapping[str, str]) -> None:
        from advent_cli.output import summary, terminal

        summary.resources(terminal.stdout(self.advice), steps, arns, show_settings=self.verbose)
        summary.notes(terminal.stdout(self.advice), inspection.notes)

    def api(self, urls: list[str], slack: Slack | None, *, is_open: bool | None) -> None:
        from advent_cli.output import summary, terminal

        summary.api(terminal.stdout(self.advice), urls, slack, is_open=is_open)

    def dead_letters(self, queue: str, number: int) -> None:
        from advent_cli.output import summary, terminal

        summary.dead_letters(terminal.stdout(self.advice), queue, number)

    def reading(self, about: Callable[[], int]) -> AbstractContextManager[Callable[[int], None]]:
        from advent_cli.output import terminal

        return terminal.reading(about, lines_only=self.verbose)

    def words(self, counts: Counts) -> None:
        from advent_cli.output import summary, terminal

        summary.words(terminal.stdout(self.advice), counts)

    def words_unavailable(self, table: str, *, is_missing: bool) -> None:
        problem = "is missing" if is_missing else "differs from config.yaml"
        out(with_options(f"no words: the {table} {problem}; see `advent plan`", self.advice))

    def policy(self, stack: Stack, command: str, document: Policy, notes: Sequence[str], *, is_split: bool) -> None:
        if is_split:
            for part in split(document):
                out(json.dumps(part, separators=(",", ":")))
        else:
            out(json.dumps(document, indent=2))
        for note in notes:
            err(f"note: {with_options(note, self.advice)}")

    def say_started(self, stack: Stack, consumers: list[str]) -> None: ...

    def replied(self, message: str, reply: str) -> None:
        out(printable(reply, 100_000) if sys.stdout.isatty() else reply)

    def no_reply(self, message: str, error: AdventError) -> None:
        self.error(error)

    def posting(self, total: int | None) -> AbstractContextManager[Callable[[], None]]:
        if sys.stdin.isatty() and total is None:  # typed at the terminal
            return nullcontext(lambda: None)
        from advent_cli.output import terminal

        return terminal.counting("posted", total, lines_only=self.verbose)

    def posted(self, replied: int, failed: int, seconds: float) -> None:
        err(f"{replied} posted in {seconds:.1f} s" + (f", {failed} without a reply" if failed else ""))

    def settled(self, consumers: Sequence[str], counts: Mapping[str, int], *, are_all: bool = True) -> None:
        now = ", ".join(f"{printable(word)} = {count}" for word, count in counts.items())
        which = "" if are_all else f" (the last {len(counts)} words)"
        err(f"after {' and '.join(consumers)}{which}: {now}")

    def tracing(self, seconds: float) -> AbstractContextManager[TraceView]:
        from advent_cli.output import terminal

        return terminal.trace(seconds, self.advice, lines_only=self.verbose)

    def traced(self, trace: Hop, consumers: Sequence[str], counts: Mapping[str, int]) -> None: ...
