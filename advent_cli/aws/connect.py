"""From a profile, a region or an endpoint to an account that answers."""

from collections.abc import Callable, Iterable
from types import SimpleNamespace

from advent_cli.aws.account import Aws
from advent_cli.aws.aws_errors import not_aws, unreachable
from advent_cli.aws.endpoint import Endpoint
from advent_cli.errors import TargetError


def connect(
    stack: str,
    *,
    profile: str | None = None,
    region: str | None = None,
    endpoint: Endpoint | None = None,
    trace: Callable[[str], None] | None = None,
    ahead: Iterable[str] = (),
    secrets: set[str] | None = None,
) -> Aws:
    """Open the door and see who is there; raises TargetError when AWS can't be reached or refuses the credentials.

    Without `endpoint` everything comes from boto3's own chain, AWS_ENDPOINT_URL included. `trace` gets one line for
    each answer, `service:Operation status milliseconds`. `secrets` gets the credentials; what AWS says in its errors
    never quotes one of these secrets.
    """
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    from advent_cli.aws import session as sessions

    try:
        if endpoint:
            session = sessions.of(endpoint.access_key, endpoint.secret_key, region or endpoint.region)
        else:
            session = sessions.own(profile, region)
        if trace:
            sessions.trace(session, trace)
        aws = Aws(session, stack, endpoint)
        if not session.region_name:
            raise TargetError(
                "no region is set", hint="put one into config.yaml, or give --region, or set AWS_DEFAULT_REGION"
            )
        secrets = sessions.hide(session, secrets)
        with aws.making_clients(ahead):
            secrets |= sessions.credentials(session)
            _ = aws.identity
    except (BotoCoreError, ClientError, ResponseParserError) as error:
        raise unreachable(error) from None
    except (ValueError, KeyError) as error:  # botocore's way with a URL that is none, and with a page for an answer
        raise not_aws(error) from None
    return aws


def offline(stack: str) -> Aws:
    """The door to an account that is not asked anything: to know what would be made, before there is any."""
    aws = Aws(SimpleNamespace(region_name="us-east-1"), stack)
    aws.__dict__["identity"] = ("000000000000", "arn:aws:iam::000000000000:root")  # where cached_property keeps it
    return aws
