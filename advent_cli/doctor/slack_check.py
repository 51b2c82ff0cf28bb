"""Checks whether Slack's secret is set."""

from advent_cli.config.schema import SLACK_SECRET
from advent_cli.doctor.findings import Finding, note, ok
from advent_cli.stack.build import Stack


def slack(stack: Stack) -> Finding:
    """The finding; never the secret."""
    if stack.config.slack is None:
        return ok("slack", "the app does not use Slack")
    kept = stack.secrets.get(SLACK_SECRET)
    if kept and kept.read() is not None:
        return ok("slack", "the secret is set; only requests that prove it are accepted")
    hint = "`advent slack secret` sets it, so that only Slack can post"
    return note(
        "slack",
        f"no secret is set; anyone {'on this machine' if stack.aws.endpoint else 'with the URL'} can post",
        hint if kept else f"add `reads_secrets: [{SLACK_SECRET}]` to a function in config.yaml",
    )
