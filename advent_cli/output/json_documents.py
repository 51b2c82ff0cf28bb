"""The JSON documents that scripts read, as dicts; docs/schemas describes each. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from advent_cli.deploy.decide import Action, Step
from advent_cli.deploy.events import Event, Finished, Planned, Started, Waiting
from advent_cli.deploy.inspection import Inspection
from advent_cli.deploy.tables import Staying
from advent_cli.errors import DIFFERENT, DONE, AdventError
from advent_cli.stack.model import Stack
from advent_cli.words.counts import Counts

Document = dict[str, Any]
VERSIONS = {"up": 1, "plan": 1, "status": 2, "down": 1, "policy": 1, "say": 1, "audit": 1, "event": 1}
STATES = {
    Action.CREATE: "missing",
    Action.UPDATE: "differs",
    Action.DELETE: "leftover",
    Action.NOTHING: "ok",
    Action.BLOCKED: "unknown",
}


def command(name: str, code: int, errors: Iterable[Exception], fields: Document) -> Document:
    """The document of a command that ends with `code`; `fields` is what it has reported so far."""
    return {
        "schema": schema(name),
        "ok": code in (DONE, DIFFERENT),
        "exit_code": code,
        "errors": [problem(error) for error in errors],
        **fields,
    }


def schema(name: str) -> str:
    """The name and version of a document, as in `advent.up/1`; its schema is docs/schemas/advent.up-1.json."""
    return f"advent.{name}/{VERSIONS[name]}"


def problem(error: Exception) -> Document:
    """An error: what happened, why, and what to do next; of a bug only its type: its message may hold a secret."""
    if isinstance(error, AdventError):
        return {"what": valid_text(error.what), "why": valid_text(error.why), "hint": valid_text(error.hint)}
    hint = "stderr has the details and the path of the traceback"
    return {"what": "this is a bug in advent", "why": type(error).__name__, "hint": hint}


def valid_text(text: str) -> str:
    """The text as valid Unicode: bytes of a file name that are not UTF-8 become question marks."""
    return text.encode(errors="replace").decode()


def stack_fields(stack: Stack) -> Document:
    """The stack's name and where it is."""
    return {
        "stack": stack.aws.stack,
        "target": "local" if stack.aws.endpoint else "aws",
        "region": stack.aws.region,
        "account": stack.aws.identity[0],
    }


def inspected(inspection: Inspection, notes: Iterable[str]) -> Document:
    """The stack, the role that config.yaml gives its functions or None, and the notes on the stack as a whole."""
    role = inspection.stack.execution_role
    valid = [valid_text(note) for note in notes]
    return {**stack_fields(inspection.stack), "execution_role": role.arn if role else None, "notes": valid}


def plan(steps: Iterable[Step]) -> Document:
    """The steps, how many there are of each action, and whether any changes something."""
    planned = [step(one) for one in steps]
    summary = {action.name.lower(): 0 for action in Action}
    for one in planned:
        summary[one["action"]] += 1
    changes = any(summary[action] for action in ("create", "update", "delete"))
    return {"changes": changes, "summary": summary, "steps": planned}


def step(step: Step) -> Document:
    """One step: its action, and the differences or the error behind it."""
    return {**_grouped(step), "action": step.action.name.lower(), **_details(step)}


def run_steps(steps: Iterable[Step], finished: Mapping[str, Finished]) -> list[Document]:
    """The steps of a run, each with its outcome, or None as long as it has none; not what is deleted with another."""
    unfinished = {"outcome": None, "seconds": None, "reason": ""}
    return [{**step(one), **(_outcome(finished[one.key]) if one.key in finished else unfinished)} for one in own(steps)]


def own(steps: Iterable[Step]) -> list[Step]:
    """The steps with a call of their own, without those of what AWS deletes with another resource."""
    return [step for step in steps if not step.deleted_with]


def _outcome(event: Finished) -> Document:
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
            **_grouped(step),
            "state": "foreign" if step.foreign else STATES[step.action],
            "arn": arns.get(step.key),
            **_details(step),
        }
        for step in steps
    ]


def words(counts: Counts) -> Document:
    """The most frequent words, the number of words, the sum of their counts, and the number of other items."""
    top = [{"word": word, "count": count} for word, count in counts.top]
    return {"top": top, "total": counts.words, "sum": counts.total, "others": counts.others}


def event(event: Event) -> Document:
    """An event of a run; `event` holds its name."""
    fields: Document = {"schema": schema("event"), "event": type(event).__name__.lower()}
    if isinstance(event, Planned):
        return {**fields, "steps": [step(one) for one in own(event.steps)]}
    if isinstance(event, Started):
        return {**fields, "key": event.key}
    if isinstance(event, Waiting):
        return {**fields, "key": event.key, "words": event.words}
    if isinstance(event, Finished):
        return {**fields, "key": event.key, **_outcome(event)}
    return fields


def result(document: Document) -> Document:
    """The last line of --events: the command's document."""
    return {"schema": schema("event"), "event": "result", "result": document}


def remaining(steps: Iterable[Step]) -> list[Document]:
    """The resources that are still there after `down`."""
    return [_named(step.key) for step in steps]


def staying(tables: Staying, handed_over: Iterable[Step]) -> Document:
    """The tables that `down` kept, and those that it handed over or that were not the stack's before."""
    return {"kept": remaining(tables.kept), "handed_over": remaining([*handed_over, *tables.foreign])}


def _named(key: str) -> Document:
    kind, _, name = key.partition("/")
    return {"key": key, "kind": kind, "name": name}


def _grouped(step: Step) -> Document:
    return {**_named(step.key), "group": step.group or step.key}


def _details(step: Step) -> Document:
    return {
        "differences": [{"setting": one.setting, "now": one.now, "want": one.want} for one in step.differences],
        "error": problem(step.seen) if isinstance(step.seen, Exception) else None,
    }
