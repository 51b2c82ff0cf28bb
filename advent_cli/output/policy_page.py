"""Prints an IAM policy as JSON that the aws command line takes."""

import json
from collections.abc import Iterable

from advent_cli.output.stream import err, out
from advent_cli.stack.policy_size import Policy, split


def show(document: Policy, notes: Iterable[str], *, is_split: bool) -> None:
    """Print the policy, or with `is_split` one a line of those that IAM accepts; the notes go to stderr."""
    for text in [json.dumps(part, separators=(",", ":")) for part in split(document)] if is_split else []:
        out(text)
    if not is_split:
        out(json.dumps(document, indent=2))
    for note in notes:
        err(f"note: {note}")
