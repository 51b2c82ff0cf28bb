"""Asks this machine, AWS and the app for the facts, side by side where one does not need another."""

import http.client
import os
import time
import urllib.error
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from advent_cli.aws import session
from advent_cli.aws.account import Aws, together
from advent_cli.aws.aws_errors import explain
from advent_cli.aws.connect import connect
from advent_cli.config import config_file
from advent_cli.config.config_file import Config
from advent_cli.config.schema import SLACK_SECRET
from advent_cli.doctor import judge
from advent_cli.doctor.findings import ELSEWHERE, IN_THE_STACK, Finding, not_checked, note, ok, problem
from advent_cli.doctor.installed import versions
from advent_cli.doctor.simulate import simulated
from advent_cli.errors import AdventError
from advent_cli.local import lifecycle
from advent_cli.local.lifecycle import Engine
from advent_cli.messages.post import post_once
from advent_cli.messages.slack_form import ARE_YOU_THERE
from advent_cli.output import crash_report
from advent_cli.stack.build import Stack, build

T = TypeVar("T")
NOT_AWS = "AWS_ENDPOINT_URL says so; without it, AWS is asked"
SOURCES = {  # what boto3 calls the places where it finds credentials
    "env": "the environment",
    "shared-credentials-file": "~/.aws/credentials",
    "config-file": "~/.aws/config",
    "iam-role": "the role of this machine",
}
NOBODY_ELSES = "us-east-1"  # where to ask who we are if no region is set; the answer is the same everywhere


@dataclass(frozen=True)
class Subject:
    """What to examine: the options before the command, None where one is not given, and where secrets go."""

    config: str | None
    stack: str | None
    target: str | None
    profile: str | None
    region: str | None
    trace: Callable[[str], None] | None
    secrets: set[str]


def examine(subject: Subject) -> Iterator[Finding]:
    """Make all the checks, and yield each finding as soon as it and those before it are there.

    A check that fails is a finding; one that cannot be made for an earlier one says so. Nothing is changed or counted.
    """
    settings = _attempt(subject, "config", lambda: _load(subject))
    target = subject.target or (settings.target if isinstance(settings, Config) else None)
    yield from versions(target)
    yield settings if isinstance(settings, Finding) else ok("config", _which(subject, settings))
    if target is None:
        yield from not_checked((*ELSEWHERE, *IN_THE_STACK), "the target is not known without config.yaml (or --target)")
        return
    engine = _attempt(subject, "engine", _engine) if target == "local" else None
    if isinstance(engine, Finding):
        yield engine
        yield from not_checked((*ELSEWHERE, *IN_THE_STACK), "the local engine is not running")
        return
    if engine:
        yield _attempt(subject, "engine", lambda: _running(engine))
    yield from _beyond(subject, settings if isinstance(settings, Config) else None, engine)


def _beyond(subject: Subject, settings: Config | None, engine: Engine | None) -> Iterator[Finding]:
    """The checks that ask the engine or AWS, and then those that need to know who we are there."""
    found = _attempt(subject, "region", lambda: _region(subject, settings, engine))
    told, region = found if isinstance(found, tuple) else (found, None)
    yield told
    who, clock = together(
        lambda: _attempt(subject, "credentials", lambda: _connect(subject, settings, engine, region)),
        lambda: _attempt(subject, "clock", lambda: _clock(subject, engine, region)),
    )
    yield who if isinstance(who, Finding) else _attempt(subject, "credentials", lambda: _identity(who))
    yield clock
    if isinstance(who, Finding) or settings is None or region is None:
        wrong = "config.yaml is" if settings is None else "the region is" if region is None else "the credentials are"
        yield from not_checked(IN_THE_STACK, f"{wrong} not in order")
        return
    stack = build(settings, who)
    yield from together(
        lambda: _attempt(subject, "permissions", lambda: simulated(stack)),
        lambda: _attempt(subject, "app", lambda: _app(stack)),
        lambda: _attempt(subject, "slack", lambda: _slack(stack)),
    )


def _attempt(subject: Subject, check: str, ask: Callable[[], T]) -> T | Finding:
    """What was asked for; if that fails, however it fails, a finding that says so."""
    try:
        return ask()
    except AdventError as error:
        told = error
    except ImportError as error:
        told = AdventError(f"a package cannot be loaded: {error}", hint="install advent again")
    except Exception as error:  # one failing check must not stop the others
        told = explain(error) or _bug(error, subject)
    return problem(check, str(told), told.hint)


def _bug(error: Exception, subject: Subject) -> AdventError:
    report = crash_report.write(error, subject.secrets)
    hint = f"report it, with {report.file or 'this line'}"
    return AdventError(f"this is a bug in advent: {report.problem}", hint=hint)


def _load(subject: Subject) -> Config:
    return config_file.load(config_file.find(subject.config), config_file.check_stack(subject.stack))


def _which(subject: Subject, settings: Config) -> str:
    return f"{config_file.find(subject.config)} is valid; stack {settings.stack}"


def _engine() -> Engine | Finding:
    engine = lifecycle.find()
    if engine and not engine.access_key:
        return note("engine", "running, but an older version of advent started it", "`advent up` starts it again")
    return engine or note(
        "engine", "installed, but not running", "`advent up` starts it, and so does `advent local start`"
    )


def _running(engine: Engine) -> Finding:
    return ok("engine", f"running at {engine.url}, process {engine.pid}, since {lifecycle.since()}")


def _region(subject: Subject, settings: Config | None, engine: Engine | None) -> tuple[Finding, str | None]:
    given, in_config = subject.region, settings.region if settings else None
    if given:
        config_file.check_region(given)
    if engine and not (given or in_config):
        return ok("region", f"{engine.endpoint.region}, the local engine's own"), engine.endpoint.region
    chain = None if given or in_config else session.default_region(subject.profile)
    return judge.region(given, in_config, os.environ, chain)


def _connect(subject: Subject, settings: Config | None, engine: Engine | None, region: str | None) -> Aws:
    name, endpoint = settings.stack if settings else "", engine.endpoint if engine else None
    profile = None if engine else subject.profile
    known = subject.secrets
    where = region or NOBODY_ELSES
    return connect(name, region=where, profile=profile, endpoint=endpoint, trace=subject.trace, secrets=known)


def _identity(aws: Aws) -> Finding:
    """Who we are, and from where boto3 has it; never a secret."""
    method = "the local engine" if aws.endpoint else str(aws.session.get_credentials().method)
    who = f"{aws.identity[1]}, with keys from {SOURCES.get(method, method)}"
    if not aws.endpoint and aws.elsewhere:
        return note("credentials", f"{who}; what answers is {aws.elsewhere}, and not AWS", NOT_AWS)
    return ok("credentials", who)


def _clock(subject: Subject, engine: Engine | None, region: str | None) -> Finding:
    if engine:
        return ok("clock", "the local engine has the same")
    date = session.server_date(subject.profile, region or NOBODY_ELSES)
    return judge.clock(date, time.time())


def _app(stack: Stack) -> Finding:
    url = stack.url
    if url is None:
        return note("app", "there is no API to ask yet, or no route for POST", "`advent up` makes it")
    if stack.config.slack is None:
        return note("app", f"{url} was not asked: in an app that is not for Slack that might start something")
    try:
        return judge.app(url, 200, post_once(url, ARE_YOU_THERE).text)
    except urllib.error.HTTPError as error:
        return judge.app(url, error.code, "")
    except (OSError, http.client.HTTPException) as error:
        return problem("app", f"{url} does not answer: {error}", "check the network; a new API takes a minute")


def _slack(stack: Stack) -> Finding:
    if stack.config.slack is None:
        return ok("slack", "the app is not for Slack")
    kept = stack.secrets.get(SLACK_SECRET)
    if kept and kept.read() is not None:
        return ok("slack", "its secret is set; only who knows it gets in")
    lock = "`advent slack secret` lets only Slack in" if kept else f"give a function `reads_secrets: [{SLACK_SECRET}]`"
    return note("slack", "no secret is set; who knows the URL gets in", lock)
