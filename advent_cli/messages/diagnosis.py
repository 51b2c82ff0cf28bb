"""Why a message does not come to a function: what on its way there is missing, or not as config.yaml wants it."""

import time
from collections.abc import Iterable

from advent_cli.aws.account import in_parallel
from advent_cli.aws.aws_errors import explain
from advent_cli.deploy.decide import Action, Step
from advent_cli.messages import log_reader
from advent_cli.messages.invocations import runs
from advent_cli.messages.trace_model import Hop
from advent_cli.resources.base import Resource
from advent_cli.resources.lambda_answers import described
from advent_cli.resources.variable import Variable
from advent_cli.stack.build import Stack

UP = "`advent up` mends that"
PAST = 600.0  # seconds in which to look for errors in a function's log


def broken_links(stack: Stack, way: Hop) -> dict[tuple[str | None, str], str]:
    """What keeps a message from a function, by (topic, function): looks at what ties each topic of the way to its ends.

    That is the subscription, the topic's right to call the function, and the variable that tells its publisher of it.
    """
    ends = [(publisher, hop) for publisher in way.all() for hop in publisher.hops]
    found = in_parallel(
        *[lambda p=p, hop=hop: _missing_end(stack, hop) or problems(_links(stack, p.function, hop)) for p, hop in ends]
    )
    return {(hop.topic, hop.function): told for (_, hop), told in zip(ends, found, strict=True) if told}


def causes(stack: Stack, function: str, topic: str | None) -> str:
    """Why a function most likely does not get a message, or can do nothing with it; nothing if all is well."""
    if found := wrong_parts(stack, function, topic):
        return found
    past = runs(log_reader.of(stack.aws, function, time.time() - PAST))
    if errors := [run.trouble for run in past if run.trouble]:
        return f"its log has errors, the last: {errors[-1]}; see `advent logs {function} --errors`"
    letters = stack.queue.depth() if topic else 0
    return f"{letters} in the queue of dead letters; `advent replay` hands them out again" if letters else ""


def wrong_parts(stack: Stack, function: str, topic: str | None) -> str:
    """What is not as config.yaml wants it of all that the function needs, to get a message and to work on it."""
    near = _needed(stack, f"subscription/{topic} to {function}") if topic else set()
    near |= _needed(stack, f"function/{function}")
    return problems(r for r in stack.resources.values() if r.host in near or r.key in near)


def problems(resources: Iterable[Resource]) -> str:
    """What is missing, different or cannot be read of these, in words; nothing if all are as they should be."""
    resources = list(resources)
    told = [told for told in in_parallel(*[lambda r=r: _problem(r) for r in resources]) if told]
    return f"{'; '.join(told)}; {UP}" if told else ""


def _missing_end(stack: Stack, hop: Hop) -> str:
    """Whether the topic or the function itself is missing, without which the rest must be too."""
    topic = stack.topics[hop.topic or ""]
    has_topic, function = in_parallel(topic.is_managed, lambda: described(stack.aws, hop.function))
    if has_topic and function:
        return ""
    return f"{topic.title if not has_topic else f'function {hop.function}'} is missing; {UP}"


def _links(stack: Stack, publisher: str, hop: Hop) -> list[Resource]:
    ends = f"{hop.topic} to {hop.function}"
    arn = stack.topics[hop.topic or ""].arn
    told = [
        r for r in stack.resources.values() if isinstance(r, Variable) and (r.function, r.value) == (publisher, arn)
    ]
    return [stack.resources[f"subscription/{ends}"], stack.resources[f"permission/{ends}"], *told]


def _needed(stack: Stack, key: str) -> set[str]:
    """The keys of a resource and of all that it needs, directly or not."""
    return {key}.union(*(_needed(stack, need) for need in stack.needs[key]))


def _problem(resource: Resource) -> str:
    try:
        seen = resource.read()
    except Exception as error:
        if (told := explain(error)) is None:
            raise
        return f"{resource.title}: {told}"
    step = Step(resource.key, resource.title, resource.want(), seen)
    if step.action is Action.CREATE:
        return f"{resource.title} is missing"
    if step.action is Action.UPDATE:
        return f"{resource.title} differs in {', '.join(difference.setting for difference in step.differences)}"
    return ""
