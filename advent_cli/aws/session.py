"""Sessions of boto3: the person's own, and one for a server with keys of its own. It is slow to import."""

import os
import time
from collections.abc import Callable
from functools import cached_property
from typing import Any

import boto3
import botocore.session
from botocore.loaders import Loader

from advent_cli.aws.aws_errors import not_aws
from advent_cli.aws.redaction import readable


def own(profile: str | None, region: str | None) -> boto3.Session:
    """A session by boto3's own chain; and where that knows no region, by the variable that other SDKs read."""
    session = _session(botocore.session.Session(), profile_name=profile, region_name=region)
    if session.region_name or "AWS_REGION" not in os.environ:
        return session
    return _session(botocore.session.Session(), profile_name=profile, region_name=os.environ["AWS_REGION"])


def of(access_key: str, secret_key: str, region: str) -> boto3.Session:
    """A session with these keys. The person's own AWS settings are not read: a broken profile is no matter here."""
    nothing = dict.fromkeys(("profile", "ca_bundle"), (None, None, None, None))
    files = dict.fromkeys(("config_file", "credentials_file"), (None, None, os.devnull, None))
    return _session(
        botocore.session.Session(session_vars={**nothing, **files}),
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        region_name=region,
    )


def trace(session: Any, notify: Callable[[str], None]) -> None:
    """Tell of each answer `service:Operation status milliseconds`."""

    def before(context: dict[str, Any], **_: Any) -> None:
        context["advent_began"] = time.perf_counter()

    def after(http_response: Any, model: Any, context: dict[str, Any], **_: Any) -> None:
        took = (time.perf_counter() - context["advent_began"]) * 1000
        notify(f"{model.service_model.signing_name}:{model.name} {http_response.status_code} {took:.0f} ms")

    session.events.register("before-call", before)
    session.events.register("after-call", after)


def credentials(session: Any) -> set[str]:
    """The credentials in use."""
    found = session.get_credentials()
    return {key for key in (found.get_frozen_credentials() if found else ()) if key}


def hide(session: Any, secrets: set[str] | None) -> set[str]:
    """Keep secrets out of what AWS says in its errors, before anybody sees it: those that are in the set by then."""
    learnt = set() if secrets is None else secrets

    def after(parsed: Any, **_: Any) -> None:
        error = parsed.get("Error") if isinstance(parsed, dict) else None
        if isinstance(error, dict):
            error |= {name: readable(told, learnt) for name, told in error.items() if isinstance(told, str)}

    session.events.register("after-call", after)
    return learnt


class _QuickLoader(Loader):  # type: ignore[misc]  # botocore has no types
    """Reads the models of services without first looking into the directory of every service that AWS has.

    botocore does so for each kind of file, and threads that ask at once do it each: docs/speed.md has the figures.
    """

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 (botocore's signature)
        """The names of all services; that one has no file of this type is found when it is read."""
        return self._services

    @cached_property
    def _services(self) -> list[str]:
        folders = [os.scandir(path) for path in self.search_paths if os.path.isdir(path)]
        return sorted({entry.name for folder in folders for entry in folder if entry.is_dir()})


def _session(core: botocore.session.Session, **settings: Any) -> boto3.Session:
    session = boto3.Session(botocore_session=core, **settings)
    paths = core.get_component("data_loader").search_paths  # which depend on the profile
    core.register_component("data_loader", _QuickLoader(paths, include_default_search_paths=False))
    return session


def default_region(profile: str | None) -> str | None:
    """The region that boto3 finds in the person's own AWS settings, if any."""
    region: str | None = boto3.Session(profile_name=profile).region_name
    return region


def server_date(profile: str | None, region: str) -> str:
    """The Date of an answer of AWS, to a call without a signature: neither credentials nor our clock matter to it."""
    from botocore import UNSIGNED
    from botocore.config import Config
    from botocore.exceptions import ClientError

    once = {"total_max_attempts": 1}
    quick = Config(signature_version=UNSIGNED, connect_timeout=3, read_timeout=4, retries=once)
    session = boto3.Session(profile_name=profile, region_name=region)
    try:
        answer = session.client("sts", config=quick).get_caller_identity()
    except ClientError as error:  # AWS answers, that we are nobody
        answer = error.response
    except (ValueError, KeyError) as error:
        raise not_aws(error) from None
    return str(answer["ResponseMetadata"]["HTTPHeaders"].get("date", ""))
