"""Checks how far this machine's clock is off AWS's."""

import time
from email.utils import parsedate_to_datetime

from advent_cli.aws import session
from advent_cli.doctor.findings import Finding, note, ok, problem
from advent_cli.doctor.subject import ANY_REGION, Subject
from advent_cli.local.lifecycle import Engine

# AWS refuses a signature that is more than five minutes off its clock ("Elements of an AWS API request signature").
MOST_SKEW, SOME_SKEW = 300, 60  # seconds


def clock(subject: Subject, engine: Engine | None, region: str | None) -> Finding:
    """The finding, by the date of a response from AWS."""
    if engine:
        return ok("clock", "the local engine uses the same clock")
    return judge_clock(session.server_date(subject.profile, region or ANY_REGION), time.time())


def judge_clock(date: str, now: float) -> Finding:
    """Pure: how far `now` (seconds since 1970) is off the Date header of a response."""
    try:
        off = now - parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError):
        return note("clock", f"the response has no date to compare with: {date!r}")
    minutes = f"{abs(off) / 60:.0f} minutes {'ahead of' if off > 0 else 'behind'} AWS's clock"
    if abs(off) > MOST_SKEW:
        return problem("clock", f"{minutes}; AWS rejects requests signed more than 5 minutes off", "set the clock")
    if abs(off) >= SOME_SKEW:
        return note("clock", f"{minutes}; AWS rejects requests signed more than 5 minutes off", "set the clock")
    return ok("clock", "within a minute of AWS's clock")
