"""The reporter for people: results on stdout, everything else on stderr, colours and animation on a terminal."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from advent_cli.errors import AdventError, InterruptionError
from advent_cli.output.advice import presentable, with_options
from advent_cli.output.say_reporter import SayReporter
from advent_cli.output.stream import err, out

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from advent_cli.deploy.apply import Listener, Result
    from advent_cli.deploy.decide import Step
    from advent_cli.deploy.inspection import Inspection
    from advent_cli.deploy.tables import Staying
    from advent_cli.deploy.walkthrough import Page
    from advent_cli.output.reporter import Describe, Files, Notify
    from advent_cli.output.terminal import SafeConsole
    from advent_cli.stack.model import Stack
    from advent_cli.stack.policy_size import Policy
    from advent_cli.words.counts import Counts


class PeopleReporter(SayReporter):
    """Prints as the command runs; `advice` is `advent` with its options, to complete the commands that it suggests."""

    def __init__(self, *, secrets: set[str], advice: str, verbose: bool) -> None:
        super().__init__(advice=advice, verbose=verbose)
        self._present = partial(presentable, secrets=secrets)
        self.is_up_to_date = self.is_new = False  # before the run
        self.has_listed = False  # what the run is going to do is on the screen
        self.saved: str | None = None  # the file that `up --watch` saw saved: its run is one line

    @property
    def _out(self) -> SafeConsole:
        from advent_cli.output import terminal

        return terminal.stdout(self.advice)

    @property
    def _err(self) -> SafeConsole:
        from advent_cli.output import terminal

        return terminal.stderr(self.advice)

    def note(self, text: str) -> None:
        err(with_options(text, self.advice))

    def error(self, error: AdventError) -> None:
        if isinstance(error, InterruptionError):
            return err(f"\n{error.what}")  # on a line of its own, for the terminal has shown ^C
        from advent_cli.output import summary

        return summary.error(self._err, self._present(error), self.saved)

    def bug(self, error: Exception) -> None: ...

    def command_ended(self, exit_code: int) -> None: ...

    def waiting(self, message: str = "") -> AbstractContextManager[Notify]:
        from advent_cli.output import terminal

        return terminal.waiting(message, lines_only=self.verbose)

    def acting_on(self, stack: Stack) -> None:
        from advent_cli.output import header

        header.show(self._err, stack)

    def run_planned(self, inspection: Inspection, steps: Sequence[Step]) -> None:
        from advent_cli.deploy.decide import Action

        actions = {step.action for step in steps}
        self.is_up_to_date, self.is_new = actions <= {Action.NOTHING}, actions == {Action.CREATE}
        if not self.saved and not self.is_up_to_date:
            self.acting_on(inspection.stack)
        for note in inspection.notes_before(steps):
            self.note(f"note: {note}")

    def confirming(self, steps: Sequence[Step], files: Files) -> None:
        from advent_cli.output import plan_page

        plan_page.show(self._err, steps, files(), every_resource=False)
        self.has_listed = True

    def walkthrough(self, page: Page, *, is_result: bool) -> None:
        from advent_cli.output import walkthrough_page

        walkthrough_page.show(self._out if is_result else self._err, page, show_settings=self.verbose)

    def data_loss_describer(self, describe: Describe) -> Describe | None:
        return describe

    def data_loss(self, inspection: Inspection, steps: Sequence[Step], staying: Staying, *, agreed: bool) -> None:
        from advent_cli.output import down_page

        show = down_page.losing if agreed else down_page.to_delete
        show(self._err, steps, staying, inspection.data_losses)
        self.has_listed = not agreed

    def change_saved(self, file: str) -> None:
        self.saved = file

    def running(self) -> AbstractContextManager[Listener]:
        from advent_cli.output import terminal

        is_short = self.has_listed or self.saved is not None
        return terminal.running(self._err, self._present, by_step=self.verbose, only_problems=is_short)

    def run_ended(self, inspection: Inspection, steps: Sequence[Step], result: Result) -> None:
        from advent_cli.output import summary

        nothing = summary.up_to_date(inspection, steps) if self.is_up_to_date else ""
        summary.run_ended(self._err, steps, result, nothing, self.saved)
        for note in result.notes:
            self.note(f"note: {note}")

    def run_refused(self, problems: Sequence[AdventError], note: str) -> None:
        for problem in problems:
            self.error(problem)
        self.note(note)

    def answered(self, seconds: float) -> None:
        from advent_cli.output import summary

        if not self.saved and not self.is_up_to_date:
            summary.answered(self._err, seconds)

    def app_ready(self, inspection: Inspection, url: str | None, *, is_done: bool) -> None:
        if is_done and url and not self.saved:
            from advent_cli.output import summary

            out(url)
            if self.is_new:
                summary.after_up(self._err, inspection, self.advice)

    def nothing_to_delete(self, inspection: Inspection, staying: Staying) -> None:
        from advent_cli.output import down_page

        down_page.nothing_to_delete(self._err, inspection.stack, staying)

    def remaining(self, steps: Sequence[Step], staying: Staying, result: Result) -> None:
        from advent_cli.output import down_page

        down_page.remaining(self._err, steps, staying, result)

    def exported(self, words: int, file: Path) -> None:
        err(f"exported {words} word count{'s' if words != 1 else ''} to {file}")

    def imported(self, words: int | None, file: Path) -> None:
        done = "nothing imported" if words is None else f"imported {words} word count{'s' if words != 1 else ''}"
        err(f"{done} from {file}")

    def plan(self, inspection: Inspection, steps: Sequence[Step], files: Files) -> None:
        from advent_cli.output import plan_page

        plan_page.page(self._out, inspection, steps, files(), every_resource=self.verbose)

    def resources(self, inspection: Inspection, steps: Sequence[Step], arns: Mapping[str, str]) -> None:
        from advent_cli.output import status_page

        status_page.page(self._out, inspection, steps, arns, every_resource=self.verbose)

    def api(self, inspection: Inspection, urls: list[str]) -> None:
        from advent_cli.output import status_page

        status_page.api(self._out, inspection, urls)

    def dead_letters(self, queue: str, number: int) -> None:
        from advent_cli.output import status_page

        status_page.dead_letters(self._out, queue, number)

    def reading(self, about: Callable[[], int]) -> AbstractContextManager[Callable[[int], None]]:
        from advent_cli.output import terminal

        return terminal.reading(about, lines_only=self.verbose)

    def words(self, counts: Counts) -> None:
        from advent_cli.output import summary

        summary.words(self._out, counts)

    def words_unavailable(self, table: str, *, is_missing: bool) -> None:
        problem = "is missing" if is_missing else "differs from config.yaml"
        out(with_options(f"  no words: the {table} {problem}; see `advent plan`", self.advice))

    def no_reply(self, message: str, error: AdventError) -> None:
        self.error(error)

    def policy(self, stack: Stack, command: str, document: Policy, notes: Sequence[str], *, is_split: bool) -> None:
        from advent_cli.output import policy_page

        policy_page.show(document, [with_options(note, self.advice) for note in notes], is_split=is_split)
