"""Pure: what the facts mean."""

import re
from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime

from advent_cli.doctor.findings import Finding, note, ok, problem

# AWS refuses a signature that is more than five minutes off its clock ("Elements of an AWS API request signature").
MOST_SKEW, SOME_SKEW = 300, 60  # seconds
REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)\s*\(?([^;)]*)\)?\s*(?:;\s*extra\s*==\s*['\"](\w+)['\"])?")
WEB_ANSWERS = {  # what API Gateway itself says, and what it means
    403: ("API Gateway does not know the API", "a new one takes a minute; else `advent up` makes it"),
    404: ("API Gateway does not know the route", "a new one takes a minute; else `advent up` makes it"),
    429: ("too many requests just now", "try again; `api.rate` in config.yaml is the limit"),
    500: (
        "the function may not be called, or it failed",
        "`advent up` mends the first, `advent logs` tells the second",
    ),
    503: ("the function cannot run just now", "see `advent logs --errors`"),
}


def versions(requirements: Iterable[str], installed: Mapping[str, str | None], extras: set[str]) -> list[Finding]:
    """Each package that is missing, or older or newer than asked for; one finding with all of them if there is none.

    `requirements` are as the metadata of a package has them, of which those count that belong to no extra or to one of
    `extras`; `installed` has the version of each, by its `plain` name.
    """
    wrong, fine = [], []
    for name, limits, extra in map(_requirement, requirements):
        have = installed.get(plain(name))
        if extra and extra not in extras:
            continue
        if have is None:
            wrong.append(problem("versions", f"{name} is not installed", f"pip install '{name}{limits}'"))
        elif any(_is_below(have, limit) for limit in limits.split(",")):
            wrong.append(problem("versions", f"{name} is {have}, needed is {limits}", f"pip install '{name}{limits}'"))
        elif any(_is_beyond(have, limit) for limit in limits.split(",")):
            wrong.append(note("versions", f"{name} is {have}, tried was {limits}"))
        else:
            fine.append(f"{name} {have}")
    return wrong or [ok("versions", ", ".join(dict.fromkeys(fine)))]


def plain(name: str) -> str:
    """The name of a package as all spell it alike (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _requirement(text: str) -> tuple[str, str, str]:
    match = REQUIREMENT.match(text)
    name, limits, extra = match.groups() if match else (text, "", "")
    return name, limits.replace(" ", ""), extra or ""


def _number(version: str) -> tuple[int, ...]:
    """The release of a version, as in (1, 5, 33, 0); what follows, as in rc1, is left out."""
    match = re.match(r"[0-9]+(\.[0-9]+)*", version)
    numbers = [int(part) for part in match[0].split(".")] if match else []
    return tuple([*numbers, 0, 0, 0, 0][:4])


def _is_below(have: str, limit: str) -> bool:
    return limit[:2] in (">=", "==") and _number(have) < _number(limit[2:])


def _is_beyond(have: str, limit: str) -> bool:
    if limit.startswith("=="):
        return _number(have) > _number(limit[2:])
    return limit.startswith("<") and limit[1:2] != "=" and _number(have) >= _number(limit[1:])


def region(
    given: str | None, config: str | None, environment: Mapping[str, str], chain: str | None
) -> tuple[Finding, str | None]:
    """The region that commands will use, and where it comes from; `chain` is what boto3's own settings say."""
    default = environment.get("AWS_DEFAULT_REGION")
    sources = (
        (given, "--region or ADVENT_REGION"),
        (config, "config.yaml"),
        (chain if chain == default else None, "AWS_DEFAULT_REGION"),
        (chain, "your AWS settings"),
        (environment.get("AWS_REGION"), "AWS_REGION"),
    )
    name, source = next(((name, source) for name, source in sources if name), (None, ""))
    if name is None:
        hint = "put one into config.yaml, or give --region, or set AWS_DEFAULT_REGION"
        return problem("region", "no region is set", hint), None
    return ok("region", f"{name}, from {source}"), name


def clock(date: str, now: float) -> Finding:
    """How far our clock (`now`, seconds since 1970) is off the Date of an answer of AWS."""
    try:
        off = now - parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError):
        return note("clock", f"the answer has no date to compare with: {date!r}")
    minutes = f"{abs(off) / 60:.0f} minutes {'ahead of' if off > 0 else 'behind'} that of AWS"
    if abs(off) > MOST_SKEW:
        return problem("clock", f"{minutes}; AWS refuses what is signed more than 5 minutes off", "set the clock")
    if abs(off) >= SOME_SKEW:
        return note("clock", f"{minutes}; at 5 minutes AWS begins to refuse", "set the clock")
    return ok("clock", "within a minute of that of AWS")


def app(url: str, status: int, body: str) -> Finding:
    """What the app answered to Slack's question whether it is there, which counts nothing."""
    if status == 200 and not body.strip():
        return ok("app", f"{url} answers")
    if status == 200:
        return problem("app", f"{url} answers, but not as the word counter does: {body[:100]!r}", "`advent up`")
    words, hint = WEB_ANSWERS.get(status, ("", "`advent logs` tells more"))
    return problem("app", f"{url} answered {status}" + (f": {words}" if words else ""), hint)
