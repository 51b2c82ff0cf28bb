"""Pure: what no single setting of config.yaml can tell, for it is about several of them together."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any

from advent_cli.config import defaults
from advent_cli.config.schema import Function, Settings
from advent_cli.config.typed_yaml import Document

RESERVED = ("AWS_", "LAMBDA_")  # see "Using Lambda environment variables" in the Lambda developer guide
OURS = re.compile(r"DYNAMO_TABLE|DYNAMO_KEY|DEAD_LETTER_QUEUE_URL|SNS_TOPIC_ARN(_\w+)?|\w+_PARAMETER")
LONGEST_ROLE = 64
LARGEST_FILTER, MOST_COMBINATIONS = 256 * 1024, 150  # bytes; "Filter policy constraints" in the SNS developer guide
ENVIRONMENT_LIMIT = 2500  # bytes of all names and values together: Lambda's 4096, less room for what we set ourselves


def check(document: Document[Settings]) -> None:
    """Raise ConfigError for the first thing that does not fit together, with its place."""
    settings = document.value
    _only_once(document, "topics", {("topics", str(n)): name for n, name in enumerate(settings.topics)})
    functions = settings.functions.items()
    _only_once(document, "role", {("functions", name, "role"): function.role for name, function in functions})
    routes = [(("functions", name, "routes"), route) for name, function in functions for route in function.routes]
    for number, (path, route) in enumerate(routes):
        if route in [other for _, other in routes[:number]]:
            raise document.error(path, f"{route!r}, which another function has too", "each route once")
    for name, function in functions:
        for use in ("publishes", "subscribes"):
            _known_topics(document, ("functions", name, use), getattr(function, use))
        for use in ("publishes", "reads_secrets"):
            _told_apart(
                document, ("functions", name, use), [defaults.variable(each) for each in getattr(function, use)]
            )
        for use in ("subscribes", "routes"):
            _told_apart(document, ("functions", name, use), getattr(function, use))
        _name(document, name, function)
        _filter(document, name, function)
        _environment(document, name, function)
    if not settings.allow_cycle:
        _no_cycle(document)


def _only_once(document: Document[Settings], what: str, values: Mapping[tuple[str, ...], str]) -> None:
    seen: dict[str, tuple[str, ...]] = {}
    for path, value in values.items():
        if value in seen:
            owner = f", the {what} of {seen[value][1]} too" if len(path) > 2 else ", a second time"
            allowed = f"a {what} of its own for each function" if len(path) > 2 else "each name once"
            raise document.error(path, f"{value!r}{owner}", allowed)
        seen[value] = path


def _known_topics(document: Document[Settings], path: tuple[str, ...], topics: Iterable[str]) -> None:
    known = document.value.topics
    for number, topic in enumerate(topics):
        if topic not in known:
            allowed = f"one of {', '.join(known)}" if known else "a topic, but none is listed under topics"
            raise document.error((*path, str(number)), f"the topic {topic!r}", allowed)


def _told_apart(document: Document[Settings], path: tuple[str, ...], given: list[str]) -> None:
    """Names that environment variables would spell alike are as bad as the same name twice."""
    for number, name in enumerate(given):
        if name in given[:number]:
            raise document.error((*path, str(number)), f"{name!r}, which is there already", "each name once")


def _name(document: Document[Settings], name: str, function: Function) -> None:
    if len(function.role) > LONGEST_ROLE:
        found = f"a name that makes the role {function.role!r}"
        raise document.error(("functions", name), found, f"a role of at most {LONGEST_ROLE} characters")


def _filter(document: Document[Settings], name: str, function: Function) -> None:
    path = ("functions", name, "filter")
    if len(function.filter) > 1:
        raise document.error(path, "both attributes and body", "one of them: SNS looks at the one or the other")
    if function.filter and not function.subscribes:
        raise document.error(path, "a filter without subscribes", "a filter of what is subscribed to")
    for scope, policy in function.filter.items():
        if not isinstance(policy, dict) or not policy or not _is_policy(policy, nested=scope == "body"):
            example = "a filter policy of SNS, as in {event: [hired, moved]}"
            raise document.error((*path, scope), _shown(policy), example)
        if (size := len(json.dumps(policy).encode())) > LARGEST_FILTER:
            raise document.error((*path, scope), f"{size} bytes of JSON", f"at most {LARGEST_FILTER}, as SNS has it")
        if (number := _combinations(policy)) > MOST_COMBINATIONS:
            allowed = f"at most {MOST_COMBINATIONS}, as SNS has it: the numbers of values of each name, multiplied"
            raise document.error((*path, scope), f"{number} combinations of values", allowed)


def _is_policy(policy: dict[Any, Any], *, nested: bool) -> bool:
    """Whether this looks like a policy: names with lists of what is accepted; a policy of a body may go deeper."""
    return all(
        isinstance(name, str)
        and (
            (isinstance(accepted, list) and bool(accepted) and _is_json(accepted))
            or (nested and isinstance(accepted, dict) and bool(accepted) and _is_policy(accepted, nested=True))
        )
        for name, accepted in policy.items()
    )


def _shown(policy: Any) -> str:
    """A policy in short, as JSON if it can be."""
    try:
        return json.dumps(policy, default=str)[:60]
    except TypeError:  # a name that is no text
        return str(policy)[:60]


def _combinations(policy: Mapping[str, Any]) -> int:
    """How many combinations of values there are at least; of a body that goes deeper, SNS counts more."""
    return math.prod(len(each) if isinstance(each, list) else _combinations(each) for each in policy.values())


def _is_json(value: Any) -> bool:
    try:
        return bool(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError):
        return False


def _environment(document: Document[Settings], name: str, function: Function) -> None:
    for variable in function.environment:
        path = ("functions", name, "environment", variable)
        if OURS.fullmatch(variable):
            raise document.error(path, "a variable that advent sets itself", "any other name")
        if variable.startswith(RESERVED):
            raise document.error(
                path, "a name that Lambda keeps for itself", "one that does not begin with AWS_ or LAMBDA_"
            )
    size = sum(len(f"{key}{value}".encode()) for key, value in function.environment.items())
    if size > ENVIRONMENT_LIMIT:
        group = ("functions", name, "environment")
        raise document.error(group, f"{size} bytes", f"at most {ENVIRONMENT_LIMIT} bytes of names and values together")


def _no_cycle(document: Document[Settings]) -> None:
    """Messages that call forth messages for ever cost money for ever."""
    functions = document.value.functions
    after: dict[str, set[str]] = {name: set() for name in functions}
    for name, function in functions.items():
        for other, hearing in functions.items():
            if {*function.publishes} & {*hearing.subscribes}:
                after[name].add(other)
    try:
        TopologicalSorter(after).prepare()
    except CycleError as error:
        names = list(reversed(error.args[1]))
        steps = [f"{names[0]} publishes"]
        for before, name in pairwise(names):
            topic = sorted({*functions[before].publishes} & {*functions[name].subscribes})[0]
            steps.append(f"{topic} -> {name}")
        path = ("functions", names[0], "publishes")
        allowed = "what ends somewhere, or allow_cycle: true"
        raise document.error(path, f"a cycle ({', '.join(steps)})", allowed) from None
