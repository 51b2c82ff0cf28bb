"""Profiles that `aws login` made: what they need, and why their session cannot be used.

botocore's LoginProvider (credentials.py, since 1.41) reads the session from ~/.aws/login/cache. It renews it with a key
that only the package awscrt can use, for up to 12 hours: "Login for AWS local development using console credentials" in
the user guide of the AWS CLI, which has the command since 2.32.
"""

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from advent_cli.aws.redaction import readable
from advent_cli.errors import TargetError

PACKAGES = "boto3[crt]>=1.41"  # as in the extra `login` of setup.py
RENEW, TOO_MANY = "CreateOAuth2Token", 429  # the operation that renews a session; a status of it that passes
OPT_OUT = "BOTO_DISABLE_CRT"  # a variable that has botocore do without awscrt


def explain_login(error: Exception, profile: str | None = None) -> TargetError | None:
    """Why a session of `aws login` cannot be used, or None for another error; `profile` has the session, if known."""
    from botocore import exceptions

    message = readable(str(error))
    if isinstance(error, exceptions.MissingDependencyException) and "login" in message:
        return _needs_awscrt(profile)
    if not hasattr(exceptions, "LoginError"):  # a boto3 before 1.41, which finds nothing in the profile
        return _needs_awscrt(profile) if profile and isinstance(error, exceptions.NoCredentialsError) else None
    if isinstance(error, exceptions.LoginInsufficientPermissions):
        hint = "ask an administrator for AWS's policy SignInLocalDevelopmentAccess, then log in with " + _login(profile)
        return TargetError("access denied", why=message, hint=hint)
    return _log_in(message, profile) if isinstance(error, exceptions.LoginError) or _is_refusal(error) else None


def profile_with_login(profile: str | None) -> str | None:
    """The profile with a session of `aws login` that this one uses, as itself or as its source; None if there is none.

    Without a profile, the one that boto3 uses.
    """
    import botocore.session
    from botocore.exceptions import ConfigParseError

    session = botocore.session.Session(profile=profile)
    try:
        profiles = session.full_config.get("profiles", {})
    except ConfigParseError:  # the error to explain, and not one of `aws login`
        return None
    name = profile or session.profile or "default"
    for _ in profiles:  # a profile may be its own source
        if "login_session" in profiles.get(name, {}):
            return name
        name = profiles.get(name, {}).get("source_profile", "")
    return None


@contextmanager
def reading_session(profile: str | None, *kinds: type[Exception]) -> Iterator[None]:
    """Explain errors of these kinds, which botocore raises for a broken file in its cache, if `aws login` is in use."""
    try:
        yield
    except kinds as error:
        name = profile_with_login(profile)
        if name is None:
            raise
        raise _log_in(f"the session in ~/.aws/login/cache is broken: {readable(str(error))}", name) from error


def _is_refusal(error: Exception) -> bool:
    """Whether AWS does not renew the session, and would not a moment later either."""
    response = getattr(error, "response", None) or {}
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return getattr(error, "operation_name", "") == RENEW and status < 500 and status != TOO_MANY


def _needs_awscrt(profile: str | None) -> TargetError:
    whose = f"the profile {profile}" if profile else "the profile"
    if os.environ.get(OPT_OUT, "").lower() == "true":
        return TargetError(
            f"{whose} was made by `aws login`, and {OPT_OUT} rules out what it needs", hint=f"unset {OPT_OUT}"
        )
    install = f"{shlex.quote(sys.executable)} -m pip install {shlex.quote(PACKAGES)}"
    return TargetError(
        f"{whose} was made by `aws login`, which needs the package awscrt", hint=f"install it: `{install}`"
    )


def _log_in(why: str, profile: str | None) -> TargetError:
    return TargetError("no valid AWS credentials", why=why, hint=f"log in with {_login(profile)}")


def _login(profile: str | None) -> str:
    if profile is None:
        return "`aws login`, and the --profile that you use"
    return "`aws login`" if profile == "default" else f"`aws login --profile {shlex.quote(profile)}`"
