"""Asks for confirmation before changes and data loss; says what data would be lost."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import replace

import click

from advent_cli.deploy.decide import Action, Step
from advent_cli.deploy.place import in_question
from advent_cli.errors import RefusedError
from advent_cli.output.control_characters import escape_controls
from advent_cli.output.labels import LOST
from advent_cli.resources.queue import Queue
from advent_cli.resources.table import Table
from advent_cli.stack.build import Stack
from advent_cli.words import counts


def data_loss(stack: Stack, step: Step) -> str:
    """The data that deleting a step's resource loses, in words; empty if none."""
    kind, _, name = step.key.partition("/")
    if isinstance(step.seen, dict) and kind == "table":
        number = counts.number_of_words(Table(stack.aws, name), step.seen)
        return f", with {number} word count{'s' if number != 1 else ''}" if number else ""
    if isinstance(step.seen, dict) and kind == "queue" and (depth := Queue(stack.aws, name).depth()):
        return f", with {depth} dead letter{'s' if depth != 1 else ''}"
    if isinstance(step.seen, dict) and kind == "parameter":
        return f", with {LOST[kind][0]}"
    return ""


def without_data_loss(stack: Stack, step: Step) -> Step:
    """The step; blocked if it would lose data and the user does not agree."""
    lost = data_loss(stack, step) if step.want is None else ""
    if not lost:
        return step
    problem = f"{step.title} is no longer in config.yaml"
    if sys.stdin.isatty() and _yes(f"{problem}. Delete it{lost}, from {in_question(stack)}?"):
        return step
    refused = RefusedError(f"{problem}{lost}", hint="`advent up --yes` deletes it without asking")
    return replace(step, seen=refused)


def changes(stack: Stack, steps: Iterable[Step], show: Callable[[], None] | None) -> None:
    """Ask before the account is changed, if stdin is a terminal; raises RefusedError if the answer is no."""
    if sys.stdin.isatty() and any(step.action not in (Action.NOTHING, Action.BLOCKED) for step in steps):
        if show:
            show()
        agreed(f"Make these changes to {in_question(stack)}?")


def deletion(stack: Stack, steps: Iterable[Step]) -> None:
    """Ask before anything is deleted or handed over; raises RefusedError if the answer is no, or nobody can answer."""
    actions = [(step.action, step.title) for step in steps]
    handing_over = ", ".join(title for action, title in actions if action is Action.UPDATE)
    if any(action is Action.DELETE for action, _ in actions):
        agreed(f"Delete {in_question(stack)}{f', and hand over {handing_over}' if handing_over else ''}?")
    elif handing_over:
        agreed(f"Hand over {handing_over} of {in_question(stack)}?")


def agreed(question: str) -> None:
    """Ask the question; raises RefusedError if the answer is no, or stdin is not a terminal."""
    if not sys.stdin.isatty():
        raise RefusedError("not confirmed", why="no terminal to ask on", hint="use --yes")
    if not _yes(question):
        raise RefusedError("not confirmed: nothing was changed")


def _yes(question: str) -> bool:
    return click.confirm(escape_controls(question), err=True)
