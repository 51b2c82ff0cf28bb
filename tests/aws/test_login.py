"""Profiles that `aws login` made, on machines with the package awscrt and without it."""

import importlib.util
import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from botocore import exceptions
from botocore.utils import generate_login_cache_key

from advent_cli.aws.login import explain_login
from advent_cli.errors import UNREACHABLE
from advent_cli.local.lifecycle import Engine
from tests.conftest import Run
from tests.doctor.test_doctor import report

SESSION = "arn:aws:iam::000000000000:user/ann"
CONFIG = f"""
[default]
region = eu-west-1
[profile 'my work']
region = eu-west-1
login_session = {SESSION}
[profile other]
region = eu-west-1
role_arn = arn:aws:iam::000000000000:role/other
source_profile = my work
"""
STAND_IN = "from unittest.mock import MagicMock\n\n\ndef __getattr__(name):\n    return MagicMock()\n"
Settings = dict[str, str]


@pytest.fixture
def settings(tmp_path: Path, running_engine: Engine) -> Settings:
    """The variables of a machine with these profiles, and an empty cache of `aws login`."""
    (tmp_path / "aws").write_text(CONFIG)
    cache = str(tmp_path / "cache")
    return {"AWS_CONFIG_FILE": "aws", "AWS_LOGIN_CACHE_DIRECTORY": cache, "AWS_ENDPOINT_URL": running_engine.url}


@pytest.fixture
def with_awscrt(settings: Settings, tmp_path: Path) -> Settings:
    """The same where awscrt can be loaded: the real one, or a stand-in that can do nothing."""
    if importlib.util.find_spec("awscrt"):
        return settings
    (tmp_path / "packages" / "awscrt").mkdir(parents=True)
    for name in ("auth", "crypto", "checksums"):
        (tmp_path / "packages" / "awscrt" / f"{name}.py").write_text(STAND_IN)
    (tmp_path / "packages" / "awscrt" / "__init__.py").write_text('__version__ = "0.36.0"\n')
    return {**settings, "PYTHONPATH": str(tmp_path / "packages")}


@pytest.fixture
def without_awscrt(settings: Settings, tmp_path: Path) -> Settings:
    """The same where awscrt cannot be loaded."""
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages" / "awscrt.py").write_text("raise ImportError\n")
    return {**settings, "PYTHONPATH": str(tmp_path / "packages")}


@pytest.fixture
def token(tmp_path: Path) -> Callable[[str], None]:
    """A function that puts a text into the cache in place of the session."""

    def put(text: str) -> None:
        (tmp_path / "cache").mkdir(exist_ok=True)
        (tmp_path / "cache" / f"{generate_login_cache_key(SESSION)}.json").write_text(text)

    return put


@pytest.mark.parametrize("profile", ["my work", "other"])
def test_without_awscrt_the_error_names_the_profile_and_how_to_install_it(
    advent: Run, without_awscrt: Settings, profile: str
) -> None:
    done = advent("--target", "aws", "--profile", profile, "plan", code=UNREACHABLE, **without_awscrt)
    what, hint = done.stderr.splitlines()
    assert what.endswith("the profile my work was made by `aws login`, which needs the package awscrt")
    assert "-m pip install 'boto3[crt]>=1.41'`" in hint

    found = advent("--target", "aws", "--profile", profile, "doctor", code=1, **without_awscrt)
    assert report(found.stdout)["credentials"] == [("problem", what.removeprefix("error: "))]
    assert hint in found.stdout
    assert "check the network" not in found.stdout

    advent("--target", "aws", "--profile", "my work", "plan", code=UNREACHABLE, **without_awscrt)
    ruled_out = advent(
        "--target", "aws", "plan", code=3, **without_awscrt, AWS_PROFILE="my work", BOTO_DISABLE_CRT="true"
    )
    assert ruled_out.stderr.splitlines()[1].endswith("try: unset BOTO_DISABLE_CRT")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Unable to load a existing login session"),
        ("{", "is broken"),
        ("{}", "missing required fields"),
        ('{"accessToken": {}, "refreshToken": "r", "dpopKey": "k", "clientId": "c"}', "is broken"),
        ('{"accessToken": "x", "refreshToken": "r", "dpopKey": "k", "clientId": "c"}', "is broken"),
    ],
)
def test_without_a_session_the_error_says_to_log_in(
    advent: Run, with_awscrt: Settings, token: Callable[[str], None], text: str, why: str
) -> None:
    if text:
        token(text)
    done = advent("--target", "aws", "--profile", "other", "plan", code=UNREACHABLE, **with_awscrt)
    what, hint = done.stderr.splitlines()
    assert "no valid AWS credentials: " in what
    assert why in what
    assert hint.strip() == "try: log in with `aws login --profile 'my work'`"


def test_a_session_that_cannot_be_renewed_is_explained() -> None:
    expired = explain_login(exceptions.LoginRefreshRequired(), "default")
    assert expired
    assert "expired" in expired.why
    assert expired.hint == "log in with `aws login`"
    lacking = explain_login(exceptions.LoginInsufficientPermissions())
    assert lacking
    assert (lacking.what, "SignInLocalDevelopmentAccess" in lacking.hint) == ("access denied", True)
    for status, is_over in ((400, True), (429, False), (500, False)):
        meta = {"HTTPStatusCode": status}
        answer = exceptions.ClientError({"Error": {}, "ResponseMetadata": meta}, "CreateOAuth2Token")
        assert bool(explain_login(answer)) == is_over
    assert explain_login(exceptions.NoCredentialsError(), "my work") is None
    assert explain_login(exceptions.MissingDependencyException(msg="for S3")) is None


def test_with_awscrt_the_doctor_says_where_the_keys_come_from(
    advent: Run, settings: Settings, running_engine: Engine, token: Callable[[str], None]
) -> None:
    pytest.importorskip("awscrt", reason="needs the extra `login`")
    expires = datetime.now(timezone.utc) + timedelta(hours=1)
    access = {
        "accessKeyId": running_engine.access_key,
        "secretAccessKey": running_engine.secret_key,
        "sessionToken": "",
        "accountId": "000000000000",
        "expiresAt": f"{expires:%Y-%m-%dT%H:%M:%SZ}",
    }
    token(json.dumps({"accessToken": access, "refreshToken": "r", "dpopKey": "k", "clientId": "c"}))
    found = report(advent("--target", "aws", "-v", "doctor", AWS_PROFILE="my work", **settings).stdout)
    assert "with keys from `aws login`" in found["credentials"][0][1]
