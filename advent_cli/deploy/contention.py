"""Carries out one step; where AWS says that somebody else is at work, it waits for a bounded time and looks again."""

from contextlib import suppress
from dataclasses import replace

from advent_cli.aws.aws_errors import explain
from advent_cli.aws.retry import AGAIN, Transient, Waiter
from advent_cli.deploy.decide import Action, Step
from advent_cli.deploy.events import Outcome
from advent_cli.resources.base import Resource

WITHIN = 15  # seconds; lists lag, so that for a while what another run made may not be shown
WORDS = "AWS says that this exists already or is being changed, perhaps by another run"
GONE_WORDS = "AWS says that something this needs is not there; looking again"
LOOKS = 2  # further tries where something is not there: another run may have put its own in its place
BUSY = {
    "ConcurrentModification",
    "ConcurrentModificationException",
    "ConflictException",
    "EntityAlreadyExists",
    "OperationAbortedException",
    "PreconditionFailedException",
    "ResourceAlreadyExistsException",
    "ResourceConflictException",
    "ResourceInUseException",
}
EXISTS = {"InvalidParameter", "InvalidParameterException"}  # of CreateTopic and Subscribe, with the text that says so
AT_WORK = tuple(Transient(each, "", WORDS) for each in sorted(BUSY))
MADE = tuple(Transient(each, "already exists", WORDS) for each in sorted(EXISTS))  # with other tags or attributes
GONE = tuple(
    Transient(each, text, GONE_WORDS, times=LOOKS)
    for each, text in (
        ("AWS.SimpleQueueService.NonExistentQueue", ""),
        ("NoSuchEntity", ""),
        ("NotFound", ""),
        ("NotFoundException", ""),
        ("QueueDoesNotExist", ""),
        ("ResourceNotFoundException", ""),
        ("InvalidParameterValueException", "cannot be found"),  # a role
        ("InvalidParameterValueException", "cannot be assumed by Lambda"),  # the same, or a role that is new
    )
)


def carry_out(resource: Resource, host: Resource | None, step: Step, waiter: Waiter) -> Outcome:
    """Do what the step says, and return how it ended; `host` is the resource that this one is a part of.

    If AWS says that somebody else is at work (it exists already, it is being changed), read it again and bring that to
    what is wanted, for `WITHIN` seconds; if AWS says that something is not there, do so `LOOKS` times. If that helps,
    its key is in `contested`. An error that stays is raised with the advice to run again only if that can help.
    """
    at_work = (*AT_WORK, *MADE) if step.action is Action.CREATE else AT_WORK
    tries = 0

    def work() -> None:
        nonlocal tries
        tries += 1
        _act(resource, step if tries == 1 else _afresh(resource, host, step), waiter)

    try:
        waiter.retry(work, *at_work, *GONE, within=WITHIN)
    except Exception as error:
        told = explain(error)
        is_passing = any(transient.matches(error) for transient in at_work) or _has_lost(host, error)
        if told is None or told.hint or not is_passing:
            raise
        told.hint = AGAIN
        raise told from error
    if tries > 1:
        resource.aws.contested.add(resource.key)
    return _outcome(resource, step)


def _has_lost(host: Resource | None, error: Exception) -> bool:
    """Whether something was not there because another run has deleted what this is a part of."""
    if host is None or not any(transient.matches(error) for transient in GONE):
        return False
    with suppress(Exception):  # which would hide the error that is to be told
        return host.read() is None
    return False


def _afresh(resource: Resource, host: Resource | None, step: Step) -> Step:
    """The step from what is there now; what was learnt of the resource and its host is not trusted any more."""
    if step.want is None:
        return step
    for known in (resource, host):
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
