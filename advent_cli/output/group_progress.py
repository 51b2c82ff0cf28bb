"""How far each group of a run is, from the run's events. Pure, apart from the clock."""

import time
from collections.abc import Callable, Collection

from advent_cli.deploy.decide import Action, Step
from advent_cli.deploy.events import Event, Finished, Outcome, Planned, Started, Waiting
from advent_cli.output.groups import Group, groups
from advent_cli.output.labels import DOING

UNCHANGED = {Outcome.UNCHANGED, Outcome.ABSENT}
PROBLEMS = (Outcome.FAILED, Outcome.LEFT, Outcome.SKIPPED)  # the worst first


def plain_outcome(step: Step, event: Finished) -> Outcome:
    """How a step ended; people need no other word for what is attached to a function."""
    if event.outcome is Outcome.ATTACHED:
        return Outcome.CREATED if step.action is Action.CREATE else Outcome.UPDATED
    return event.outcome


def outcome_of(outcomes: Collection[Outcome]) -> Outcome:
    """How a group ended, by how its steps did: the worst problem; or else the change, updated if there are several."""
    for problem in PROBLEMS:
        if problem in outcomes:
            return problem
    changes = {*outcomes} - UNCHANGED
    if not changes:
        return Outcome.UNCHANGED
    is_whole = len(changes) == 1 and Outcome.UNCHANGED not in outcomes
    return changes.pop() if is_whole else Outcome.UPDATED


class GroupProgress:
    """The groups of a run in order, and what is known of their steps."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.groups: list[Group] = []
        self.finished: dict[str, Finished] = {}
        self._group_of: dict[str, Group] = {}
        self._began: dict[str, float] = {}  # by group
        self._ended: dict[str, float] = {}
        self._words: dict[str, str] = {}  # by step, of those under way

    def note(self, event: Event) -> None:
        """Record an event."""
        if isinstance(event, Planned):
            self.groups = groups(event.steps)
            self._group_of = {step.key: group for group in self.groups for step in group.steps}
        elif isinstance(event, Started):
            group = self._group_of[event.key]
            self._began.setdefault(group.key, self.clock())
            self._words[event.key] = next(DOING[step.action] for step in group.steps if step.key == event.key)
        elif isinstance(event, Waiting):
            self._words[event.key] = event.words
        elif isinstance(event, Finished):
            self.finished[event.key] = event
            self._words.pop(event.key, None)
            self._ended[self._group_of[event.key].key] = self.clock()

    def group_of(self, key: str) -> Group:
        """The group of a step."""
        return self._group_of[key]

    def outcome(self, group: Group) -> Outcome | None:
        """How the group ended; None if it has not."""
        if any(step.key not in self.finished for step in group.steps):
            return None
        return outcome_of([plain_outcome(step, self.finished[step.key]) for step in group.steps])

    def seconds(self, group: Group) -> float:
        """How long it has taken, or took."""
        if group.key not in self._began:
            return 0.0
        ended = self.clock() if self.outcome(group) is None else self._ended[group.key]
        return ended - self._began[group.key]

    def state(self, group: Group) -> str:
        """What a group under way does, as in `4 of 7, Lambda is setting up the function`; empty if it is pending."""
        words = [self._words[step.key] for step in group.steps if self._words.get(step.key)]
        done = sum(step.key in self.finished for step in group.steps)
        if not words and not done:
            return ""
        longest = max(words, key=len, default="")  # a wait says more than `creating`
        return ", ".join(filter(None, [f"{done} of {len(group.steps)}" if len(group.steps) > 1 else "", longest]))

    def is_shown(self, group: Group) -> bool:
        """Whether there is anything to say of it: something to do, or done that was not planned."""
        steps = group.steps
        if any(step.action is not Action.NOTHING for step in steps):
            return True
        return any(self.finished[s.key].outcome not in UNCHANGED for s in steps if s.key in self.finished)

    @property
    def steps_to_do(self) -> list[str]:
        """The keys of the steps of groups that are shown."""
        return [step.key for group in self.groups if self.is_shown(group) for step in group.steps]
