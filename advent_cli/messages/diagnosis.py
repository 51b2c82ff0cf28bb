"""Why a message does not reach a function: which resource is missing, or differs from config.yaml."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from advent_cli.aws.account import in_parallel
from advent_cli.aws.aws_errors import explain
from advent_cli.deploy.decide import Action, Step
from advent_cli.errors import ForeignError, TargetError
from advent_cli.messages import log_reader
from advent_cli.messages.invocations import invocations
from advent_cli.messages.trace_model import Hop
from advent_cli.resources.aws_lambda import get_function
from advent_cli.resources.base import Resource
from advent_cli.resources.environment_variable import Variable
from advent_cli.stack.build import Stack

FIX = "run `advent up` to fix it"
DENIED, MAY_READ = "access denied: ", "`advent policy say` prints the permissions for it"
NAMED = 3  # of the calls that were denied; the policy has them all
PAST = 600.0  # seconds of a function's log to search for errors


@dataclass(frozen=True)
class Diagnosis:
    """The problem that keeps a message away, empty if none was found, and what could not be read to find one."""

    problem: str = ""
    unread: tuple[str, ...] = ()

    def __add__(self, other: "Diagnosis") -> "Diagnosis":
        """Both diagnoses of the same function."""
        problem = "; ".join(filter(None, (self.problem, other.problem)))
        return Diagnosis(problem, tuple(dict.fromkeys(self.unread + other.unread)))

    @property
    def undetermined(self) -> str:
        """That there may be more, or any, problems, since not all could be read; empty if all could."""
        denied = [text.removeprefix(DENIED) for text in self.unread if text.startswith(DENIED)]
        more = f" and {len(denied) - NAMED} more" if len(denied) > NAMED else ""
        reasons = [f"{DENIED}{', '.join(denied[:NAMED])}{more}"] if denied else []
        reasons += [text for text in self.unread if not text.startswith(DENIED)]
        hint = [MAY_READ] if denied else []
        return f"cannot be determined: {'; '.join(reasons + hint)}" if reasons else ""


def with_undetermined(known: str, undetermined: str) -> str:
    """What is known, and that the rest, or everything, cannot be determined."""
    return f"{known}; anything else {undetermined}" if known and undetermined else known or undetermined


def unread(error: Exception) -> str:
    """What this error kept from being read, in one sentence; raises it if it is a bug, or AWS cannot be reached."""
    explained = explain(error)
    if explained is None or isinstance(explained, TargetError):
        raise error
    return explained.what


def broken_links(stack: Stack, trace: Hop) -> dict[tuple[str | None, str], Diagnosis]:
    """What keeps messages from each function, by (topic, function); reads what connects each topic of the trace.

    That is the subscription, the topic's permission to invoke the function, and the publisher's variable for the topic.
    """
    links = [(publisher, hop) for publisher in trace.all() for hop in publisher.hops]
    found = in_parallel(*[lambda p=p, hop=hop: _broken_link(stack, p.function, hop) for p, hop in links])
    return {(hop.topic, hop.function): each for (_, hop), each in zip(links, found, strict=True)}


def diagnose(stack: Stack, function: str, topic: str | None) -> Diagnosis:
    """The most likely reason why a function gets no message or fails on it."""

    def failures() -> Diagnosis:
        past = invocations(log_reader.read(stack.aws, function, time.time() - PAST))
        errors = [each.error for each in past if each.error]
        last = f"its log has errors, the last: {errors[-1]}" if errors else ""
        return Diagnosis(f"{last}; see `advent logs {function} --errors`" if last else "")

    def dead_letters() -> Diagnosis:
        number = stack.queue.depth() if topic else 0
        return Diagnosis(f"{number} dead letters in the queue; `advent replay` redelivers them" if number else "")

    found = drift(stack, function, topic)
    for look in (failures, dead_letters):
        found = found if found.problem else found + _as_far_as_allowed(look)
    return found


def drift(stack: Stack, function: str, topic: str | None) -> Diagnosis:
    """How the resources that the function needs, to be invoked and to do its work, differ from config.yaml."""
    needed = _needed(stack, f"subscription/{topic} to {function}") if topic else set()
    needed |= _needed(stack, f"function/{function}")
    return problems(r for r in stack.resources.values() if r.parent in needed or r.key in needed)


def problems(resources: Iterable[Resource]) -> Diagnosis:
    """Which of the resources are missing or different."""
    looks = [lambda r=r: _as_far_as_allowed(lambda: _problem(r), f"{r.title}: ") for r in resources]
    found: Diagnosis = sum(in_parallel(*looks), Diagnosis())
    return Diagnosis(f"{found.problem}; {FIX}", found.unread) if found.problem else found


def _as_far_as_allowed(look: Callable[[], Diagnosis], about: str = "") -> Diagnosis:
    """The diagnosis of `look`; a refused read leaves it open, and something foreign in the way is a problem."""
    try:
        return look()
    except ForeignError as error:
        return Diagnosis(f"{about}{error}")
    except Exception as error:
        return Diagnosis(unread=(unread(error),))


def _broken_link(stack: Stack, publisher: str, hop: Hop) -> Diagnosis:
    """What is missing or differs between a publisher and a hop: if an end is missing, everything in between is, too."""
    topic = stack.topics[hop.topic or ""]
    ends: dict[str, Callable[[], bool]] = {
        topic.title: topic.is_managed,
        f"function {hop.function}": lambda: get_function(stack.aws, hop.function) is not None,
    }

    def look(title: str) -> Diagnosis:
        return Diagnosis("" if ends[title]() else f"{title} is missing; {FIX}")

    each = in_parallel(*[lambda title=title: _as_far_as_allowed(lambda: look(title)) for title in ends])
    missing = next((end for end in each if end.problem), None)
    return missing or sum(each, problems(_links(stack, publisher, hop)))


def _links(stack: Stack, publisher: str, hop: Hop) -> list[Resource]:
    """The resources between a topic and its publisher and subscriber."""
    ends = f"{hop.topic} to {hop.function}"
    arn = stack.topics[hop.topic or ""].arn
    variables = [
        r for r in stack.resources.values() if isinstance(r, Variable) and (r.function, r.value) == (publisher, arn)
    ]
    return [stack.resources[f"subscription/{ends}"], stack.resources[f"permission/{ends}"], *variables]


def _needed(stack: Stack, key: str) -> set[str]:
    """The keys of a resource and of everything it needs, directly or not."""
    return {key}.union(*(_needed(stack, need) for need in stack.needs[key]))


def _problem(resource: Resource) -> Diagnosis:
    step = Step(resource.key, resource.title, resource.want(), resource.read())
    if step.action is Action.CREATE:
        return Diagnosis(f"{resource.title} is missing")
    if step.action is Action.UPDATE:
        settings = ", ".join(difference.setting for difference in step.differences)
        return Diagnosis(f"{resource.title} differs in {settings}")
    return Diagnosis()
