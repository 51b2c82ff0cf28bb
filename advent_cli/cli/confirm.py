"""The questions before something is changed or lost, and what would be lost."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import replace

import click

from advent_cli.deploy.decide import Action, Step
from advent_cli.errors import RefusedError
from advent_cli.output.stream import harmless
from advent_cli.resources.queue import Queue
from advent_cli.resources.table import Table
from advent_cli.stack.build import Stack
from advent_cli.words import counts


def data_loss(stack: Stack, step: Step) -> str:
    """What is lost with a step, in words: the counts in a table, the messages in a queue, a secret."""
    kind, _, name = step.key.partition("/")
    if isinstance(step.seen, dict) and kind == "table":
        number = counts.number_of_words(Table(stack.aws, name), step.seen)
        return f", and in it the counts of {number} words" if number else ""
    if isinstance(step.seen, dict) and kind == "queue" and (depth := Queue(stack.aws, name).depth()):
        return f", and in it {depth} dead letter{'s' if depth != 1 else ''}"
    if isinstance(step.seen, dict) and kind == "parameter":
        return ", which only a person knows"
    return ""


def without_data_loss(stack: Stack, step: Step) -> Step:
    """The step; or, if it would lose data and the person does not agree, one that is blocked."""
    lost = data_loss(stack, step) if step.want is None else ""
    if not lost:
        return step
    problem = f"{step.title} is no longer in config.yaml"
    if sys.stdin.isatty() and _yes(f"{problem}. Delete it{lost}?"):
        return step
    refused = RefusedError(f"{problem}{lost}", hint="--yes deletes it without asking")
    return replace(step, seen=refused)


def changes(stack: Stack, steps: Iterable[Step], show: Callable[[], None] | None) -> None:
    """Ask before the account is changed, where there is somebody to ask; raises RefusedError."""
    if sys.stdin.isatty() and any(step.action not in (Action.NOTHING, Action.BLOCKED) for step in steps):
        if show:
            show()
        _confirm(f"Do this in {_place(stack)}?")


def deletion(stack: Stack, steps: Iterable[Step]) -> None:
    """Ask before anything is deleted; raises RefusedError, also where there is nobody to ask."""
    if any(step.action is Action.DELETE for step in steps):
        _confirm(f"Delete all of this from {_place(stack)}?")


def _confirm(question: str) -> None:
    if not sys.stdin.isatty():
        raise RefusedError("not confirmed", why="there is no terminal to ask on", hint="use --yes")
    if not _yes(question):
        raise RefusedError("not confirmed, so nothing was done")


def _yes(question: str) -> bool:
    return click.confirm(harmless(question), err=True)


def _place(stack: Stack) -> str:
    """Where a command does its work, in words."""
    at = f" at {stack.aws.custom_endpoint}" if stack.aws.custom_endpoint else ""
    here = "the local engine" if stack.aws.endpoint else f"account {stack.aws.identity[0]}{at}"
    return f"{here}, region {stack.aws.region}"
