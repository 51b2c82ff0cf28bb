"""What is left after `down`."""

from collections.abc import Callable, Iterable
from contextlib import suppress

from advent_cli.aws.aws_errors import explain
from advent_cli.aws.retry import GaveUpError, Waiter
from advent_cli.deploy.apply import Result
from advent_cli.deploy.decide import Action, Step
from advent_cli.deploy.events import Outcome
from advent_cli.deploy.inspection import inspect
from advent_cli.errors import DONE, FAILED, REFUSED, RefusedError
from advent_cli.stack.build import Stack

GONE = {Outcome.DELETED, Outcome.ABSENT, Outcome.UPDATED}  # updated is a table without the stack's tag


def remaining(stack: Stack, steps: Iterable[Step], result: Result, is_kept: Callable[[Step], bool]) -> list[Step]:
    """What is left of the stack after a run of `down` with these steps, except those that `is_kept`.

    After a run that went well, it is what AWS shows by name, by tag and by path; inspects more than once, because lists
    lag and a function's last lines may recreate its log group. After a failure it inspects once; what cannot be read
    then, and after an interrupt or without a connection everything, is left if the run has not deleted it.
    """
    undeleted = [step for step in steps if _is_undeleted(step, result)]
    if result.exit_code in (DONE, REFUSED):
        left: list[Step] = []

        def gone() -> bool:
            left[:] = _seen(stack, result, is_kept)
            return not left

        with suppress(GaveUpError):
            Waiter().until(gone, "AWS still lists deleted resources", within=10)
        return left
    if result.exit_code != FAILED:
        return undeleted
    try:
        return _seen(stack, result, is_kept, undeleted)
    except Exception as error:
        if explain(error) is None:
            raise
        return undeleted


def _is_undeleted(step: Step, result: Result) -> bool:
    """Whether this resource of the stack is left, as far as the run knows: also if it could not be read."""
    is_unknown = isinstance(step.seen, Exception) and not isinstance(step.seen, RefusedError)
    is_there = step.action in (Action.DELETE, Action.UPDATE) or is_unknown
    return is_there and not step.deleted_with and not _is_gone(step.key, result)


def _is_gone(key: str, result: Result) -> bool:
    return key in result.finished and result.finished[key].outcome in GONE


def _seen(stack: Stack, result: Result, is_kept: Callable[[Step], bool], undeleted: Iterable[Step] = ()) -> list[Step]:
    """What an inspection shows of the stack; `undeleted` is believed to be there if it cannot be read.

    What lingers is not looked for if this run deleted it or found it gone.
    """
    now, known = inspect(stack), {step.key for step in undeleted}

    def is_left(step: Step) -> bool:
        if step.deleted_with or is_kept(step) or (now.resources[step.key].lingers and _is_gone(step.key, result)):
            return False
        return step.action is Action.DELETE or (step.action is Action.BLOCKED and step.key in known)

    return [step for step in now.steps_down() if is_left(step)]
