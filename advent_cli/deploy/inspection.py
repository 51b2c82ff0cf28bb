"""Reads everything that the stack has or should have, in parallel; changes nothing."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from graphlib import TopologicalSorter

from advent_cli.aws.account import MAX_PARALLEL, Answers
from advent_cli.aws.aws_errors import explain
from advent_cli.config.schema import SLACK_SECRET
from advent_cli.deploy import orphans
from advent_cli.deploy.causes import root_causes
from advent_cli.deploy.decide import Seen, Step
from advent_cli.errors import (
    DONE,
    FAILED,
    REFUSED,
    UNREACHABLE,
    AdventError,
    ForeignError,
    RefusedError,
    TargetError,
    UsesForeignError,
)
from advent_cli.resources.base import Resource, Settings
from advent_cli.resources.function import Function
from advent_cli.resources.parameter import Parameter
from advent_cli.stack.build import Stack

SERVICES = ("iam", "lambda", "dynamodb", "apigatewayv2", "sns", "sqs", "logs", "resourcegroupstaggingapi", "ssm")
"""The services whose clients `inspect` needs."""
CALLED = ("sts", *SERVICES)
"""All services that commands call."""


@dataclass(frozen=True)
class Inspection:
    """What was seen of each resource in config.yaml and of each orphan."""

    stack: Stack
    seen: dict[str, Seen]
    orphans: dict[str, Resource]
    answers: Answers = field(default_factory=dict, repr=False)
    """AWS's answers during the inspection, for calls right after it."""
    data_losses: dict[str, str] = field(default_factory=dict)
    """What is lost when each is deleted, in words, if `inspect` was asked for it; empty for most of them."""
    unlisted: AdventError | None = None
    """Why roles that config.yaml no longer has were not looked for; None if they were."""
    handed_over: dict[str, Resource] = field(default_factory=dict)
    """What stands for the tables that `down --hand-over` gives up: see deploy/tables.py."""

    @property
    def resources(self) -> dict[str, Resource]:
        """Everything that a run may change, by key."""
        return {**self.stack.resources, **self.orphans, **self.handed_over}

    def steps_up(self) -> tuple[Step, ...]:
        """What `up` would do about each resource."""
        blocked = self._blocked()
        seen = {**self.seen, **{key: UsesForeignError(title) for key, title in blocked.items()}}
        wanted = (self._step(r, r.want(), seen[key]) for key, r in self.stack.resources.items())
        kept = {s.key for s in self.stack.secrets.values() if isinstance(self.seen.get(s.key), dict)}
        removed = [(key, r) for key, r in self.orphans.items() if key not in kept]
        return (*wanted, *(self._step(r, None, self.seen[key]) for key, r in removed))

    def steps_down(self) -> tuple[Step, ...]:
        """What `down` would do about each resource, also one that AWS deletes with its parent."""
        wanted = {key: resource.want() for key, resource in self.handed_over.items()}
        steps = ((r, self._step(r, wanted.get(key), self.seen[key])) for key, r in self.resources.items())
        return tuple(replace(s, deleted_with=r.parent or "") if r.deleted_with_parent else s for r, s in steps)

    def _step(self, resource: Resource, want: Settings | None, seen: Seen) -> Step:
        groups = self.stack.groups
        group = groups.get(resource.key) or groups.get(resource.parent or "", resource.key)
        return Step(resource.key, resource.title, want, seen, group)

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences about the stack as a whole: that its role is a given one, what was not looked for or checked."""
        given, unlisted = self.stack.execution_role, self.unlisted
        return (*([given.notice] if given else []), *([str(unlisted)] if unlisted else []), *self.stack.config.notes)

    @property
    def plan_notes(self) -> tuple[str, ...]:
        """The notes, and those on the code that `up` would upload."""
        functions = [r for r in self.stack.resources.values() if isinstance(r, Function) and r.bundle]
        return (*self.notes, *(note for f in functions for note in f.code_notes(self.seen[f.key])))

    def notes_before(self, steps: Iterable[Step]) -> tuple[str, ...]:
        """Sentences to read before these steps are carried out; those on config.yaml only if it is applied."""
        config_notes = self.stack.config.notes if any(step.want is not None for step in steps) else ()
        return (*([str(self.unlisted)] if self.unlisted else []), *config_notes)

    @property
    def own_orphans(self) -> list[Resource]:
        """The orphans that exist and belong to the stack, in this region."""
        return [resource for key, resource in self.orphans.items() if isinstance(self.seen[key], dict)]

    @property
    def is_open(self) -> bool | None:
        """Whether no Slack secret is set, so that anyone with the URL can post; None if it is not known."""
        secret = self.stack.secrets.get(SLACK_SECRET)
        seen = self.seen.get(secret.key) if secret else None
        return None if isinstance(seen, Exception) else seen is None

    @property
    def dead_letters(self) -> int:
        """The number of messages that the inspection saw in the dead-letter queue."""
        with self.stack.aws.caching(self.answers):
            return self.stack.queue.depth()

    def _blocked(self) -> dict[str, str]:
        """The steps blocked by something foreign that they need or use: key -> title of the foreign resource."""
        stack = self.stack
        graph = {key: stack.needs[key] | stack.uses[key] for key in stack.resources}
        blocked: dict[str, str] = {}
        for key in TopologicalSorter(graph).static_order():
            if isinstance(self.seen[key], ForeignError):
                blocked[key] = stack.resources[key].title
            elif causes := [blocked[other] for other in sorted(graph[key]) if other in blocked]:
                blocked[key] = causes[0]
        return {key: title for key, title in blocked.items() if not isinstance(self.seen[key], ForeignError)}


def inspect(stack: Stack, data_loss: Callable[[Stack, Step], str] | None = None) -> Inspection:
    """Read every resource of the stack; raises if AWS denies listing orphans, apart from `unlisted`.

    `data_loss` returns what is lost if a resource is deleted; it runs while the others are still being read.
    """

    def read(resource: Resource) -> tuple[Seen, str]:
        seen = _read(stack, resource)
        return seen, data_loss(stack, Step(resource.key, resource.title, None, seen)) if data_loss else ""

    stack.aws.made.clear()
    stack.aws.contested.clear()
    by_name = {**stack.resources, **orphans.by_name(stack)}
    with stack.aws.caching() as answers, ThreadPoolExecutor(min(len(by_name) + 1, MAX_PARALLEL)) as pool:
        finding = pool.submit(orphans.listed, stack)
        reading = {key: pool.submit(read, resource) for key, resource in by_name.items()}
        listing = finding.result()
        listed = {key: resource for key, resource in listing.resources.items() if key not in by_name}
        reading |= {key: pool.submit(read, resource) for key, resource in listed.items()}
        results = {key: future.result() for key, future in reading.items()}
    all_seen = {key: seen for key, (seen, _) in results.items()}
    seen = {key: all_seen[key] for key in stack.resources}
    candidates = {key: r for key, r in {**by_name, **listed}.items() if key not in stack.resources}
    orphaned = {key: r for key, r in candidates.items() if _is_orphan(r, all_seen[key], seen)}
    known = {question: future for question, future in answers.items() if future.exception() is None}
    data_losses = {key: lost for key, (_, lost) in results.items()}
    found = {**seen, **{key: all_seen[key] for key in orphaned}}
    return Inspection(stack, found, orphaned, known, data_losses, listing.refusal)


def exit_code(steps: tuple[Step, ...]) -> int:
    """The exit code of a command that only reads: whether everything could be read and nothing is foreign."""
    return exit_code_of([step.seen for step in steps if isinstance(step.seen, Exception)])


def problems(steps: Iterable[Step]) -> list[Exception]:
    """The errors of steps, each cause once; without those of steps that only need something foreign."""
    return root_causes((step.key, step.seen) for step in steps if isinstance(step.seen, Exception))


def exit_code_of(problems: list[Exception]) -> int:
    """The exit code for these errors together: that of the most serious one, DONE if there are none."""
    failures = [problem for problem in problems if not isinstance(problem, RefusedError)]
    if failures:
        return UNREACHABLE if all(isinstance(problem, TargetError) for problem in failures) else FAILED
    return REFUSED if problems else DONE


def _is_orphan(resource: Resource, seen: Seen, others: dict[str, Seen]) -> bool:
    if seen is None or (isinstance(seen, ForeignError) and resource.kind != Parameter.kind):
        return False  # a foreign secret counts, because functions would read it
    return resource.parent is None or isinstance(others[resource.parent], dict)


def _read(stack: Stack, resource: Resource) -> Seen:
    """The settings of a resource, or the error, so that the others are still read."""
    try:
        if resource.parent and not stack.resources[resource.parent].is_managed():
            return None  # without its parent it cannot exist
        return resource.read()
    except ForeignError as error:  # do not read the parts of a foreign resource
        return UsesForeignError(stack.resources[resource.parent].title) if resource.parent else error
    except Exception as error:
        explained = explain(error)
        if explained is None:
            raise
        return explained
