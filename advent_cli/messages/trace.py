"""Follows a message through the app by the functions' logs: who got it, when, and why somebody did not."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from advent_cli.aws.account import in_parallel
from advent_cli.aws.retry import GaveUpError, Waiter
from advent_cli.config.config_file import Config
from advent_cli.messages import log_reader
from advent_cli.messages.diagnosis import broken_links, causes, wrong_parts
from advent_cli.messages.invocations import Run, of_message, runs
from advent_cli.messages.trace_model import Hop, State
from advent_cli.stack.build import Stack

LONGEST = 20.0  # seconds to wait for what a run wrote; CloudWatch shows it after some seconds
FILTERED = 3.0  # seconds to wait for those whose filter may keep the message out
EARLIER = 60.0  # seconds before the message, for runs that are known by its id whatever the clocks say
Show = Callable[[Hop], None]


@dataclass
class Known:
    """What is known of a message: which function it came to first, when, and its id if the function told it.

    `runs` are those of each function since then, `problems` what keeps it away, by (topic, function). Once it `is_over`
    nothing is waited for any more.
    """

    function: str
    since: float
    message_id: str | None
    is_over: bool = False
    runs: dict[str, list[Run]] = field(default_factory=dict)
    problems: dict[tuple[str | None, str], str] = field(default_factory=dict)


def follow(stack: Stack, known: Known, show: Show, waiter: Waiter) -> Hop:
    """Show the message's way each time that it was looked at, until all of it is known, or nothing more comes.

    Whom it did not reach by then has the most likely cause for a problem.
    """
    began, now = waiter.clock(), way(stack.config, known)

    def look() -> None:
        asked = [hop.function for hop in now.all() if hop.state is State.WAITED_FOR]
        read = in_parallel(
            *[lambda name=name: runs(log_reader.of(stack.aws, name, known.since - EARLIER)) for name in asked]
        )
        known.runs |= dict(zip(asked, read, strict=True))

    def arrived() -> bool:
        nonlocal now
        look()
        now = way(stack.config, known)
        show(now)
        return _is_settled(stack.config, now, waiter.clock() - began)

    show(now)
    known.problems |= in_parallel(lambda: broken_links(stack, now), look)[0]
    with suppress(GaveUpError):  # which is told beside each that did not come
        waiter.until(arrived, "waiting for the functions' logs", within=LONGEST)
    waited_for = [hop for hop in now.all() if hop.state is State.WAITED_FOR and not hop.said]
    bad = [hop for hop in now.all() if hop.state is State.FAILED] + waited_for
    why = in_parallel(*[lambda hop=hop: _why(stack, hop) for hop in bad])
    known.problems |= {(hop.topic, hop.function): told for hop, told in zip(bad, why, strict=True) if told}
    known.is_over = True
    now = way(stack.config, known)
    show(now)
    return now


def _why(stack: Stack, hop: Hop) -> str:
    """What is wrong around a function that failed, or has not run; nothing if all is as it should be."""
    return (wrong_parts if hop.state is State.FAILED else causes)(stack, hop.function, hop.topic)


def way(config: Config, known: Known) -> Hop:
    """Pure: the way as far as it is known."""
    return _hop(config, known, (known.function,), None, {known.message_id} if known.message_id else set(), 1)


def _hop(config: Config, known: Known, path: tuple[str, ...], topic: str | None, ids: set[str], messages: int) -> Hop:
    """The last function of `path`, which should get so many messages with some of `ids`, and what is behind it."""
    function = path[-1]
    taken = of_message(known.runs.get(function, []), ids, known.since) if messages else []
    ended = [run.ended for run in taken if run.ended is not None]
    trouble = next((run.trouble for run in taken if run.trouble), "")
    problem = known.problems.get((topic, function), "") or ("" if messages else "nothing was published to it")
    unseen = State.RUNNING if taken else State.UNSEEN
    late = State.MISSING if problem and not taken else unseen if known.is_over else State.WAITED_FOR
    state = State.FAILED if trouble else State.DONE if messages and len(ended) >= messages else late
    published = [run.published for run in taken if run.published is not None]
    sent = {one for several in published for one in several}
    parts = len(sent) if published else 0 if state in (State.FAILED, State.MISSING) else 1
    ends = [
        (heard, other)
        for heard in config.functions[function].publishes
        for other, wanted in config.functions.items()
        if heard in wanted.subscribes and other not in path  # a circle is followed once
    ]
    return Hop(
        function, topic, state,
        milliseconds=sum(run.milliseconds or 0 for run in taken) if ended else None,
        ended=max(ended, default=None),
        said=tuple(line for run in taken for line in run.said),
        published=tuple(sorted(sent)),
        problem="; ".join(filter(None, (problem, trouble))),
        hops=tuple(_hop(config, known, (*path, other), heard, ids | sent, parts) for heard, other in ends),
    )  # fmt: skip


def _is_settled(config: Config, now: Hop, waited: float) -> bool:
    """Whether nothing is waited for any more, but for what a filter has kept out."""
    late = [hop.function for hop in now.all() if hop.state is State.WAITED_FOR]
    return not late or (waited > FILTERED and all(config.functions[name].filter for name in late))


def unproductive(stack: Stack, way: Hop, function: str) -> Hop:
    """The way, where this function ran well and counted nothing: with the most likely cause for that as its problem."""
    hops = tuple(unproductive(stack, hop, function) for hop in way.hops)
    if way.function != function:
        return replace(way, hops=hops)
    why = wrong_parts(stack, function, way.topic) or f"see `advent logs {function}`"
    return replace(way, hops=hops, problem=f"it counted nothing: {why}")
