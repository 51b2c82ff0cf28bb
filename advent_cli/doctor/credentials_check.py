"""Checks whom AWS takes the credentials for, and where boto3 finds them."""

from advent_cli.aws.account import Aws
from advent_cli.aws.connect import connect
from advent_cli.aws.custom_endpoints import in_words, only_endpoint
from advent_cli.config.config_file import Config
from advent_cli.deploy.inspection import CALLED
from advent_cli.doctor.findings import Finding, note, ok
from advent_cli.doctor.subject import ANY_REGION, Subject
from advent_cli.local.lifecycle import Engine

NOT_AWS = (
    "to use AWS, unset AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_SERVICE for one service, or `endpoint_url` in ~/.aws/config"
)
SOURCES = {  # by boto3's names for the places where it finds credentials
    "env": "the environment",
    "shared-credentials-file": "~/.aws/credentials",
    "config-file": "~/.aws/config",
    "login": "`aws login`",
    "iam-role": "the role of this machine",
}


def log_in(subject: Subject, settings: Config | None, engine: Engine | None, region: str | None) -> Aws:
    """A connection to AWS or the engine; raises AdventError if it does not accept the credentials."""
    name, endpoint = settings.stack if settings else "", engine.endpoint if engine else None
    profile = None if engine else subject.profile
    known = subject.secrets
    where = region or ANY_REGION
    return connect(name, region=where, profile=profile, endpoint=endpoint, trace=subject.trace, secrets=known)


def identity(aws: Aws) -> Finding:
    """The principal, and where boto3 finds its keys; never a secret."""
    method = "the local engine" if aws.endpoint else str(aws.session.get_credentials().method)
    who = f"{aws.identity[1]}, with keys from {SOURCES.get(method, method)}"
    if aws.endpoint:
        return ok("credentials", who)
    if url := only_endpoint(aws, CALLED):
        return note("credentials", f"{who}; the endpoint is {url}, not AWS", NOT_AWS)
    if elsewhere := in_words(aws, CALLED):
        return note("credentials", f"{who}; not on AWS: {elsewhere}", NOT_AWS)
    return ok("credentials", who)
