"""Carries out one step; where AWS says that somebody else is at work, it waits for a bounded time and looks again."""

from dataclasses import replace

from advent_cli.aws_errors import explain
from advent_cli.events import Outcome
from advent_cli.patience import AGAIN, Patience, Race
from advent_cli.plan import Action, Step
from advent_cli.resource import Resource

WITHIN = 15  # seconds; lists lag, so that for a while what another run made may not be shown
WORDS = "AWS says that another run is at work on this"
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
GONE = {
    "AWS.SimpleQueueService.NonExistentQueue",
    "NoSuchEntity",
    "NotFound",
    "NotFoundException",
    "QueueDoesNotExist",
    "ResourceNotFoundException",
}
ROLE_IS_GONE = (
    Race("InvalidParameterValueException", "cannot be found", WORDS),
    Race("InvalidParameterValueException", "cannot be assumed by Lambda", WORDS),  # AWS says so of a new role as well
)
EXISTS = {  # in the answer to a creation; elsewhere these mean that a setting is wrong
    "InvalidParameter",  # CreateTopic and Subscribe, if there is one with other tags or attributes
    "InvalidParameterException",
}


def carry_out(resource: Resource, host: Resource | None, step: Step, wait: Patience) -> Outcome:
    """Do what the step says, and return how it ended; `host` is the resource that this one is a part of.

    If AWS says that somebody else is at work (it exists already, it is being changed, it is gone), read it again and
    bring that to what is wanted, for `WITHIN` seconds; then its key is in `contested`.
    """
    at_work = (*(Race(each, "", WORDS) for each in (*BUSY, *GONE)), *ROLE_IS_GONE)
    perhaps = [Race(each, "", WORDS) for each in EXISTS] if step.action is Action.CREATE else []
    tries = 0

    def work() -> None:
        nonlocal tries
        tries += 1
        _act(resource, step if tries == 1 else _afresh(resource, host, step), wait)

    try:
        wait.retry(work, *at_work, *perhaps, within=WITHIN)
    except Exception as error:
        told = explain(error) if any(race.matches(error) for race in at_work) else None
        if told is None:
            raise
        told.hint = AGAIN
        raise told from error
    if tries > 1:
        resource.aws.contested.add(resource.key)
    return _outcome(resource, step)


def _afresh(resource: Resource, host: Resource | None, step: Step) -> Step:
    """The step from what is there now; what was learnt of the resource and its host is not trusted any more."""
    if step.want is None:
        return step
    for known in (resource, host):
        if known:
            known.forget()
    return replace(step, seen=resource.read())


def _act(resource: Resource, step: Step, wait: Patience) -> None:
    if isinstance(step.seen, Exception):
        raise step.seen
    if step.action is Action.CREATE:
        resource.create(wait)
    elif step.action is Action.UPDATE:
        resource.update(step.seen or {}, wait)
    elif step.action is Action.DELETE:
        resource.delete(wait)


def _outcome(resource: Resource, step: Step) -> Outcome:
    if step.action is Action.CREATE:
        return Outcome(resource.done_word or Outcome.CREATED.value)
    if step.action is Action.UPDATE:
        return Outcome(resource.done_word or Outcome.UPDATED.value)
    if step.action is Action.DELETE:
        return Outcome.DELETED
    return Outcome.ABSENT if step.want is None else Outcome.UNCHANGED
