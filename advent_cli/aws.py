"""The only door to AWS: the session, its clients, ARNs, and what AWS's errors mean."""

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from advent_cli.errors import AdventError, TargetError

OWNER_TAG = "advent:stack"
BAD_CREDENTIALS = {
    "AuthFailure",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "InvalidToken",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
REFUSALS = {
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "UnauthorizedOperation",
    "Forbidden",
}


@dataclass(frozen=True)
class Endpoint:
    """An AWS-compatible server with keys of its own, and how it spells the address of an API."""

    url: str
    access_key: str
    secret_key: str
    region: str
    api_url: str  # with {api_id} in it, without the path of the call


class Aws:
    """One account and one region, as one principal sees them."""

    def __init__(self, session: Any, stack: str, endpoint: Endpoint | None = None) -> None:
        self.session = session
        self.stack = stack
        self.endpoint = endpoint
        self._clients: dict[tuple[str, int], Any] = {}
        self._lock = threading.Lock()

    def client(self, service: str, attempts: int = 8) -> Any:
        """The client of a service, made once; `attempts` counts the first try too."""
        from botocore.config import Config

        with self._lock:  # making a client is not thread-safe, using one is
            if (service, attempts) not in self._clients:
                self._clients[service, attempts] = self.session.client(
                    service,
                    endpoint_url=self.endpoint.url if self.endpoint else None,
                    config=Config(
                        connect_timeout=3,
                        read_timeout=30,
                        retries={"mode": "standard", "total_max_attempts": attempts},
                        max_pool_connections=50,
                        proxies={} if self.endpoint else None,
                    ),
                )
            return self._clients[service, attempts]

    @property
    def region(self) -> str:
        """The region all of this is in."""
        return str(self.session.region_name)

    @cached_property
    def identity(self) -> tuple[str, str]:
        """Account and ARN of the principal we are; asks AWS, which also proves that it can be reached."""
        answer = self.client("sts", attempts=2).get_caller_identity()
        return answer["Account"], answer["Arn"]

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a thing of ours. IAM is global: its ARNs name no region."""
        partition = self.identity[1].split(":")[1]
        region = "" if service == "iam" else self.region
        return f"arn:{partition}:{service}:{region}:{self.identity[0]}:{resource}"

    @property
    def owner_tag(self) -> dict[str, str]:
        """The tag that marks a thing as ours, as `{key: value}`."""
        return {OWNER_TAG: self.stack}

    @property
    def owner_tags(self) -> list[dict[str, str]]:
        """The same as a list of Key and Value, as the older services want it."""
        return [{"Key": OWNER_TAG, "Value": self.stack}]

    def owns(self, tags: dict[str, str] | list[dict[str, str]] | None) -> bool:
        """Whether these tags, in either form, mark a thing as ours."""
        if isinstance(tags, list):
            tags = {tag["Key"]: tag["Value"] for tag in tags}
        return (tags or {}).get(OWNER_TAG) == self.stack


def connect(
    stack: str,
    *,
    profile: str | None = None,
    region: str | None = None,
    endpoint: Endpoint | None = None,
    trace: Callable[[str], None] | None = None,
) -> Aws:
    """Open the door and see who is there; raises TargetError when AWS can't be reached or refuses the credentials.

    Without `endpoint` everything comes from boto3's own chain, AWS_ENDPOINT_URL included. `trace` gets one line for
    each answer, `service:Operation status milliseconds`.
    """
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        session = _session_of(endpoint, region) if endpoint else boto3.Session(profile_name=profile, region_name=region)
        if trace:
            _trace(session, trace)
        aws = Aws(session, stack, endpoint)
        if not session.region_name:
            raise TargetError("no region is set", hint="put one into config.yaml, or give --region, or set AWS_REGION")
        _ = aws.identity
    except (BotoCoreError, ClientError) as error:
        raise unreachable(error) from None
    except ValueError as error:  # botocore's way of saying that an endpoint is no URL
        raise TargetError(str(error), hint="check AWS_ENDPOINT_URL: it looks like http://127.0.0.1:4566") from None
    return aws


def _session_of(endpoint: Endpoint, region: str | None) -> Any:
    """A session that takes nothing from the person's own AWS settings: a broken profile is no matter here."""
    import boto3
    import botocore.session

    nothing = dict.fromkeys(("profile", "ca_bundle"), (None, None, None, None))
    files = dict.fromkeys(("config_file", "credentials_file"), (None, None, os.devnull, None))
    return boto3.Session(
        aws_access_key_id=endpoint.access_key,
        aws_secret_access_key=endpoint.secret_key,
        region_name=region or endpoint.region,
        botocore_session=botocore.session.Session(session_vars={**nothing, **files}),
    )


def _trace(session: Any, tell: Callable[[str], None]) -> None:
    def before(context: dict[str, Any], **_: Any) -> None:
        context["advent_began"] = time.perf_counter()

    def after(http_response: Any, model: Any, context: dict[str, Any], **_: Any) -> None:
        took = (time.perf_counter() - context["advent_began"]) * 1000
        tell(f"{model.service_model.signing_name}:{model.name} {http_response.status_code} {took:.0f} ms")

    session.events.register("before-call", before)
    session.events.register("after-call", after)


def code(error: Exception) -> str:
    """AWS's code of an error, or nothing if it is no error of AWS."""
    return str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))


def found(call: Callable[..., Any], *missing: str, **params: Any) -> Any:
    """The answer of `call(**params)`, or None if AWS answers with one of the codes in `missing`, and only then."""
    from botocore.exceptions import ClientError

    try:
        return call(**params)
    except ClientError as error:
        if code(error) in missing:
            return None
        raise


def unreachable(error: Exception) -> TargetError:
    """Why we do not get as far as the first answer, in one sentence."""
    hint = "check the network, the region and AWS_ENDPOINT_URL"
    if code(error) in BAD_CREDENTIALS or "Credential" in type(error).__name__ or "SSO" in type(error).__name__:
        hint = "set up credentials (`aws configure` or `aws sso login`), or work on this machine with --target local"
        return TargetError("AWS does not accept the credentials, or there are none", why=str(error), hint=hint)
    if type(error).__name__ == "ProfileNotFound":
        return TargetError(str(error), hint="`aws configure list-profiles` shows the ones there are")
    return TargetError("AWS cannot be reached", why=str(error), hint=hint)


def explain(error: Exception) -> AdventError | None:
    """What an error of a step means to a person; None if it is a bug of ours."""
    from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

    if isinstance(error, AdventError):
        return error
    if isinstance(error, ClientError):
        operation = error.operation_name
        message = error.response.get("Error", {}).get("Message", "")
        if code(error) in REFUSALS:
            return AdventError(f"AWS does not allow us {operation}", why=message, hint="ask for this permission")
        return AdventError(f"AWS answered {code(error)} to {operation}", why=message)
    if isinstance(error, BotoCoreError) and not isinstance(error, ParamValidationError):
        return unreachable(error)
    return None


def together(*calls: Callable[[], Any]) -> list[Any]:
    """The answers of calls that do not wait for each other, made at the same time."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]
