"""Connects to an account by profile, region or endpoint."""

from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import TypeVar, cast

from advent_cli.aws.account import ALL_APIS, Aws
from advent_cli.aws.aws_errors import not_aws, unreachable
from advent_cli.aws.endpoint import Endpoint
from advent_cli.aws.login import profile_with_login
from advent_cli.errors import TargetError

T = TypeVar("T")


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
    """The account, once AWS has confirmed who the caller is; raises TargetError if AWS is unreachable or refuses.

    Without `endpoint` everything comes from boto3's own chain, AWS_ENDPOINT_URL included. The clients of the services
    in `ahead` are created meanwhile. `trace` gets a line for each response, `service:Operation status milliseconds`.
    `secrets` gets the credentials; none of the secrets in it is quoted in an error of AWS.
    """
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    from advent_cli.aws import session as sessions

    try:
        if endpoint:
            session = sessions.with_keys(endpoint.access_key, endpoint.secret_key, region or endpoint.region)
        else:
            session = sessions.from_settings(profile, region)
        if trace:
            sessions.log_calls(session, trace)
        aws = Aws(session, stack, endpoint, profile)
        if not session.region_name:
            raise TargetError(
                "no region is set", hint="set `region` in config.yaml, pass --region, or set AWS_DEFAULT_REGION"
            )
        secrets = sessions.hide_secrets(session, secrets)
        sessions.load_credentials(session)
        with aws.creating_clients(ahead):
            secrets |= sessions.credentials(session)
            _ = aws.identity
    except (BotoCoreError, ClientError, ResponseParserError) as error:
        raise unreachable(error, None if endpoint else profile_with_login(profile)) from None
    except (ValueError, KeyError) as error:  # how botocore fails on a malformed URL, and on a web page as the response
        raise not_aws(error) from None
    return aws


class Offline(Aws):
    """An account that is never called: whatever a resource asks before it knows its calls is not there."""

    def __init__(self, stack: str, account: str, partition: str, region: str) -> None:
        super().__init__(SimpleNamespace(region_name=region), stack)
        identity = (account, f"arn:{partition}:iam::{account}:root")
        self.__dict__["identity"] = identity  # where cached_property stores it

    def cached(self, key: tuple[str, ...], call: Callable[[], T]) -> T:  # noqa: ARG002
        """Nothing, as an answer of `call`: no resource, or an empty list of APIs."""
        return cast("T", [] if key == ALL_APIS else None)


def offline(stack: str, account: str = "000000000000", partition: str = "aws", region: str = "us-east-1") -> Aws:
    """An account that is never called, to build a stack without a connection, and to know the calls that create it."""
    return Offline(stack, account, partition, region)
