"""What up and down are going to do, as a tutorial: for each step the way through the console, and the commands."""

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter

from advent_cli.aws import aws_errors
from advent_cli.aws.calls import Call, Line, Note, Zip
from advent_cli.deploy import apply, aws_cli
from advent_cli.deploy.decide import Action, Step
from advent_cli.deploy.inspection import Inspection
from advent_cli.resources.base import Resource

VERBS = {Action.CREATE: "create", Action.UPDATE: "update", Action.DELETE: "delete"}


@dataclass(frozen=True)
class Page:
    """The lines before the first command, and each step with its lines: commands and comments of a shell."""

    before: list[str]
    steps: list[tuple[Step, list[str]]]


def up(inspection: Inspection, steps: Iterable[Step], profile: str | None) -> Page:
    """What comes before the first command, and the steps in an order in which they can be done, with their lines.

    A line is a command or a comment. Reads what the steps depend on, and writes nothing.
    """
    return _explained(inspection, steps, apply.order_up(inspection), profile)


def down(inspection: Inspection, steps: Iterable[Step], profile: str | None) -> Page:
    """The same for `down`."""
    return _explained(inspection, steps, apply.order_down(inspection), profile)


def _explained(
    inspection: Inspection, steps: Iterable[Step], needs: Mapping[str, set[str]], profile: str | None
) -> Page:
    resources = {**inspection.stack.resources, **inspection.orphans}
    told: list[tuple[Step, list[str]]] = []
    done: list[Line] = []
    anew: set[str] = set()
    with inspection.stack.aws.caching():
        for step in in_order(list(steps), needs):
            resource = resources[step.key]
            action = Action.CREATE if resource.host in anew and step.want is not None else step.action
            lines, is_anew = _lines(resource, step, action)
            anew |= {step.key} if is_anew else set()
            new = [line for line in lines if not (isinstance(line, Call) and line.capture is None and line in done)]
            done += new
            new = new or ([Note("an earlier step does this too")] if lines else [])
            way = [aws_cli.comment(resource.console[VERBS[action]].format(it=resource))] if action in VERBS else []
            told.append((step, way + [aws_cli.line(line) for line in new]))
    return Page(_before(inspection, profile, done), told)


def in_order(steps: list[Step], needs: Mapping[str, set[str]]) -> list[Step]:
    """The steps, each after those it needs, and otherwise as they stand."""
    place = {step.key: (number, step) for number, step in enumerate(steps)}
    sorter = TopologicalSorter(needs)
    sorter.prepare()
    ready: set[str] = set()
    ordered = []
    while sorter.is_active():
        ready |= {*sorter.get_ready()}
        key = min(ready, key=lambda key: place[key][0] if key in place else -1)
        ready.remove(key)
        sorter.done(key)
        if key in place:
            ordered.append(place[key][1])
    return ordered


def _lines(resource: Resource, step: Step, action: Action) -> tuple[list[Line], bool]:
    """What a step does, and whether it makes the thing anew; where that cannot be told, or is refused, why."""
    try:
        if action is Action.CREATE:
            again = [Note("it goes with its host, which is made anew")] if step.action is not action else []
            return [*again, *resource.to_create()], False
        if action is Action.UPDATE and isinstance(step.seen, dict):
            lines = resource.to_update(step.seen)
            return lines, all(line in lines for line in resource.to_delete())
        return resource.to_delete() if action is Action.DELETE else [], False
    except Exception as error:
        problem = aws_errors.explain(error)
        if problem is None:
            raise
        return [Note(str(problem))], False


def _before(inspection: Inspection, profile: str | None, lines: Iterable[Line]) -> list[str]:
    """What all the commands need, once."""
    aws = inspection.stack.aws
    region = shlex.quote(aws.region)
    if aws.endpoint:
        told = ["# for the local engine; `bash -e` stops at the first error"]
        told.append(f'eval "$(advent --region {region} local env)"')
        told.append("# said to the command as well, for its version 1 does not ask AWS_ENDPOINT_URL about SQS")
        told.append('aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }')
    else:
        told = [f"# for account {aws.identity[0]}, region {aws.region}; `bash -e` stops at the first error"]
        told.append(f"export AWS_REGION={region} AWS_DEFAULT_REGION={region}")
        told += [f"export AWS_PROFILE={shlex.quote(profile)}"] if profile else []
    told.append("export AWS_PAGER=")
    said = list(lines)
    told += aws_cli.ZIP_CODE.split("\n") if any(isinstance(line, Zip) for line in said) else []
    return told + (aws_cli.AGAIN.split("\n") if any(isinstance(line, Call) and line.retry for line in said) else [])
