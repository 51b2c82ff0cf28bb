"""What went wrong in a group, as lines under its row: each cause once, with what to do about it."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from advent_cli.deploy.causes import cause
from advent_cli.deploy.contention import NOT_CONFIRMED
from advent_cli.deploy.decide import Step
from advent_cli.deploy.events import Finished, Outcome
from advent_cli.errors import AdventError, TargetError, UsesForeignError
from advent_cli.output.branches import Parts

LABEL = ("error: ", "bold red")
Present = Callable[[AdventError], AdventError]


class ProblemLines:
    """Makes the lines; `present` removes secrets from an error.

    A cause or a hint that it has shown is not shown again.
    """

    def __init__(self, present: Present) -> None:
        self.present = present
        self.shown: set[object] = set()

    def of(self, steps: Iterable[Step], finished: Mapping[str, Finished]) -> Iterator[Parts]:
        """The lines for those of the steps that failed, are blocked or were skipped."""
        same: list[str] = []
        not_done: dict[tuple[str, str], list[str]] = {}
        for step in steps:
            event = finished.get(step.key)
            if event and event.error and not isinstance(event.error, UsesForeignError):
                if (known := cause(step.key, event.error)) in self.shown:
                    same.append(step.title)
                    continue
                self.shown.add(known)
                yield from self._error(step, event.error)
            elif event and event.outcome in (Outcome.SKIPPED, Outcome.LEFT):
                word = "interrupted" if event.reason.endswith(NOT_CONFIRMED) else event.outcome.value
                not_done.setdefault((word, _because(event.reason)), []).append(step.title)
        if same:
            yield [LABEL, (f"the same for {', '.join(same)}", "")]
        for (word, reason), titles in not_done.items():
            yield [(f"{word}: ", "yellow"), (f"{', '.join(titles)}{f' ({reason})' if reason else ''}", "")]

    def _error(self, step: Step, error: Exception) -> Iterator[Parts]:
        if not isinstance(error, AdventError):
            yield [LABEL, (f"{step.title}: this is a bug in advent: {type(error).__name__}", "")]
            return
        presentable = self.present(error)
        names_itself = isinstance(error, TargetError) or step.title in presentable.what
        what = presentable.what if names_itself else f"{step.title}: {presentable.what}"
        yield [LABEL, (f"{what}: {presentable.why}" if presentable.why else what, "")]
        if presentable.hint and presentable.hint not in self.shown:
            self.shown.add(presentable.hint)
            yield [(f"  try: {presentable.hint}", "")]


def _because(reason: str) -> str:
    """Why a step was skipped; a reason without a space is the key of the step that it needs."""
    kind, _, name = reason.partition("/")
    return f"needs {kind} {name}" if name and " " not in kind else reason
