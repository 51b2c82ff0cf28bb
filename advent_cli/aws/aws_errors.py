"""What AWS's errors mean: not there, access denied, unreachable, or a bug in advent."""

from collections.abc import Callable
from typing import Any

from advent_cli.aws.certificates import explain_certificate
from advent_cli.aws.login import explain_login
from advent_cli.aws.redaction import readable
from advent_cli.aws.retry import AGAIN
from advent_cli.errors import AdventError, TargetError

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
REFUSALS = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation", "Forbidden"}

OWN_ERROR = f"{AGAIN}: the error is inside AWS"
CHECK_NETWORK = "check the network, the region and AWS_ENDPOINT_URL"
NO_BOUNDARY = "check permissions_boundary in config.yaml; `advent policy boundary` prints the policy to create"
UNKNOWN_KEY = {"InvalidClientTokenId", "UnrecognizedClientException"}  # what AWS says of a key that it does not find
ELSEWHERE = (
    "AWS says the same where a region is not enabled in your account, and to keys of another partition, such as China's"
)
DENIED_HINT = "ask an administrator for this permission; `advent policy` prints all that advent needs"


def error_code(error: Exception) -> str:
    """The error code that AWS returned; empty for an error of another kind."""
    response = getattr(error, "response", None) or {}  # some network errors have a response of None
    return str(response.get("Error", {}).get("Code", ""))


def get_or_none(call: Callable[..., Any], *missing: str, **params: Any) -> Any:
    """The response of `call(**params)`; None if AWS returns one of the error codes in `missing`, and only then."""
    from botocore.exceptions import ClientError

    try:
        return call(**params)
    except ClientError as error:
        if error_code(error) in missing:
            return None
        raise


def may_have_succeeded(error: Exception) -> bool:
    """Whether AWS may have carried out the call although no response, or a server error, came back."""
    from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

    if isinstance(error, ClientError):
        return bool(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500)
    return isinstance(error, ConnectionError | HTTPClientError)


def unreachable(error: Exception, login: str | None = None) -> TargetError:
    """Why there is no usable response from AWS, in one sentence; `login` is the profile of `aws login`, if known."""
    from botocore import exceptions

    if explained := explain_login(error, login) or explain_certificate(error):
        return explained
    no_credentials = (
        exceptions.NoCredentialsError,
        exceptions.PartialCredentialsError,
        exceptions.CredentialRetrievalError,
        exceptions.SSOError,
        exceptions.TokenRetrievalError,
        exceptions.NoAuthTokenError,
    )
    message = readable(str(error))
    if isinstance(error, no_credentials) or error_code(error) in BAD_CREDENTIALS:
        ways = "`aws login`, `aws sso login` or `aws configure`"
        elsewhere = f"; {ELSEWHERE}" if error_code(error) in UNKNOWN_KEY else ""
        hint = f"set up credentials ({ways}), or use the local engine with --target local{elsewhere}"
        return TargetError("no valid AWS credentials", why=message, hint=hint)
    if isinstance(error, exceptions.ProfileNotFound):
        return TargetError(message, hint="list your profiles with `aws configure list-profiles`")
    if isinstance(error, exceptions.ConfigParseError | exceptions.InvalidConfigError):
        return TargetError("cannot read your AWS settings", why=message, hint="check ~/.aws/config")
    if error_code(error) in REFUSALS:
        return TargetError("access denied", why=message, hint="ask an administrator for the permissions")
    if isinstance(error, exceptions.ClientError):
        why = readable(error.response.get("Error", {}).get("Message", ""))
        hint = OWN_ERROR if may_have_succeeded(error) else CHECK_NETWORK
        return TargetError(f"AWS returned {error_code(error)} for {error.operation_name}", why=why, hint=hint)
    why = message.splitlines()[0] if message else type(error).__name__
    return TargetError("AWS cannot be reached", why=why, hint=CHECK_NETWORK)


def not_aws(error: Exception) -> TargetError:
    """What botocore's ValueError or KeyError means at the first call: the URL, or the response, is not one of AWS's."""
    hint = "check the network, and AWS_ENDPOINT_URL if you set it; it looks like http://127.0.0.1:4566"
    why = f"{type(error).__name__}: {readable(str(error))}"
    return TargetError("the endpoint is not AWS", why=why, hint=hint)


def explain(error: Exception) -> AdventError | None:
    """The error in words for a person; None if it is a bug in advent."""
    from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
    from botocore.parsers import ResponseParserError

    if isinstance(error, AdventError):
        return error
    if isinstance(error, ClientError) and not (error_code(error) in BAD_CREDENTIALS or explain_login(error)):
        operation, message = error.operation_name, readable(error.response.get("Error", {}).get("Message", ""))
        if error_code(error) in REFUSALS:
            return AdventError(f"access denied: {operation}", why=message, hint=DENIED_HINT)
        hint = OWN_ERROR if may_have_succeeded(error) else ""
        hint = NO_BOUNDARY if error_code(error) == "NoSuchEntity" and message.startswith("Scope ARN") else hint
        return AdventError(f"AWS returned {error_code(error)} for {operation}", why=message, hint=hint)
    if isinstance(error, ParamValidationError):
        return None
    if isinstance(error, BotoCoreError | ClientError | ResponseParserError):
        return unreachable(error)
    return None
