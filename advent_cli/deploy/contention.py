"""Carries out one step; if AWS reports another run at work, waits for a bounded time and reads the resource again."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

from advent_cli.aws.aws_errors import explain
from advent_cli.aws.retry import AGAIN, StoppedError, Transient, Waiter
from advent_cli.deploy.decide import Action, Step
from advent_cli.deploy.events import Outcome
from advent_cli.resources.base import Resource

WITHIN = 15  # seconds; lists lag, so what another run created may not show for a while
WORDS = "AWS says that this already exists or is being changed, perhaps by another run"
GONE_WORDS = "AWS says that something this needs does not exist; reading it again"
NOT_CONFIRMED = "not confirmed"  # ends the reason of a step that was stopped after its change
REREADS = 2  # further tries if something does not exist: another run may have replaced it
BUSY = {
    "AWS.SimpleQueueService.QueueNameExists",
    "ConcurrentModification",
    "ConcurrentModificationException",
    "ConflictException",
    "EntityAlreadyExists",
    "OperationAbortedException",
    "PreconditionFailedException",
    "QueueAlreadyExists",  # CreateQueue: the same name with other attributes
    "QueueNameExists",
    "ResourceAlreadyExistsException",
    "ResourceConflictException",
    "ResourceInUseException",
}
# Of CreateTopic and Subscribe. SNS says InvalidParameter for much else, and quotes the filter that it refuses.
EXISTS = ("Reason: Topic already exists with different", "Reason: Subscription already exists with different")
OTHER_RUN = tuple(Transient(each, "", WORDS) for each in sorted(BUSY))
CREATED = tuple(
    Transient(code, text, WORDS) for code in ("InvalidParameter", "InvalidParameterException") for text in EXISTS
)
GONE = tuple(
    Transient(each, text, GONE_WORDS, times=REREADS)
    for each, text in (
        ("AWS.SimpleQueueService.NonExistentQueue", ""),
        ("NoSuchEntity", ""),
        ("NotFound", ""),
        ("NotFoundException", ""),
        ("QueueDoesNotExist", ""),
        ("ResourceNotFoundException", ""),
        ("InvalidParameterValueException", "cannot be found"),  # a role
        ("InvalidParameterValueException", "cannot be assumed by Lambda"),  # a missing or a new role
    )
)


def run_step(
    resource: Resource, parent: Resource | None, step: Step, waiter: Waiter, needs: Iterable[Resource] = ()
) -> Outcome:
    """Carry out the step and return its outcome.

    `parent` is the resource that this one is a part of, `needs` are those that were there when the step began.

    If AWS reports another run (the resource already exists, or is being changed), read the resource again and update it
    to what is wanted, for `WITHIN` seconds. If AWS says that something does not exist, do so `REREADS` times. If that
    helps, the key is in `contested`. An error that stays is raised; its hint is to run again only if that can help.
    If the person stops the wait, the error says whether AWS had made a change by then.
    """
    passing = (*OTHER_RUN, *CREATED) if step.action is Action.CREATE else OTHER_RUN
    tries, is_changed = 0, False

    def note_change() -> None:
        nonlocal is_changed
        is_changed = True

    def work() -> None:
        nonlocal tries
        tries += 1
        noting = replace(waiter, answered=note_change)
        _act(resource, step if tries == 1 else _reread(resource, parent, step), noting)

    try:
        waiter.retry(work, *passing, *GONE, within=WITHIN)
    except StoppedError as error:
        raise StoppedError(f"{_outcome(resource, step).value}, {NOT_CONFIRMED}") if is_changed else error from None
    except Exception as error:
        explained = explain(error)
        if explained is None or explained.hint:
            raise
        if not any(transient.matches(error) for transient in passing) and not _lost_need(step, parent, needs, error):
            raise
        explained.hint = AGAIN
        raise explained from error
    if tries > 1:
        resource.aws.contested.add(resource.key)
    return _outcome(resource, step)


def _lost_need(step: Step, parent: Resource | None, needs: Iterable[Resource], error: Exception) -> bool:
    """Whether something does not exist because another run has deleted what this step needs."""
    if step.want is None or not any(transient.matches(error) for transient in GONE):
        return False
    with suppress(Exception):  # a second error would hide the one to report
        return any(need.read() is None for need in [*([parent] if parent else []), *needs])
    return False


def _reread(resource: Resource, parent: Resource | None, step: Step) -> Step:
    """The step from what exists now; drops what is cached about the resource and its parent."""
    if step.want is None:
        return step
    for known in (resource, parent):
        if known:
            known.forget()
    return replace(step, seen=resource.read())


def _act(resource: Resource, step: Step, waiter: Waiter) -> None:
    if isinstance(step.seen, Exception):
        raise step.seen
    if step.action is Action.CREATE:
        resource.create(waiter)
    elif step.action is Action.UPDATE:
        resource.update(step.seen or {}, waiter)
    elif step.action is Action.DELETE:
        resource.delete(waiter)


def _outcome(resource: Resource, step: Step) -> Outcome:
    if step.action is Action.CREATE:
        return Outcome(resource.done_word or Outcome.CREATED.value)
    if step.action is Action.UPDATE:
        return Outcome(resource.done_word or Outcome.UPDATED.value)
    if step.action is Action.DELETE:
        return Outcome.DELETED
    return Outcome.ABSENT if step.want is None else Outcome.UNCHANGED
