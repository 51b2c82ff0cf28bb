"""Runs all checks, side by side if none needs another's result."""

from collections.abc import Iterator

from advent_cli.aws.account import in_parallel
from advent_cli.config.config_file import Config
from advent_cli.doctor import (
    app_check,
    clock_check,
    config_check,
    credentials_check,
    engine_check,
    permission_check,
    region_check,
    slack_check,
    stack_check,
)
from advent_cli.doctor.findings import IN_THE_STACK, REACHING_TARGET, Finding, not_checked
from advent_cli.doctor.subject import Subject
from advent_cli.doctor.version_check import versions
from advent_cli.local.lifecycle import Engine
from advent_cli.stack.build import build_for


def examine(subject: Subject) -> Iterator[Finding]:
    """Yield each finding as soon as it and those before it are known.

    A check that fails is a finding, and so is one that cannot run because an earlier one failed. Nothing is changed or
    counted.
    """
    settings = subject.attempt("config", lambda: config_check.load(subject))
    target = subject.target or (settings.target if isinstance(settings, Config) else None)
    yield from versions(target)
    yield settings if isinstance(settings, Finding) else config_check.valid(subject, settings)
    others = (*REACHING_TARGET, *IN_THE_STACK)
    if target is None:
        yield from not_checked(others, "the target is unknown without config.yaml or --target")
        return
    engine = subject.attempt("engine", engine_check.find) if target == "local" else None
    if isinstance(engine, Finding):
        yield engine
        yield from not_checked(others, "the local engine is not running")
        return
    if engine:
        yield subject.attempt("engine", lambda: engine_check.running(engine))
    yield from _beyond(subject, settings if isinstance(settings, Config) else None, engine)


def _beyond(subject: Subject, settings: Config | None, engine: Engine | None) -> Iterator[Finding]:
    """The checks that need AWS or the engine, and then those that also need a stack."""
    result = subject.attempt("region", lambda: region_check.region(subject, settings, engine))
    finding, region = result if isinstance(result, tuple) else (result, None)
    yield finding
    aws, clock = in_parallel(
        lambda: subject.attempt("credentials", lambda: credentials_check.log_in(subject, settings, engine, region)),
        lambda: subject.attempt("clock", lambda: clock_check.clock(subject, engine, region)),
    )
    yield aws if isinstance(aws, Finding) else subject.attempt("credentials", lambda: credentials_check.identity(aws))
    yield clock
    if isinstance(aws, Finding) or settings is None or region is None:
        failed = "config.yaml" if settings is None else "region" if region is None else "credentials"
        yield from not_checked(IN_THE_STACK, f"the {failed} check failed")
        return
    stack = subject.attempt("config", lambda: build_for(settings, aws))
    if isinstance(stack, Finding):
        yield stack
        yield from not_checked(IN_THE_STACK, "execution_role is not of this account")
        return
    yield from in_parallel(
        lambda: subject.attempt("permissions", lambda: permission_check.permissions(stack)),
        lambda: subject.attempt("stack", lambda: stack_check.health(stack)),
        lambda: subject.attempt("app", lambda: app_check.app(stack)),
        lambda: subject.attempt("slack", lambda: slack_check.slack(stack)),
    )
