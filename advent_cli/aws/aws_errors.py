"""What AWS's errors mean: absent, refused, unreachable, or a bug of ours."""

from collections.abc import Callable
from typing import Any

from advent_cli.aws.redaction import readable
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

NO_BOUNDARY = "check permissions_boundary in config.yaml; `advent policy boundary` prints a policy to make it of"


def code(error: Exception) -> str:
    """AWS's code of an error, or nothing if it is no error of AWS."""
    response = getattr(error, "response", None) or {}  # some errors of the network have one, and it is None
    return str(response.get("Error", {}).get("Code", ""))


def found(call: Callable[..., Any], *missing: str, **params: Any) -> Any:
    """The answer of `call(**params)`, or None if AWS answers with one of the codes in `missing`, and only then."""
    from botocore.exceptions import ClientError

    try:
        return call(**params)
    except ClientError as error:
        if code(error) in missing:
            return None
        raise


def lost(error: Exception) -> bool:
    """Whether the call may have been carried out although its answer did not arrive."""
    from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

    if isinstance(error, ClientError):
        return bool(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500)
    return isinstance(error, ConnectionError | HTTPClientError)


def unreachable(error: Exception) -> TargetError:
    """Why we do not get as far as an answer, in one sentence."""
    from botocore import exceptions

    without = (
        exceptions.NoCredentialsError,
        exceptions.PartialCredentialsError,
        exceptions.CredentialRetrievalError,
        exceptions.SSOError,
        exceptions.TokenRetrievalError,
        exceptions.NoAuthTokenError,
        *([exceptions.LoginError] if hasattr(exceptions, "LoginError") else []),  # newer than our oldest boto3
    )
    said = readable(str(error))
    if isinstance(error, without) or code(error) in BAD_CREDENTIALS:
        hint = "set up credentials (`aws configure` or `aws sso login`), or work on this machine with --target local"
        return TargetError("AWS does not accept the credentials, or there are none", why=said, hint=hint)
    if isinstance(error, exceptions.ProfileNotFound):
        return TargetError(said, hint="`aws configure list-profiles` shows the ones there are")
    if isinstance(error, exceptions.ConfigParseError | exceptions.InvalidConfigError):
        return TargetError("your AWS settings cannot be read", why=said, hint="check ~/.aws/config")
    if code(error) in REFUSALS:
        return TargetError("AWS does not allow us anything", why=said, hint="ask for the permissions")
    why = said.splitlines()[0] if said else type(error).__name__
    return TargetError("AWS cannot be reached", why=why, hint="check the network, the region and AWS_ENDPOINT_URL")


def not_aws(error: Exception) -> TargetError:
    """What botocore's ValueError or KeyError means at the first call: nothing can be made of a URL, or of an answer."""
    hint = "check AWS_ENDPOINT_URL, which looks like http://127.0.0.1:4566, and the network"
    return TargetError("what answers is not AWS", why=f"{type(error).__name__}: {readable(str(error))}", hint=hint)


def explain(error: Exception) -> AdventError | None:
    """What an error means to a person; None if it is a bug of ours."""
    from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
    from botocore.parsers import ResponseParserError

    if isinstance(error, AdventError):
        return error
    if isinstance(error, ClientError) and code(error) not in BAD_CREDENTIALS:
        operation, message = error.operation_name, readable(error.response.get("Error", {}).get("Message", ""))
        if code(error) in REFUSALS:
            return AdventError(f"AWS does not allow us {operation}", why=message, hint="ask for this permission")
        hint = NO_BOUNDARY if code(error) == "NoSuchEntity" and message.startswith("Scope ARN") else ""
        return AdventError(f"AWS answered {code(error)} to {operation}", why=message, hint=hint)
    if isinstance(error, ParamValidationError):
        return None
    if isinstance(error, BotoCoreError | ClientError | ResponseParserError):
        return unreachable(error)
    return None
