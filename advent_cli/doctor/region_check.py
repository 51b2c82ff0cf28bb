"""Checks which region the commands use, and where it is set."""

import os
from collections.abc import Mapping

from advent_cli.aws import session
from advent_cli.config import config_file
from advent_cli.config.config_file import Config
from advent_cli.doctor.findings import Finding, ok, problem
from advent_cli.doctor.subject import Subject
from advent_cli.local.lifecycle import Engine


def region(subject: Subject, settings: Config | None, engine: Engine | None) -> tuple[Finding, str | None]:
    """The finding, and the region's name; None if none is set."""
    given, in_config = subject.region, settings.region if settings else None
    if given:
        config_file.check_region(given)
    if engine and not (given or in_config):
        return ok("region", f"{engine.endpoint.region}, the local engine's own"), engine.endpoint.region
    default = None if given or in_config else session.default_region(subject.profile)
    return judge_region(given, in_config, os.environ, default)


def judge_region(
    given: str | None, config: str | None, environment: Mapping[str, str], default: str | None
) -> tuple[Finding, str | None]:
    """Pure: the region that commands use and where it is set; `default` is the one that boto3 finds."""
    in_environment = environment.get("AWS_DEFAULT_REGION")
    sources = (
        (given, "--region or ADVENT_REGION"),
        (config, "config.yaml"),
        (default if default == in_environment else None, "AWS_DEFAULT_REGION"),
        (default, "your AWS settings"),
        (environment.get("AWS_REGION"), "AWS_REGION"),
    )
    name, source = next(((name, source) for name, source in sources if name), (None, ""))
    if name is None:
        hint = "set `region` in config.yaml or AWS_DEFAULT_REGION, or use --region"
        return problem("region", "no region is set", hint), None
    return ok("region", f"{name}, from {source}"), name
