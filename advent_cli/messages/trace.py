"""Traces a message through the app by the functions' logs: which function ran, when, and why one was not invoked."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from advent_cli.aws.account import in_parallel
from advent_cli.aws.retry import GaveUpError, Waiter
from advent_cli.config.config_file import Config
from advent_cli.messages import log_reader
from advent_cli.messages.diagnosis import Diagnosis, broken_links, diagnose, drift, unread, with_undetermined
from advent_cli.messages.invocations import Invocation, for_message, invocations
from advent_cli.messages.log_turns import Turns
from advent_cli.messages.trace_model import Hop, State
from advent_cli.stack.build import Stack

# Seconds after which a function's log is read for the last time; CloudWatch shows a line some seconds late.
LONGEST = 20.0
FILTERED = 3.0  # the same for functions whose filter may reject the message
TURN = 1.0  # more seconds for each function, within which it certainly has that last turn
EARLIER = 60.0  # seconds before the message: an invocation with its id counts even if the clocks differ
Show = Callable[[Hop], None]


@dataclass
class Evidence:
    """What is known about a message: its first function, when it got there, and its id if the reply has one.

    `invocations` are those of each function since then, `unread` says why a function's log could not be read, and
    `diagnoses` what keeps the message away, by (topic, function). Once it `is_final`, no more of it is expected.
    """

    function: str
    since: float
    message_id: str | None
    is_final: bool = False
    invocations: dict[str, list[Invocation]] = field(default_factory=dict)
    unread: dict[str, str] = field(default_factory=dict)
    diagnoses: dict[tuple[str | None, str], Diagnosis] = field(default_factory=dict)


def follow(stack: Stack, evidence: Evidence, show: Show, waiter: Waiter) -> Hop:
    """Show the trace after each read of logs, until it is complete or nothing more is expected; return the last one.

    Each function that failed or was not seen then has its most likely cause as its problem.
    """
    began, trace, turns = waiter.clock(), build_trace(stack.config, evidence), Turns(stack.aws, waiter.clock)

    def read_logs() -> None:
        names = turns.take(hop.function for hop in trace.all() if hop.state is State.WAITED_FOR)
        in_parallel(*[lambda name=name: _read_log(stack, evidence, name) for name in names])

    def is_complete() -> bool:
        nonlocal trace
        read_logs()
        trace = build_trace(stack.config, evidence)
        show(trace)
        return _is_settled(stack.config, trace, turns, began)

    show(trace)
    _note(evidence, in_parallel(lambda: broken_links(stack, trace), read_logs)[0])
    with suppress(GaveUpError):  # the trace itself shows which functions are missing
        within = LONGEST + TURN * len(stack.config.functions)
        waiter.until(is_complete, "waiting for the functions' logs", within=within)
    late = [hop for hop in trace.all() if hop.state is State.WAITED_FOR and not hop.log]
    bad = [hop for hop in trace.all() if hop.state is State.FAILED] + late
    causes = in_parallel(*[lambda hop=hop: _cause(stack, hop) for hop in bad])
    _note(evidence, {(hop.topic, hop.function): cause for hop, cause in zip(bad, causes, strict=True)})
    evidence.is_final = True
    trace = build_trace(stack.config, evidence)
    show(trace)
    return trace


def _read_log(stack: Stack, evidence: Evidence, function: str) -> None:
    try:
        lines = log_reader.read(stack.aws, function, evidence.since - EARLIER)
        evidence.invocations[function] = invocations(lines)
    except Exception as error:
        evidence.unread[function] = unread(error)


def _note(evidence: Evidence, found: dict[tuple[str | None, str], Diagnosis]) -> None:
    """Add to the diagnoses; a later problem of the same function takes the place of an earlier one."""
    for key, new in found.items():
        old = evidence.diagnoses.get(key, Diagnosis())
        evidence.diagnoses[key] = Diagnosis(new.problem or old.problem, (old + new).unread)


def _cause(stack: Stack, hop: Hop) -> Diagnosis:
    """Why a function failed or has not run."""
    return (drift if hop.state is State.FAILED else diagnose)(stack, hop.function, hop.topic)


def build_trace(config: Config, evidence: Evidence) -> Hop:
    """Pure: the trace as far as it is known."""
    ids = {evidence.message_id} if evidence.message_id else set()
    return _hop(config, evidence, (evidence.function,), None, ids, 1)


def _hop(
    config: Config, evidence: Evidence, path: tuple[str, ...], topic: str | None, ids: set[str], messages: int
) -> Hop:
    """The hop of the last function of `path`, which should get so many messages with some of `ids`, and those after."""
    function = path[-1]
    handled = for_message(evidence.invocations.get(function, []), ids, evidence.since) if messages else []
    error = next((each.error for each in handled if each.error), "")
    diagnosis = evidence.diagnoses.get((topic, function), Diagnosis())
    problem = diagnosis.problem or ("" if messages else "nothing was published to it")
    ended = [each.ended for each in handled if each.ended is not None]
    if error:
        state = State.FAILED
    elif messages and len(ended) >= messages:
        state = State.DONE
    else:
        is_expected = not evidence.is_final and function not in evidence.unread
        state = _unfinished(is_expected=is_expected, is_running=bool(handled), problem=problem)
    known, undetermined = "; ".join(filter(None, (problem, error))), ""
    if messages and state in (State.FAILED, State.MISSING, State.UNSEEN):
        known, undetermined = _with_unread(config, evidence, function, diagnosis, known)
    published = [each.published for each in handled if each.published is not None]
    sent = {each for several in published for each in several}
    parts = len(sent) if published else 0 if state in (State.FAILED, State.MISSING) else 1
    ends = [
        (heard, other)
        for heard in config.functions[function].publishes
        for other, wanted in config.functions.items()
        if heard in wanted.subscribes and other not in path  # a cycle is followed once
    ]
    return Hop(
        function, topic, state,
        milliseconds=sum(each.milliseconds or 0 for each in handled) if ended else None,
        ended=max(ended, default=None),
        log=tuple(line for each in handled for line in each.log),
        published=tuple(sorted(sent)),
        problem=known,
        undetermined=undetermined,
        hops=tuple(_hop(config, evidence, (*path, other), heard, ids | sent, parts) for heard, other in ends),
    )  # fmt: skip


def _unfinished(*, is_expected: bool, is_running: bool, problem: str) -> State:
    """The state of a hop that has neither failed nor ended."""
    if problem and not is_running:
        return State.MISSING
    if is_expected:
        return State.WAITED_FOR
    return State.RUNNING if is_running else State.UNSEEN


def _with_unread(
    config: Config, evidence: Evidence, function: str, diagnosis: Diagnosis, known: str
) -> tuple[str, str]:
    """The problem of a hop that did not go well, with what could not be read; and that apart, if it is no problem."""
    log = evidence.unread.get(function)
    undetermined = (diagnosis + Diagnosis(unread=(log,) if log else ())).undetermined
    if config.functions[function].filter and not known and not log:
        return "", undetermined
    return with_undetermined(known, undetermined), ""


def _is_settled(config: Config, trace: Hop, turns: Turns, began: float) -> bool:
    """Whether no function is waited for, or the log of each that is was read late enough: then it will not come."""
    late = [hop.function for hop in trace.all() if hop.state is State.WAITED_FOR]
    may_be_rejected = all(config.functions[name].filter for name in late)
    last = began + (FILTERED if may_be_rejected else LONGEST)
    return all(turns.had_turn(name, last) for name in late)


def explain_no_counts(stack: Stack, trace: Hop, function: str) -> Hop:
    """The trace with the likely cause as the problem of this function, which succeeded but counted nothing."""
    hops = tuple(explain_no_counts(stack, hop, function) for hop in trace.hops)
    if trace.function != function:
        return replace(trace, hops=hops)
    found = drift(stack, function, trace.topic)
    cause = with_undetermined(found.problem, found.undetermined) or f"see `advent logs {function}`"
    return replace(trace, hops=hops, problem=f"it counted nothing: {cause}")
