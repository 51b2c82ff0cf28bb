"""The parts of JSON documents that say where messages went, as dicts. Pure."""

from advent_cli.messages.deliveries import Announcement
from advent_cli.messages.delivery_audit import Audit
from advent_cli.messages.trace_model import Hop
from advent_cli.output.json_documents import Document, valid_text


def trace(hop: Hop) -> Document:
    """A hop of a message's trace, with the hops after it."""
    return {
        "function": hop.function,
        "topic": hop.topic,
        "state": hop.state.name.lower(),
        "milliseconds": hop.milliseconds,
        "ended": hop.ended,
        "said": [valid_text(line) for line in hop.log],
        "published": list(hop.published),
        "problem": hop.problem,
        "undetermined": hop.undetermined,
        "hops": [trace(next_hop) for next_hop in hop.hops],
    }


def audit(audit: Audit) -> Document:
    """The totals of an audit, and each message with its subscribers."""
    subscribers: dict[Announcement, list[Document]] = {message: [] for message in audit.messages}
    for each in audit.deliveries:
        state = {"function": each.subscriber, "state": each.fate.name.lower(), "times": list(each.times)}
        subscribers[each.message].append({**state, "problem": valid_text(each.problem)})
    messages = []
    for message, found in subscribers.items():
        text = None if message.text is None else valid_text(message.text)
        fields = {"id": valid_text(message.id), "time": message.time, "text": text, "function": message.function}
        messages.append({**fields, "topics": list(message.topics), "subscribers": found})
    span = {"since": audit.since, "until": audit.until}
    return {**span, "summary": audit.summary, "messages": messages, "notes": audit.notes}
