"""Looks at everything that is ours, or should be, all at the same time; changes nothing."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from graphlib import TopologicalSorter

from advent_cli.aws.account import MAX_PARALLEL, Answers
from advent_cli.aws.aws_errors import explain
from advent_cli.config.schema import SLACK_SECRET
from advent_cli.deploy import orphans
from advent_cli.deploy.decide import Seen, Step
from advent_cli.errors import (
    DONE,
    FAILED,
    REFUSED,
    UNREACHABLE,
    ForeignError,
    RefusedError,
    TargetError,
    UsageError,
    UsesForeignError,
)
from advent_cli.resources.base import Resource
from advent_cli.resources.parameter import Parameter
from advent_cli.stack.build import Stack

SERVICES = ("iam", "lambda", "dynamodb", "apigatewayv2", "sns", "sqs", "logs", "resourcegroupstaggingapi", "ssm")
"""Whose clients `inspect` needs."""


@dataclass(frozen=True)
class Inspection:
    """What was seen of each resource that config.yaml wants, and of each that is left over from before."""

    stack: Stack
    seen: dict[str, Seen]
    orphans: dict[str, Resource]
    answers: Answers = field(default_factory=dict, repr=False)
    """What AWS said to the look, for what needs it right after it."""
    data_losses: dict[str, str] = field(default_factory=dict)
    """What would be lost with each, in words, if that was asked for; with most of them nothing."""

    def steps_up(self) -> tuple[Step, ...]:
        """What `up` would do with each resource."""
        blocked = self._blocked()
        seen = {**self.seen, **{key: UsesForeignError(title) for key, title in blocked.items()}}
        wanted = (Step(key, r.title, r.want(), seen[key]) for key, r in self.stack.resources.items())
        kept = {s.key for s in self.stack.secrets.values() if isinstance(self.seen.get(s.key), dict)}
        left = [(key, r) for key, r in self.orphans.items() if key not in kept]
        return (*wanted, *(Step(key, r.title, None, self.seen[key]) for key, r in left))

    def steps_down(self) -> tuple[Step, ...]:
        """What `down` would do with each resource that is not deleted along with another."""
        resources = {**self.stack.resources, **self.orphans}.items()
        return tuple(Step(key, r.title, None, self.seen[key]) for key, r in resources if not r.goes_with_host)

    @property
    def is_open(self) -> bool | None:
        """Whether no secret of Slack's is kept, so that whoever knows the URL gets in; None if that cannot be told."""
        secret = self.stack.secrets.get(SLACK_SECRET)
        seen = self.seen.get(secret.key) if secret else None
        return None if isinstance(seen, Exception) else seen is None

    @property
    def dead_letters(self) -> int:
        """How many messages wait in the queue of dead letters, as it was seen."""
        with self.stack.aws.caching(self.answers):
            return self.stack.queue.depth()

    def _blocked(self) -> dict[str, str]:
        """What cannot be done for something foreign that it needs or would touch: key -> title of that."""
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
    """Read every resource of the stack; raises where AWS does not let us look for what is left over.

    `data_loss` tells what would be lost with one of them; while that is counted, the others are still being read.
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
        listed = {key: resource for key, resource in finding.result().items() if key not in by_name}
        reading |= {key: pool.submit(read, resource) for key, resource in listed.items()}
        results = {key: future.result() for key, future in reading.items()}
    found = {key: seen for key, (seen, _) in results.items()}
    seen = {key: found[key] for key in stack.resources}
    candidates = {key: r for key, r in {**by_name, **listed}.items() if key not in stack.resources}
    left = {key: r for key, r in candidates.items() if _is_left(r, found[key], seen)}
    known = {question: future for question, future in answers.items() if future.exception() is None}
    data_losses = {key: lost for key, (_, lost) in results.items()}
    return Inspection(stack, {**seen, **{key: found[key] for key in left}}, left, known, data_losses)


def adopt(inspection: Inspection, keys: tuple[str, ...]) -> None:
    """Make these foreign resources ours; raises before the first if one of them is not in the way of the stack."""
    resources = inspection.stack.resources
    for key in keys:
        if key not in resources or not isinstance(inspection.seen[key], ForeignError):
            foreign = [key for key, seen in inspection.seen.items() if isinstance(seen, ForeignError)]
            allowed = f"one of {', '.join(foreign)}" if foreign else "nothing: all is ours, or not there"
            raise UsageError(f"--adopt: found {key!r}; allowed is {allowed}")
    for key in keys:
        resources[key].adopt()


def exit_code(steps: tuple[Step, ...]) -> int:
    """What a command that only looks ends with: whether all could be read, and all is ours."""
    return code_of([step.seen for step in steps if isinstance(step.seen, Exception)])


def problems(steps: Iterable[Step]) -> list[Exception]:
    """What could not be read and what is not ours, each once; what only needs something foreign is not told again."""
    return causes(step.seen for step in steps if isinstance(step.seen, Exception))


def causes(errors: Iterable[Exception]) -> list[Exception]:
    """The errors without those that only follow from others, and each that several steps have met once."""
    own = [error for error in errors if not isinstance(error, UsesForeignError)]
    return [*{(type(error), str(error)): error for error in own}.values()]


def code_of(problems: list[Exception]) -> int:
    """The exit code for all of these together: the gravest, and for none of them that all is well."""
    grave = [problem for problem in problems if not isinstance(problem, RefusedError)]
    if grave:
        return UNREACHABLE if all(isinstance(problem, TargetError) for problem in grave) else FAILED
    return REFUSED if problems else DONE


def _is_left(resource: Resource, seen: Seen, others: dict[str, Seen]) -> bool:
    if seen is None or (isinstance(seen, ForeignError) and resource.kind != Parameter.kind):
        return False  # but functions would read a foreign secret
    return resource.host is None or isinstance(others[resource.host], dict)


def _read(stack: Stack, resource: Resource) -> Seen:
    """What there is, or why that cannot be told; the others are read all the same."""
    try:
        if resource.host and not stack.resources[resource.host].is_managed():
            return None  # there are no parts of what is not there
        return resource.read()
    except ForeignError as error:  # of what is not ours no more is read
        return UsesForeignError(stack.resources[resource.host].title) if resource.host else error
    except Exception as error:
        told = explain(error)
        if told is None:
            raise
        return told
