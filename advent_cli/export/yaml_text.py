"""Pure: the text of a template, group by group, as a person would write it."""

import re
from typing import Any

import yaml

from advent_cli.export.cloudformation import ATTRIBUTES
from advent_cli.export.references import Function, get_att, ref
from advent_cli.export.template import Entry, Template
from advent_cli.output.groups import TITLES
from advent_cli.output.labels import kind_and_name

HEAD = """\
AWSTemplateFormatVersion: '2010-09-09'
Description: The app {stack}, exported by advent
Metadata:
  cfn-lint:
    config:
      ignore_checks: [W3002]  # Code is a local folder, which `aws cloudformation package` and SAM replace
"""
TEXT_ONLY_FOR_PYYAML = re.compile(r"([-+]?(\.\d+|\d[\d_]*(\.\d*)?)([eE][-+]?\d+)?|0o[0-7]+|[yYnN])\Z")
"""Text that other readers of YAML take for a number, such as the AWS CLI 2 for 1e3 and 08, or for a boolean."""


class Dumper(yaml.SafeDumper):
    """Writes CloudFormation's functions in their short form without quotes, and each value where it is used."""

    def ignore_aliases(self, _: Any) -> bool:
        """Write no anchors."""
        return True

    def choose_scalar_style(self) -> Any:
        """Write the text of a tag that is not YAML's plain too, if it may be."""
        style, event = super().choose_scalar_style(), self.event
        is_function = isinstance(event, yaml.ScalarEvent) and (event.tag or "").startswith("!")
        return "" if is_function and self.analysis and self.analysis.allow_block_plain else style


def _list(dumper: Dumper, values: list[Any]) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", values, flow_style=isinstance(values[0], int))


Dumper.add_representer(list, _list)
Dumper.add_implicit_resolver("tag:yaml.org,2002:float", TEXT_ONLY_FOR_PYYAML, list("-+.0123456789yYnN"))  # quotes it
Dumper.add_representer(Function, lambda dumper, value: dumper.represent_scalar(value.tag, value.text))


def text(template: Template) -> str:
    """The whole template; the same for the same stack."""
    groups: dict[str, dict[str, Any]] = {}
    for entry in template.entries.values():
        groups.setdefault(template.stack.groups[entry.key], {})[entry.logical_id] = _resource(entry)
    titles = [(TITLES[kind], name) for kind, name in map(kind_and_name, groups)]
    resources = [
        f"  # {' '.join(title)}\n{_beneath(each)}" for title, each in zip(titles, groups.values(), strict=True)
    ]
    head = HEAD.format(stack=template.stack.config.stack)
    parameters = f"Parameters:\n{_beneath(template.parameters)}" if template.parameters else ""
    outputs = f"Outputs:\n{_beneath(_outputs(template))}"
    return "\n".join(part for part in (head, parameters, "Resources:\n" + "\n".join(resources), outputs) if part)


def _resource(entry: Entry) -> dict[str, Any]:
    one_or_more = entry.depends_on if len(entry.depends_on) > 1 else "".join(entry.depends_on)
    depends = {"DependsOn": one_or_more} if one_or_more else {}
    return {"Type": entry.type, **ATTRIBUTES.get(entry.type, {}), **depends, "Properties": entry.properties}


def _outputs(template: Template) -> dict[str, Any]:
    """The URL, and the names of what others use."""
    stack = template.stack
    ids = {key: entry.logical_id for key, entry in template.main.items()}
    found = {"TableName": ("The table", ref(ids[stack.table.key]))}
    found |= {f"{ids[t.key]}Arn": (f"The topic {t.name}", ref(ids[t.key])) for t in stack.topics.values()}
    found |= {"DeadLetterQueueUrl": ("The queue of what a consumer failed on", ref(ids[stack.queue.key]))}
    if stack.api.key in ids:
        url, path = get_att(ids[stack.api.key], "ApiEndpoint"), "".join(stack.config.post_routes[:1]).partition(" ")[2]
        url = Function("!Sub", f"${{{url.text}}}{path}", url.ids) if path else url
        found = {"Url": ("Where to post" if path else "The API, without a path", url), **found}
    return {name: {"Description": words, "Value": value} for name, (words, value) in found.items()}


def _beneath(content: dict[str, Any]) -> str:
    """The lines of YAML beneath a heading."""
    return str(yaml.dump({"x": content}, Dumper=Dumper, sort_keys=False, width=10_000)).partition("\n")[2]
