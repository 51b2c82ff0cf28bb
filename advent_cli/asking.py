"""The questions before something is lost, and what is at stake."""

import sys
from dataclasses import replace

import click

from advent_cli import counts
from advent_cli.errors import RefusedError
from advent_cli.plan import Step
from advent_cli.resources.queue import Queue
from advent_cli.resources.table import Table
from advent_cli.stack import Stack


def place(stack: Stack) -> str:
    """Where a command does its work, in words."""
    at = f" at {stack.aws.elsewhere}" if stack.aws.elsewhere else ""
    here = "the local engine" if stack.aws.endpoint else f"account {stack.aws.identity[0]}{at}"
    return f"{here}, region {stack.aws.region}"


def loss(stack: Stack, step: Step) -> str:
    """What is lost with a step, in words: the words in a table, the messages in a queue, a secret."""
    kind, _, name = step.key.partition("/")
    if isinstance(step.seen, dict) and kind == "table":
        number = counts.number_of_words(Table(stack.aws, name), step.seen)
        return f", and in it the counts of {number} words" if number else ""
    if isinstance(step.seen, dict) and kind == "queue" and (depth := Queue(stack.aws, name).depth()):
        return f", and in it {depth} dead letter{'s' if depth != 1 else ''}"
    if isinstance(step.seen, dict) and kind == "parameter":
        return ", which only a person knows"
    return ""


def spared(stack: Stack, step: Step) -> Step:
    """The step; or, if it would delete a table and the person does not agree, one that leaves it alone."""
    lost = loss(stack, step) if step.want is None else ""
    if not lost:
        return step
    question = f"{step.title} is no longer in config.yaml. Delete it{lost}?"
    if sys.stdin.isatty() and click.confirm(question, err=True):
        return step
    refused = RefusedError(f"{step.title} is no longer in config.yaml{lost}", hint="--yes deletes it without asking")
    return replace(step, seen=refused)


def confirm(question: str) -> None:
    """Go on only if a person says so; raises RefusedError."""
    if not sys.stdin.isatty():
        raise RefusedError("nothing was done, for nobody can be asked here", hint="--yes does it without asking")
    if not click.confirm(question, err=True):
        raise RefusedError("nothing was done")
