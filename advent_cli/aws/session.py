"""boto3 sessions: by the person's AWS settings, or with given keys. Slow to import."""

import os
import time
from collections.abc import Callable
from functools import cached_property
from typing import Any

import boto3
import botocore.session
from botocore.exceptions import NoCredentialsError
from botocore.loaders import Loader

from advent_cli.aws.aws_errors import not_aws
from advent_cli.aws.login import reading_session
from advent_cli.aws.redaction import readable


def from_settings(profile: str | None, region: str | None) -> boto3.Session:
    """A session by boto3's own chain; where that finds no region, AWS_REGION counts, which other SDKs read."""
    session = _session(botocore.session.Session(), profile_name=profile, region_name=region)
    if session.region_name or "AWS_REGION" not in os.environ:
        return session
    return _session(botocore.session.Session(), profile_name=profile, region_name=os.environ["AWS_REGION"])


def with_keys(access_key: str, secret_key: str, region: str) -> boto3.Session:
    """A session with these keys. It does not read the person's AWS settings, so a broken profile does not matter."""
    nothing = dict.fromkeys(("profile", "ca_bundle"), (None, None, None, None))
    files = dict.fromkeys(("config_file", "credentials_file"), (None, None, os.devnull, None))
    return _session(
        botocore.session.Session(session_vars={**nothing, **files}),
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        region_name=region,
    )


def log_calls(session: Any, notify: Callable[[str], None]) -> None:
    """Pass a line for each response to `notify`: `service:Operation status milliseconds`."""

    def before(context: dict[str, Any], **_: Any) -> None:
        context["advent_start"] = time.perf_counter()

    def after(http_response: Any, model: Any, context: dict[str, Any], **_: Any) -> None:
        elapsed = (time.perf_counter() - context["advent_start"]) * 1000
        notify(f"{model.service_model.signing_name}:{model.name} {http_response.status_code} {elapsed:.0f} ms")

    session.events.register("before-call", before)
    session.events.register("after-call", after)


def load_credentials(session: Any) -> None:
    """Find the session's credentials; raises NoCredentialsError if there are none.

    Call it before threads create clients, each of which would look for them: botocore's providers are not thread-safe
    (two at once take the profile of a role for an infinite loop), and a `credential_process` would run twice.
    """
    with reading_session(session.profile_name, KeyError, TypeError, ValueError):
        found = session.get_credentials()
    if found is None:
        raise NoCredentialsError


def credentials(session: Any) -> set[str]:
    """The access key, secret key and session token in use; may ask AWS for them."""
    with reading_session(session.profile_name, RuntimeError):  # of awscrt, about the key that renews the session
        return {key for key in session.get_credentials().get_frozen_credentials() if key}


def hide_secrets(session: Any, secrets: set[str] | None) -> set[str]:
    """Remove the secrets in this set, at the time of each response, from AWS's errors; returns the set."""
    learnt = set() if secrets is None else secrets

    def after(parsed: Any, **_: Any) -> None:
        error = parsed.get("Error") if isinstance(parsed, dict) else None
        if isinstance(error, dict):
            error |= {name: readable(text, learnt) for name, text in error.items() if isinstance(text, str)}

    session.events.register("after-call", after)
    return learnt


class _QuickLoader(Loader):  # type: ignore[misc]  # botocore has no types
    """Loads service models without first scanning the directory of every AWS service.

    botocore scans them for each type of file, and again in each thread that asks meanwhile: docs/speed.md has figures.
    """

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 (botocore's signature)
        """The names of all services; a missing file of this type is noticed when it is loaded."""
        return self._services

    @cached_property
    def _services(self) -> list[str]:
        folders = [os.scandir(path) for path in self.search_paths if os.path.isdir(path)]
        return sorted({entry.name for folder in folders for entry in folder if entry.is_dir()})


def _session(core: botocore.session.Session, **settings: Any) -> boto3.Session:
    session = boto3.Session(botocore_session=core, **settings)
    paths = core.get_component("data_loader").search_paths  # depends on the profile
    core.register_component("data_loader", _QuickLoader(paths, include_default_search_paths=False))
    return session


def default_region(profile: str | None) -> str | None:
    """The region in the person's AWS settings, if any."""
    region: str | None = boto3.Session(profile_name=profile).region_name
    return region


def ca_bundle(profile: str | None) -> str | None:
    """The file of trusted certificates in the person's AWS settings, if any: AWS_CA_BUNDLE, or the profile's."""
    file: str | None = botocore.session.Session(profile=profile).get_config_variable("ca_bundle")
    return file


def server_date(profile: str | None, region: str) -> str:
    """The Date header of AWS's response to an unsigned call, for which neither credentials nor the clock matter."""
    from botocore import UNSIGNED
    from botocore.config import Config
    from botocore.exceptions import ClientError

    once = {"total_max_attempts": 1}
    quick = Config(signature_version=UNSIGNED, connect_timeout=3, read_timeout=4, retries=once)
    session = boto3.Session(profile_name=profile, region_name=region)
    try:
        response = session.client("sts", config=quick).get_caller_identity()
    except ClientError as error:  # the expected response: access denied
        response = error.response
    except (ValueError, KeyError) as error:
        raise not_aws(error) from None
    return str(response["ResponseMetadata"]["HTTPHeaders"].get("date", ""))
