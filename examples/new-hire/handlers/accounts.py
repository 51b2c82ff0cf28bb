"""Makes the accounts of somebody who was hired."""

from typing import Any

import steps


def handler(event: dict[str, Any], context: object) -> None:
    """Hear of it, and do it; here by noting that it was done."""
    for person in steps.hired(event):
        steps.note(f"{person['name']}/accounts", f"mail and chat for {person['name']}")
