"""What went wrong in a group, as lines under its row: each cause once, with what to do about it."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from advent_cli.deploy.decide import Step
from advent_cli.deploy.events import Finished, Outcome
from advent_cli.errors import AdventError, UsesForeignError
from advent_cli.output.branches import Parts

Present = Callable[[AdventError], AdventError]


class ProblemLines:
    """Makes the lines; `present` removes secrets from an error. A cause that it has shown is not shown again."""

    def __init__(self, present: Present) -> None:
        self.present = present
        self.shown: set[tuple[type[Exception], str]] = set()

    def of(self, steps: Iterable[Step], finished: Mapping[str, Finished]) -> Iterator[Parts]:
        """The lines for those of the steps that failed, are blocked or were skipped."""
        not_done: dict[tuple[str, str], list[str]] = {}
        for step in steps:
            event = finished.get(step.key)
            if event and event.error and not isinstance(event.error, UsesForeignError):
                yield from self._error(step.title, event.error)
            elif event and event.outcome in (Outcome.SKIPPED, Outcome.LEFT):
                not_done.setdefault((event.outcome.value, _because(event.reason)), []).append(step.title)
        for (word, reason), titles in not_done.items():
            yield [(f"{word}: ", "yellow"), (f"{', '.join(titles)}{f' ({reason})' if reason else ''}", "")]

    def _error(self, title: str, error: Exception) -> Iterator[Parts]:
        cause = (type(error), str(error))
        if cause in self.shown:
            yield [("error: ", "bold red"), (f"{title}: the same", "")]
            return
        self.shown.add(cause)
        if not isinstance(error, AdventError):
            yield [("error: ", "bold red"), (f"{title}: this is a bug in advent: {type(error).__name__}", "")]
            return
        presentable = self.present(error)
        what = presentable.what if presentable.what.startswith(title) else f"{title}: {presentable.what}"
        yield [("error: ", "bold red"), (f"{what}: {presentable.why}" if presentable.why else what, "")]
        if presentable.hint:
            yield [(f"  try: {presentable.hint}", "")]


def _because(reason: str) -> str:
    """Why a step was skipped; a reason without a space is the key of the step that it needs."""
    kind, _, name = reason.partition("/")
    return f"needs {kind} {name}" if name and " " not in kind else reason
