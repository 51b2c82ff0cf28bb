"""Orders a badge for somebody who will come to the office."""

from typing import Any

import steps


def handler(event: dict[str, Any], context: object) -> None:
    """Hear of it, and do it; here by noting that it was done."""
    for person in steps.hired(event):
        steps.note(f"{person['name']}/badge", f"a badge for {person['name']}")
