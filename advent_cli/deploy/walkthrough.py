"""What `up` and `down` are going to do, as a tutorial: the console path and the `aws` commands of each step."""

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter

from advent_cli.aws import aws_errors
from advent_cli.aws.calls import Call, Line, Note, Until, Zip
from advent_cli.aws.custom_endpoints import custom_endpoints
from advent_cli.deploy import aws_cli, order
from advent_cli.deploy.decide import Action, Step
from advent_cli.deploy.inspection import Inspection
from advent_cli.resources.base import Resource

VERBS = {Action.CREATE: "create", Action.UPDATE: "update", Action.DELETE: "delete"}


@dataclass(frozen=True)
class Page:
    """The setup lines, each step with its lines (shell commands and comments), and notes on the stack as a whole."""

    setup: list[str]
    steps: list[tuple[Step, list[str]]]
    notes: tuple[str, ...] = ()


def up(inspection: Inspection, steps: Iterable[Step]) -> Page:
    """The page for `up`, with its steps in an order in which they work; reads from AWS, and writes nothing."""
    return _page(inspection, steps, order.up(inspection), inspection.plan_notes)


def down(inspection: Inspection, steps: Iterable[Step]) -> Page:
    """The page for `down`."""
    return _page(inspection, steps, order.down(inspection), inspection.notes)


def _page(inspection: Inspection, steps: Iterable[Step], needs: Mapping[str, set[str]], notes: tuple[str, ...]) -> Page:
    resources = inspection.resources
    sections: list[tuple[Step, list[str]]] = []
    done: list[Line] = []
    recreated: set[str] = set()
    with inspection.stack.aws.caching():
        for step in in_order(list(steps), needs):
            resource = resources[step.key]
            if step.deleted_with:
                is_there = step.action is Action.DELETE
                sections.append((step, [aws_cli.render(Note("deleted with its parent"))] if is_there else []))
                continue
            action = Action.CREATE if resource.parent in recreated and step.want is not None else step.action
            lines, is_recreated = _lines(resource, step, action)
            recreated |= {step.key} if is_recreated else set()
            new = [line for line in lines if not (isinstance(line, Call) and line.capture is None and line in done)]
            done += new
            new = new or ([Note("an earlier step has done this")] if lines else [])
            path = [aws_cli.comment(resource.console[VERBS[action]].format(it=resource))] if action in VERBS else []
            sections.append((step, path + [aws_cli.render(line) for line in new]))
    return Page(_setup(inspection, done), sections, notes)


def in_order(steps: list[Step], needs: Mapping[str, set[str]]) -> list[Step]:
    """The steps, each after those that it needs, and otherwise in the given order."""
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
    """The lines of a step, and whether it recreates the resource; a note with the error if that is not possible."""
    try:
        if action is Action.CREATE:
            again = [Note("deleted with its parent, which is recreated")] if step.action is not action else []
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


def _setup(inspection: Inspection, lines: Iterable[Line]) -> list[str]:
    """The lines that all commands need first."""
    aws, sent = inspection.stack.aws, list(lines)
    region = shlex.quote(aws.region)
    if aws.endpoint:
        setup = ["# for the local engine; `bash -e` stops at the first error"]
        setup.append(f'eval "$(advent --region {region} local env)"')
        setup.append("# as an option too, because version 1 of the AWS CLI ignores AWS_ENDPOINT_URL for SQS")
        setup.append('aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }')
    else:
        setup = [f"# for account {aws.identity[0]}, region {aws.region}; `bash -e` stops at the first error"]
        setup.append(f"export AWS_REGION={region} AWS_DEFAULT_REGION={region}")
        setup += [f"export AWS_PROFILE={shlex.quote(aws.profile)}"] if aws.profile else []
        services = sorted({line.service for line in sent if isinstance(line, Call | Until)})
        setup += aws_cli.aws_function(custom_endpoints(aws, services), services)
    setup.append("export AWS_PAGER=")
    setup += aws_cli.zip_code().split("\n") if any(isinstance(line, Zip) for line in sent) else []
    return setup + (aws_cli.AGAIN.split("\n") if any(isinstance(line, Call) and line.retry for line in sent) else [])
