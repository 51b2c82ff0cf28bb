"""Pure: a template's resources, made from the calls that would create those of the stack."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from advent_cli.aws.calls import Call, placeholder
from advent_cli.errors import RefusedError
from advent_cli.export import cloudformation
from advent_cli.export.references import Function, get_att, named_in, ref, resolve
from advent_cli.resources.api import API_ID
from advent_cli.resources.base import Resource
from advent_cli.resources.log_group import LogGroup
from advent_cli.resources.queue import Queue
from advent_cli.resources.route import INTEGRATION_ID, Route
from advent_cli.resources.topic import Topic
from advent_cli.stack.model import Stack

CODE = "functions"  # the folder with the functions' code, beside the template
LONGEST = 200  # characters of the name in a logical id, which CloudFormation limits to 255


@dataclass(frozen=True)
class Entry:
    """A resource of the template; `key` is that of the stack's resource that it is, or comes with."""

    logical_id: str
    type: str
    key: str
    properties: dict[str, Any]
    depends_on: list[str] = field(default_factory=list)


class Template:
    """The resources and parameters of a template, by logical id and in the order of the stack.

    `main` has for each key of the stack the entry that other entries depend on. Raises RefusedError if CloudFormation
    does not take so many.
    """

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.entries: dict[str, Entry] = {}
        self.main: dict[str, Entry] = {}
        self.parameters: dict[str, dict[str, Any]] = {}
        for key, resource in stack.resources.items():
            calls = [line for line in resource.to_create() if isinstance(line, Call)]
            for call in calls:
                if (call.service, call.method) not in cloudformation.READS:
                    self._add(key, resource, call)
        if len(self.entries) > cloudformation.MOST_RESOURCES:
            why = f"a template has at most {cloudformation.MOST_RESOURCES} resources, and this app {len(self.entries)}"
            raise RefusedError("CloudFormation does not take this app", why=why, hint="make two apps of config.yaml")
        self._refer()
        self._order()

    def _add(self, key: str, resource: Resource, call: Call) -> None:
        kind = cloudformation.TYPES[call.service, call.method]
        new = cloudformation.properties(kind, call.params)
        if not kind:
            owner = self.main[key] = self.main[resource.parent or key]
            new = {name: value for name, value in new.items() if name not in owner.properties}
            if call.service == "iam":
                owner.properties.setdefault("Policies", []).append(new)
            else:
                owner.properties.update(self._parametrized(resource.name, new))
            return
        name = resource.name
        if kind in cloudformation.NAMED_BY:
            setting, separator = cloudformation.NAMED_BY[kind]
            name = new[setting].rpartition(separator)[2]
        if "Code" in new:
            new["Code"] = f"{CODE}/{name}/"
        policy = new.pop("Policy", None)  # of a queue
        entry = self._new(key, name, kind, self._parametrized(name, new))
        if policy:
            document = {"Queues": [ref(entry.logical_id)], "PolicyDocument": policy}
            self._new(key, name, "AWS::SQS::QueuePolicy", document)

    def _new(self, key: str, name: str, kind: str, properties: dict[str, Any]) -> Entry:
        """A new entry, with a logical id like AwsAdventFunction, and a number behind it if that is taken."""
        words, last = _camel_case(name)[:LONGEST], kind.rpartition(":")[2]
        logical_id = _free(words if words.lower().endswith(last.lower()) else f"{words}{last}", self.entries)
        entry = self.entries[logical_id] = Entry(logical_id, kind, key, properties)
        if kind not in cloudformation.SECONDARY:
            self.main[key] = entry
        return entry

    def _parametrized(self, name: str, properties: dict[str, Any]) -> dict[str, Any]:
        """The same properties with a parameter in place of each value that people change."""
        changed = dict(properties)
        for setting, value in properties.items():
            if setting == "DefaultRouteSettings":
                changed[setting] = self._parametrized(name, value)
            elif setting in cloudformation.PARAMETERS:
                form, rest = cloudformation.PARAMETERS[setting]
                parameter = form.format(_camel_case(name))
                if parameter != form:  # each function has its own, also where the words of names are the same
                    parameter = _free(parameter, self.parameters)
                self.parameters.setdefault(parameter, {"Type": "Number", "Default": int(value), **rest})
                changed[setting] = ref(parameter)
        return changed

    def _refer(self) -> None:
        """Put references in place of ARNs, ids, the queue's URL, and the names of functions in their parts."""
        known = dict(self._known())
        ids = {API_ID: self.main[self.stack.api.key].logical_id} if self.stack.api.key in self.main else {}
        table, table_id = self.stack.table.name, self.main[self.stack.table.key].logical_id
        integrations = {e.properties.get("IntegrationUri"): e.logical_id for e in self.entries.values()}
        for entry in self.entries.values():
            resource = self.stack.resources[entry.key]
            if isinstance(resource, Route):
                ids[placeholder(INTEGRATION_ID)] = integrations[resource.function_arn]
            entry.properties.update(resolve(entry.properties, known, ids))
            if resource.parent and "FunctionName" in entry.properties:
                entry.properties["FunctionName"] = ref(self.main[resource.parent].logical_id)
            variables = entry.properties.get("Environment", {}).get("Variables", {})
            if variables.get("DYNAMO_TABLE") == table:
                variables["DYNAMO_TABLE"] = ref(table_id)

    def _known(self) -> Iterator[tuple[str, Function]]:
        """The texts in calls that name a resource, each with the reference to it."""
        for key, entry in self.main.items():
            resource, logical_id = self.stack.resources[key], entry.logical_id
            if isinstance(resource, Queue):
                yield resource.url, ref(logical_id)
            if isinstance(resource, LogGroup):
                yield f"{resource.arn}:*", get_att(logical_id)  # CloudFormation's attribute ends so too
            elif arn := getattr(resource, "arn", ""):
                yield arn, ref(logical_id) if isinstance(resource, Topic) else get_att(logical_id)

    def _order(self) -> None:
        """Say what is created before and deleted after a resource where no reference says so."""
        for key, entry in self.main.items():
            outlived = {other for other, first in self.stack.outlives.items() if first == key}
            for other in reversed(self.stack.resources):  # the last one may come after the others already
                if other in self.stack.needs[key] | outlived:
                    needed = self.main[other].logical_id
                    if needed not in self._before(entry.logical_id):
                        entry.depends_on.append(needed)

    def _before(self, logical_id: str) -> set[str]:
        """A resource, and what CloudFormation creates before it."""
        found, new = {logical_id}, {logical_id}
        while new:
            entries = [self.entries[each] for each in new if each in self.entries]
            new = {name for e in entries for name in (*named_in(e.properties), *e.depends_on)} - found
            found |= new
        return found


def _free(name: str, taken: Collection[str]) -> str:
    """The name, with a number behind it if it is taken."""
    return next(each for n in count(1) if (each := f"{name}{n}" if n > 1 else name) not in taken)


def _camel_case(name: str) -> str:
    """The words of a name in one: `aws_advent` is AwsAdvent, `POST /aws_advent` is PostAwsAdvent."""
    words = [word.lower() if word.isupper() else word for word in re.split(r"[^A-Za-z0-9]+", name)]
    return "".join(word[:1].upper() + word[1:] for word in words)
