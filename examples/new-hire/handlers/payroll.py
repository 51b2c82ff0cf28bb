"""Puts a new employee on the payroll."""

from typing import Any

import steps


def handler(event: dict[str, Any], context: object) -> None:
    """Handle an event from SNS. Here, this only records that the step is done."""
    for person in steps.new_hires(event):
        steps.record_step(f"{person['name']}/payroll", f"paid as {person['role']}")
