"""Pure: what a script reads on stdout, as dicts; docs/schemas describes each of them."""

from collections.abc import Iterable, Mapping
from typing import Any

from advent_cli.deploy.decide import Action, Step
from advent_cli.deploy.events import Event, Finished, Planned, Started, Waiting
from advent_cli.errors import DIFFERENT, DONE, AdventError
from advent_cli.messages.trace_model import Hop
from advent_cli.stack.model import Stack
from advent_cli.words.counts import Counts

Document = dict[str, Any]
VERSIONS = {"up": 1, "plan": 1, "status": 1, "down": 1, "policy": 1, "say": 1, "event": 1}
STATES = {
    Action.CREATE: "missing",
    Action.UPDATE: "differs",
    Action.DELETE: "leftover",
    Action.NOTHING: "ok",
    Action.BLOCKED: "unknown",
}


def command(name: str, code: int, errors: Iterable[Exception], fields: Document) -> Document:
    """The document of a command that ends with `code`, with what it has found out so far."""
    return {
        "schema": schema(name),
        "ok": code in (DONE, DIFFERENT),
        "exit_code": code,
        "errors": [problem(error) for error in errors],
        **fields,
    }


def schema(name: str) -> str:
    """The name and version of a shape, as in `advent.up/1`; it is described in docs/schemas/advent.up-1.json."""
    return f"advent.{name}/{VERSIONS[name]}"


def problem(error: Exception) -> Document:
    """An error: what happened, why, and what to do next. Of a bug only its kind, for its words may hold a secret."""
    if isinstance(error, AdventError):
        return {"what": whole(error.what), "why": whole(error.why), "hint": whole(error.hint)}
    hint = "stderr tells more, and where its traceback is"
    return {"what": "this is a mistake in advent", "why": type(error).__name__, "hint": hint}


def whole(text: str) -> str:
    """The text; what is no text in it, as in file names that are not UTF-8, becomes a question mark."""
    return text.encode(errors="replace").decode()


def place(stack: Stack) -> Document:
    """Which stack it is, and where."""
    return {
        "stack": stack.aws.stack,
        "target": "local" if stack.aws.endpoint else "aws",
        "region": stack.aws.region,
        "account": stack.aws.identity[0],
    }


def plan(steps: Iterable[Step]) -> Document:
    """What there is to do, how much of each, and whether anything would change."""
    planned = [step(one) for one in steps]
    summary = {action.name.lower(): 0 for action in Action}
    for one in planned:
        summary[one["action"]] += 1
    changes = any(summary[action] for action in ("create", "update", "delete"))
    return {"changes": changes, "summary": summary, "steps": planned}


def step(step: Step) -> Document:
    """One step: what is to be done, and what is in its way."""
    return {**_named(step.key), "action": step.action.name.lower(), **_seen(step)}


def ran(steps: Iterable[Step], finished: Mapping[str, Finished]) -> list[Document]:
    """The steps of a run, each with its end as far as it has one."""
    nothing = {"outcome": None, "seconds": None, "reason": ""}
    return [{**step(one), **(_end(finished[one.key]) if one.key in finished else nothing)} for one in steps]


def _end(event: Finished) -> Document:
    return {
        "outcome": event.outcome.name.lower(),
        "seconds": round(event.seconds, 3),
        "reason": event.reason,
        "error": problem(event.error) if event.error else None,
    }


def resources(steps: Iterable[Step], arns: Mapping[str, str]) -> list[Document]:
    """Each resource with its state."""
    return [
        {
            **_named(step.key),
            "state": "foreign" if step.foreign else STATES[step.action],
            "arn": arns.get(step.key),
            **_seen(step),
        }
        for step in steps
    ]


def words(counts: Counts) -> Document:
    """The most frequent words, how many there are, the sum of their counts, and how many items are no words."""
    top = [{"word": word, "count": count} for word, count in counts.top]
    return {"top": top, "total": counts.words, "sum": counts.total, "others": counts.others}


def hop(way: Hop) -> Document:
    """A function on a message's way, and the hops behind it."""
    return {
        "function": way.function,
        "topic": way.topic,
        "state": way.state.name.lower(),
        "milliseconds": way.milliseconds,
        "ended": way.ended,
        "said": [whole(line) for line in way.log],
        "published": list(way.published),
        "problem": way.problem,
        "hops": [hop(behind) for behind in way.hops],
    }


def event(event: Event) -> Document:
    """What happened during a run; each has its name under `event`."""
    said: Document = {"schema": schema("event"), "event": type(event).__name__.lower()}
    if isinstance(event, Planned):
        return {**said, "steps": [step(one) for one in event.steps]}
    if isinstance(event, Started):
        return {**said, "key": event.key}
    if isinstance(event, Waiting):
        return {**said, "key": event.key, "words": event.words}
    if isinstance(event, Finished):
        return {**said, "key": event.key, **_end(event)}
    return said


def result(document: Document) -> Document:
    """The last line after the events: the document of the command."""
    return {"schema": schema("event"), "event": "result", "result": document}


def left(steps: Iterable[Step]) -> list[Document]:
    """What is still there after all."""
    return [_named(step.key) for step in steps]


def _named(key: str) -> Document:
    kind, _, name = key.partition("/")
    return {"key": key, "kind": kind, "name": name}


def _seen(step: Step) -> Document:
    return {
        "differences": [{"setting": one.setting, "now": one.now, "want": one.want} for one in step.differences],
        "error": problem(step.seen) if isinstance(step.seen, Exception) else None,
    }
