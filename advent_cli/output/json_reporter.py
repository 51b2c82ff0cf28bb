"""The reporter for scripts: one JSON document on stdout when the command ends; --events adds a line for each event."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from advent_cli.aws.retry import AGAIN
from advent_cli.deploy.inspection import problems
from advent_cli.deploy.remains import GONE
from advent_cli.errors import AdventError, InterruptionError
from advent_cli.output import json_documents, json_messages
from advent_cli.output.advice import presentable, with_options
from advent_cli.output.json_lines import EventLines, send
from advent_cli.output.stream import err
from advent_cli.stack.policy_size import split
from advent_cli.words.settle import parse_counts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from advent_cli.deploy.apply import Listener, Result
    from advent_cli.deploy.decide import Step
    from advent_cli.deploy.inspection import Inspection
    from advent_cli.deploy.tables import Staying
    from advent_cli.deploy.walkthrough import Page
    from advent_cli.messages.delivery_audit import Audit
    from advent_cli.messages.trace_model import Hop
    from advent_cli.output.reporter import Describe, Files, Notify, TraceView
    from advent_cli.stack.model import Stack
    from advent_cli.stack.policy_size import Policy
    from advent_cli.words.counts import Counts


class JsonReporter:
    """Collects the fields of the command's document; docs/schemas describes them."""

    def __init__(self, command: str, *, events: bool, secrets: set[str], advice: str) -> None:
        self.command = command
        self.events = events
        self.secrets = secrets
        self.advice = advice
        self.fields: dict[str, Any] = {}
        self.errors: list[Exception] = []
        self.undeleted: set[str] = set()

    def note(self, text: str) -> None:
        err(with_options(text, self.advice))

    def error(self, error: AdventError) -> None:
        self.errors.append(error)

    def bug(self, error: Exception) -> None:
        if error not in self.errors:
            self.errors.append(error)

    def command_ended(self, exit_code: int) -> None:
        errors = [presentable(e, self.secrets) if isinstance(e, AdventError) else e for e in self.errors]
        document = json_documents.command(self.command, exit_code, errors, self.fields)
        if self.events:
            send(json_documents.result(document))
        else:
            send(document, indent=2)

    def waiting(self, message: str = "") -> AbstractContextManager[Notify]:
        return nullcontext(_ignore)

    def acting_on(self, stack: Stack) -> None: ...

    def run_planned(self, inspection: Inspection, steps: Sequence[Step]) -> None:
        self.fields |= json_documents.inspected(inspection, inspection.notes) | {
            "steps": json_documents.run_steps(steps, {})
        }

    def confirming(self, steps: Sequence[Step], files: Files) -> None: ...

    def walkthrough(self, page: Page, *, is_result: bool) -> None: ...

    def data_loss_describer(self, describe: Describe) -> Describe | None: ...

    def data_loss(self, inspection: Inspection, steps: Sequence[Step], staying: Staying, *, agreed: bool) -> None: ...

    def change_saved(self, file: str) -> None: ...

    def running(self) -> AbstractContextManager[Listener]:
        return nullcontext(EventLines() if self.events else _ignore)

    def run_ended(self, inspection: Inspection, steps: Sequence[Step], result: Result) -> None:
        seconds = round(result.seconds, 3)
        self.fields |= {"steps": json_documents.run_steps(steps, result.finished), "seconds": seconds}
        self.fields["waited"] = {service: round(took, 3) for service, took in result.waited.items()}
        self.fields["notes"] = [*self.fields.get("notes", []), *map(json_documents.valid_text, result.notes)]
        self.undeleted = {key for key, event in result.finished.items() if event.outcome not in GONE}
        self.errors += [*result.problems, *([InterruptionError()] if result.stopped else [])]

    def run_refused(self, problems: Sequence[AdventError], note: str) -> None:
        self.errors += problems

    def answered(self, seconds: float) -> None:
        self.fields["answered"] = round(seconds, 3)

    def app_ready(self, inspection: Inspection, url: str | None, *, is_done: bool) -> None:
        self.fields |= {"url": url, "open": inspection.is_open if url else None}
        self.fields.setdefault("answered", None)

    def nothing_to_delete(self, inspection: Inspection, staying: Staying) -> None:
        self.fields |= {"seconds": 0, "left": [], **json_documents.staying(staying, ())}

    def remaining(self, steps: Sequence[Step], staying: Staying, result: Result) -> None:
        stays = json_documents.staying(staying, staying.handed_over(result))
        self.fields |= {"left": json_documents.remaining(steps), **stays}
        # Why the run has not deleted the others is among the errors already.
        back = [step for step in steps if step.key not in self.undeleted]
        self.errors += [AdventError(f"{step.title} is still there", hint=AGAIN) for step in back]

    def exported(self, words: int, file: Path) -> None:
        self.fields["exported"] = words

    def imported(self, words: int | None, file: Path) -> None:
        self.fields["imported"] = words or 0

    def plan(self, inspection: Inspection, steps: Sequence[Step], files: Files) -> None:
        self.fields |= json_documents.inspected(inspection, inspection.plan_notes) | json_documents.plan(steps)
        self.errors += problems(steps)

    def resources(self, inspection: Inspection, steps: Sequence[Step], arns: Mapping[str, str]) -> None:
        unknown: dict[str, Any] = {"url": None, "urls": [], "open": None, "dead_letters": None, "words": None}
        known = {"resources": json_documents.resources(steps, arns)}
        self.fields |= json_documents.inspected(inspection, inspection.notes) | known | unknown
        self.errors += problems(steps)

    def api(self, inspection: Inspection, urls: list[str]) -> None:
        self.fields |= {"url": urls[0] if urls else None, "urls": urls, "open": inspection.is_open}

    def dead_letters(self, queue: str, number: int) -> None:
        self.fields["dead_letters"] = {"queue": queue, "count": number}

    def reading(self, about: Callable[[], int]) -> AbstractContextManager[Callable[[int], None]]:
        return nullcontext(_ignore)

    def words(self, counts: Counts) -> None:
        self.fields["words"] = json_documents.words(counts)

    def words_unavailable(self, table: str, *, is_missing: bool) -> None: ...

    def policy(self, stack: Stack, command: str, document: Policy, notes: Sequence[str], *, is_split: bool) -> None:
        completed = [with_options(note, self.advice) for note in notes]
        fields = {"command": command, "policy": document, "policies": split(document), "notes": completed}
        self.fields |= json_documents.stack_fields(stack) | fields

    def say_started(self, stack: Stack, consumers: list[str]) -> None:
        fields: dict[str, Any] = {"messages": [], "consumers": consumers, "settled": None, "way": None}
        self.fields |= json_documents.stack_fields(stack) | fields

    def replied(self, message: str, reply: str) -> None:
        self.fields["messages"].append({"text": message, "reply": reply, "counts": parse_counts(reply)})

    def no_reply(self, message: str, error: AdventError) -> None:
        self.fields["messages"].append({"text": json_documents.valid_text(message), "reply": None, "counts": {}})
        self.errors.append(error)

    def slash_command(self, sender: str, message: str, reply: str | None, *, is_late: bool) -> None: ...

    def posting(self, total: int | None) -> AbstractContextManager[Callable[[], None]]:
        return nullcontext(_ignore)

    def posted(self, replied: int, failed: int, seconds: float) -> None: ...

    def settled(self, consumers: Sequence[str], counts: Mapping[str, int], *, are_all: bool = True) -> None:
        self.fields["settled"] = dict(counts)

    def tracing(self, seconds: float) -> AbstractContextManager[TraceView]:
        return nullcontext(_TraceFields(self.fields))

    def audited(self, stack: Stack, audit: Audit) -> None:
        self.fields |= json_documents.stack_fields(stack) | json_messages.audit(audit)

    def traced(self, trace: Hop, consumers: Sequence[str], counts: Mapping[str, int]) -> None:
        if counts:
            self.fields["settled"] = dict(counts)
        self.errors += [AdventError(hop.function, why=hop.problem) for hop in trace.all() if hop.problem]


class _TraceFields:
    """Keeps the latest trace for the document, without the table of counts, which is for people."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields

    def show(self, trace: Hop) -> None:
        self.fields["way"] = json_messages.trace(trace)

    def counts(self, function: str, counts: Mapping[str, int]) -> None: ...


def _ignore(*_: object) -> None: ...
