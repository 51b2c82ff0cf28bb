"""Orders a badge for a new employee who works in the office."""

from typing import Any

import steps


def handler(event: dict[str, Any], context: object) -> None:
    """Handle an event from SNS. Here, this only records that the step is done."""
    for person in steps.new_hires(event):
        steps.record_step(f"{person['name']}/badge", f"a badge for {person['name']}")
