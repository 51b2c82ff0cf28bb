"""Pure: the checks that concern several settings of config.yaml together."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any

from advent_cli.config import defaults
from advent_cli.config.problems import must_be, unknown
from advent_cli.config.schema import Function, Settings
from advent_cli.config.yaml_with_lines import Document

RESERVED = ("AWS_", "LAMBDA_")  # see "Using Lambda environment variables" in the Lambda developer guide
SET_BY_ADVENT = re.compile(r"DYNAMO_TABLE|DYNAMO_KEY|DEAD_LETTER_QUEUE_URL|SNS_TOPIC_ARN(_\w+)?|\w+_PARAMETER")
MAX_ROLE_NAME = 64
MAX_FILTER, MAX_COMBINATIONS = 256 * 1024, 150  # bytes; "Filter policy constraints" in the SNS developer guide
MAX_ENVIRONMENT = 2500  # bytes of all names and values: Lambda's 4096, less room for the variables that advent sets


def check_execution_role(document: Document[Settings]) -> None:
    """Raise ConfigError if `execution_role` cannot be used, or not with the others; before default names are set."""
    settings = document.value
    if not settings.execution_role:
        return
    if ":role/advent/" in settings.execution_role:
        problem = "the roles under /advent/ are those that advent makes and deletes; choose another role"
        raise document.error(("execution_role",), problem)
    both = "cannot be set together with execution_role"
    if settings.permissions_boundary:
        problem = f"{both}: it limits the roles that advent makes, and then there are none; remove one of the two"
        raise document.error(("permissions_boundary",), problem)
    for name, function in settings.functions.items():
        if function.role:
            problem = f"{both}, which is the role of every function; remove one of the two"
            raise document.error(("functions", name, "role"), problem)


def check(document: Document[Settings]) -> None:
    """Raise ConfigError, with the position, for the first settings that do not fit together."""
    settings = document.value
    _check_topics(document)
    _check_roles(document)
    _check_routes(document)
    for name, function in settings.functions.items():
        for use in ("publishes", "subscribes"):
            _check_known(document, ("functions", name, use), getattr(function, use))
        for use in ("publishes", "reads_secrets"):
            _check_variables(document, ("functions", name, use), getattr(function, use))
        for use in ("subscribes", "routes"):
            _check_distinct(document, ("functions", name, use), getattr(function, use))
        _check_role_name(document, name, function)
        _check_filter(document, name, function)
        _check_environment(document, name, function)
    if not settings.allow_cycle:
        _check_cycle(document)


def _check_topics(document: Document[Settings]) -> None:
    _check_distinct(document, ("topics",), document.value.topics)


def _check_roles(document: Document[Settings]) -> None:
    owners: dict[str, str] = {}
    for name, function in document.value.functions.items() if not document.value.execution_role else ():
        if function.role in owners:
            problem = f"{function.role!r} is already the role of {owners[function.role]}; each function needs its own"
            raise document.error(("functions", name, "role"), problem)
        owners[function.role] = name


def _check_routes(document: Document[Settings]) -> None:
    owners: dict[str, str] = {}
    for name, function in document.value.functions.items():
        for route in function.routes:
            if route in owners:
                raise document.error(("functions", name, "routes"), f"{route!r} is already a route of {owners[route]}")
            owners[route] = name


def _check_known(document: Document[Settings], path: tuple[str, ...], topics: Iterable[str]) -> None:
    known = document.value.topics
    for number, topic in enumerate(topics):
        if topic not in known:
            raise document.error((*path, str(number)), unknown("topic", topic, known))


def _check_distinct(document: Document[Settings], path: tuple[str, ...], names: list[str]) -> None:
    for number, name in enumerate(names):
        if name in names[:number]:
            raise document.error((*path, str(number)), f"{name!r} is listed twice")


def _check_variables(document: Document[Settings], path: tuple[str, ...], names: list[str]) -> None:
    """Names are set as environment variables, so two that differ only in case, or in - and _, clash."""
    seen: dict[str, str] = {}
    for number, name in enumerate(names):
        other = seen.setdefault(defaults.variable(name), name)
        if other != name:
            raise document.error((*path, str(number)), f"{name!r} and {other!r} have the same environment variable")
    _check_distinct(document, path, names)


def _check_role_name(document: Document[Settings], name: str, function: Function) -> None:
    if len(function.role) > MAX_ROLE_NAME:
        problem = f"its role {function.role!r} is longer than {MAX_ROLE_NAME} characters; set `role`"
        raise document.error(("functions", name), problem)


def _check_filter(document: Document[Settings], name: str, function: Function) -> None:
    path = ("functions", name, "filter")
    if len(function.filter) > 1:
        raise document.error(path, "set either attributes or body: SNS filters by one of them")
    if function.filter and not function.subscribes:
        raise document.error(path, "needs `subscribes`: a filter applies to a subscription")
    for scope, policy in function.filter.items():
        if not isinstance(policy, dict) or not policy or not _is_policy(policy, nested=scope == "body"):
            problem = must_be("an SNS filter policy, such as {event: [hired, moved]}", _shown(policy))
            raise document.error((*path, scope), problem)
        if (size := len(json.dumps(policy).encode())) > MAX_FILTER:
            raise document.error((*path, scope), f"{size} bytes as JSON; SNS allows {MAX_FILTER}")
        if (number := _combinations(policy)) > MAX_COMBINATIONS:
            problem = f"{number} combinations of values (the number of values of each name, multiplied)"
            raise document.error((*path, scope), f"{problem}; SNS allows {MAX_COMBINATIONS}")


def _is_policy(policy: dict[Any, Any], *, nested: bool) -> bool:
    """Whether this has the form of a filter policy: names with lists of accepted values, for a body also nested."""
    return all(
        isinstance(name, str)
        and (
            (isinstance(accepted, list) and bool(accepted) and _is_json(accepted))
            or (nested and isinstance(accepted, dict) and bool(accepted) and _is_policy(accepted, nested=True))
        )
        for name, accepted in policy.items()
    )


def _shown(policy: Any) -> str:
    """The start of a policy, as JSON if possible."""
    try:
        return json.dumps(policy, default=str)[:60]
    except TypeError:  # a name that is not text
        return str(policy)[:60]


def _combinations(policy: Mapping[str, Any]) -> int:
    """The least number of combinations of values; SNS counts more for a nested body."""
    return math.prod(len(each) if isinstance(each, list) else _combinations(each) for each in policy.values())


def _is_json(value: Any) -> bool:
    try:
        return bool(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError):
        return False


def _check_environment(document: Document[Settings], name: str, function: Function) -> None:
    for variable in function.environment:
        path = ("functions", name, "environment", variable)
        if SET_BY_ADVENT.fullmatch(variable):
            raise document.error(path, "advent sets this variable itself; choose another name")
        if variable.startswith(RESERVED):
            raise document.error(path, "Lambda reserves the names that begin with AWS_ and LAMBDA_; choose another")
    size = sum(len(f"{key}{value}".encode()) for key, value in function.environment.items())
    if size > MAX_ENVIRONMENT:
        problem = f"{size} bytes of names and values; the limit is {MAX_ENVIRONMENT}"
        raise document.error(("functions", name, "environment"), problem)


def _check_cycle(document: Document[Settings]) -> None:
    """Refuse functions that publish to each other in a cycle: their messages, and the bill, would never end."""
    functions = document.value.functions
    after: dict[str, set[str]] = {name: set() for name in functions}
    for name, function in functions.items():
        for other, consumer in functions.items():
            if {*function.publishes} & {*consumer.subscribes}:
                after[name].add(other)
    try:
        TopologicalSorter(after).prepare()
    except CycleError as error:
        names = list(reversed(error.args[1]))
        steps = [f"{names[0]} publishes"]
        for before, name in pairwise(names):
            topic = sorted({*functions[before].publishes} & {*functions[name].subscribes})[0]
            steps.append(f"{topic} -> {name}")
        problem = f"messages go in a cycle ({', '.join(steps)}); break it, or set allow_cycle: true"
        raise document.error(("functions", names[0], "publishes"), problem) from None
