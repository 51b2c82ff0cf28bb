"""The reporter for a comment on a pull request: the plan as Markdown on stdout, everything else as for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from advent_cli.errors import AdventError
from advent_cli.output.advice import with_options
from advent_cli.output.people_reporter import PeopleReporter
from advent_cli.output.stream import out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from advent_cli.deploy.decide import Step
    from advent_cli.deploy.inspection import Inspection
    from advent_cli.output.reporter import Files


class MarkdownReporter(PeopleReporter):
    """Prints one comment, however the command ends: the plan, or that there is none."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.errors: list[AdventError] = []
        self.has_plan = False

    def error(self, error: AdventError) -> None:
        super().error(error)
        self.errors.append(self._for_comment(error))

    def plan(self, inspection: Inspection, steps: Sequence[Step], files: Files) -> None:
        from advent_cli.output.markdown_page import PlanComment

        comment = PlanComment(files(), self._for_comment, self.advice, every_resource=self.verbose)
        out(comment.of(inspection, steps))
        self.has_plan = True

    def command_ended(self, exit_code: int) -> None:
        if not self.has_plan:
            from advent_cli.output import markdown_page

            out(markdown_page.failed(self.errors))

    def _for_comment(self, error: AdventError) -> AdventError:
        """The error without secrets, and with commands that can be pasted."""
        shown = self._present(error)
        return AdventError(shown.what, why=shown.why, hint=with_options(shown.hint, self.advice))
