"""Puts somebody who was hired on the payroll."""

from typing import Any

import steps


def handler(event: dict[str, Any], context: object) -> None:
    """Hear of it, and do it; here by noting that it was done."""
    for person in steps.hired(event):
        steps.note(f"{person['name']}/payroll", f"paid as {person['role']}")
