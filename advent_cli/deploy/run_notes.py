"""Pure: what is to be known about a run once it has ended."""

from collections.abc import Callable

from advent_cli.deploy.decide import Step
from advent_cli.deploy.inspection import Inspection
from advent_cli.resources.subscription import Subscription

# "Additions or changes to a subscription filter policy require up to 15 minutes to fully take effect": "Amazon SNS
# subscription filter policies" in its developer guide.
FILTERS = "SNS may take up to 15 minutes to apply changes to filters: {}"


def run_notes(inspection: Inspection, steps: tuple[Step, ...], changed: Callable[[str], bool]) -> tuple[str, ...]:
    """Sentences about a run of `up` with these steps; `changed` says whether it created or updated a resource."""
    if inspection.stack.aws.endpoint:
        return ()  # the local engine applies everything at once
    titles = [
        inspection.stack.resources[step.key].name for step in steps if changed(step.key) and _has_new_filter(step)
    ]
    return (FILTERS.format(", ".join(titles)),) if titles else ()


def _has_new_filter(step: Step) -> bool:
    """Whether the step creates, changes or removes a filter."""
    if step.want is None or not step.key.startswith(f"{Subscription.kind}/"):
        return False
    return bool(step.want["filter"] != (step.seen["filter"] if isinstance(step.seen, dict) else None))
