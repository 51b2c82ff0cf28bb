"""Why a message does not reach a function: which resource is missing, or differs from config.yaml."""

import time
from collections.abc import Iterable

from advent_cli.aws.account import in_parallel
from advent_cli.aws.aws_errors import explain
from advent_cli.deploy.decide import Action, Step
from advent_cli.messages import log_reader
from advent_cli.messages.invocations import invocations
from advent_cli.messages.trace_model import Hop
from advent_cli.resources.aws_lambda import get_function
from advent_cli.resources.base import Resource
from advent_cli.resources.environment_variable import Variable
from advent_cli.stack.build import Stack

FIX = "run `advent up` to fix it"
PAST = 600.0  # seconds of a function's log to search for errors


def broken_links(stack: Stack, trace: Hop) -> dict[tuple[str | None, str], str]:
    """What keeps messages from each function, by (topic, function); reads what connects each topic of the trace.

    That is the subscription, the topic's permission to invoke the function, and the publisher's variable for the topic.
    """
    links = [(publisher, hop) for publisher in trace.all() for hop in publisher.hops]
    found = in_parallel(
        *[lambda p=p, hop=hop: _missing_end(stack, hop) or problems(_links(stack, p.function, hop)) for p, hop in links]
    )
    return {(hop.topic, hop.function): problem for (_, hop), problem in zip(links, found, strict=True) if problem}


def diagnose(stack: Stack, function: str, topic: str | None) -> str:
    """The most likely reason why a function gets no message or fails on it; empty if everything is as it should be."""
    if differences := drift(stack, function, topic):
        return differences
    past = invocations(log_reader.read(stack.aws, function, time.time() - PAST))
    if errors := [each.error for each in past if each.error]:
        return f"its log has errors, the last: {errors[-1]}; see `advent logs {function} --errors`"
    number = stack.queue.depth() if topic else 0
    return f"{number} dead letters in the queue; `advent replay` redelivers them" if number else ""


def drift(stack: Stack, function: str, topic: str | None) -> str:
    """How the resources that the function needs, to be invoked and to do its work, differ from config.yaml."""
    needed = _needed(stack, f"subscription/{topic} to {function}") if topic else set()
    needed |= _needed(stack, f"function/{function}")
    return problems(r for r in stack.resources.values() if r.parent in needed or r.key in needed)


def problems(resources: Iterable[Resource]) -> str:
    """Which of the resources are missing, different or cannot be read; empty if all are as wanted."""
    each = in_parallel(*[lambda r=r: _problem(r) for r in list(resources)])
    found = [problem for problem in each if problem]
    return f"{'; '.join(found)}; {FIX}" if found else ""


def _missing_end(stack: Stack, hop: Hop) -> str:
    """The topic or function itself if it is missing, because then everything between them is, too."""
    topic = stack.topics[hop.topic or ""]
    has_topic, function = in_parallel(topic.is_managed, lambda: get_function(stack.aws, hop.function))
    if has_topic and function:
        return ""
    return f"{topic.title if not has_topic else f'function {hop.function}'} is missing; {FIX}"


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


def _problem(resource: Resource) -> str:
    try:
        seen = resource.read()
    except Exception as error:
        if (explained := explain(error)) is None:
            raise
        return f"{resource.title}: {explained}"
    step = Step(resource.key, resource.title, resource.want(), seen)
    if step.action is Action.CREATE:
        return f"{resource.title} is missing"
    if step.action is Action.UPDATE:
        return f"{resource.title} differs in {', '.join(difference.setting for difference in step.differences)}"
    return ""
