"""Shows the trace of a message that was answered, as `say` and `slack listen` do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from advent_cli.errors import DONE, FAILED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from advent_cli.messages.post import Reply
    from advent_cli.output.reporter import Reporter
    from advent_cli.stack.model import Stack


def follow_message(report: Reporter, stack: Stack, function: str, reply: Reply, answered: Mapping[str, int]) -> int:
    """Show the message's trace from this function on, with the counts that a single counting consumer left."""
    from advent_cli.aws.retry import Waiter
    from advent_cli.messages.trace import Evidence, explain_no_counts, follow
    from advent_cli.messages.trace_model import State
    from advent_cli.words import counts, settle

    evidence = Evidence(function, reply.posted_at, reply.message_id)
    writers, now = settle.writers(stack), dict[str, int]()
    with report.tracing(reply.seconds) as view:
        if answered:
            view.counts(function, answered)
        trace = follow(stack, evidence, view.show, Waiter())
        done = [hop.function for hop in trace.all() if hop.function in writers and hop.state is State.DONE]
        if answered and len(writers) == 1 and done == writers:
            now = counts.of(stack.table, answered)
            if now == answered:
                trace = explain_no_counts(stack, trace, writers[0])
                view.show(trace)
            view.counts(writers[-1], now)
    report.traced(trace, writers, now)
    return FAILED if any(hop.problem for hop in trace.all()) else DONE
