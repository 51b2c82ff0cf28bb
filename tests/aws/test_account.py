"""The aws target: boto3's own chain, any endpoint, and one clear sentence if it does not work."""

import http.server
import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from advent_cli.aws.aws_errors import explain, get_or_none, unreachable
from advent_cli.errors import UNREACHABLE
from advent_cli.local.lifecycle import Engine
from tests.conftest import ADVENT, Run
from tests.support import proxy as proxies
from tests.support.proxy import refusing


def refusal(code: str, message: str = "no") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "GetThing")


def test_it_works_with_any_endpoint_and_the_keys_of_the_environment(engine: Engine, advent: Run) -> None:
    env = engine.environment("eu-west-1")
    url = advent("--target", "aws", "up", **env).stdout.strip()
    assert ".execute-api.localhost:" in url  # as the endpoint returns it; it need not resolve here
    reply = advent("--target", "aws", "say", "awsadvent", **env)
    assert (reply.stdout, "awsadvent = 11" in reply.stderr) == ("awsadvent = 1\n", True)
    assert url in advent("--target", "aws", "status", **env).stdout
    advent("--target", "aws", "down", "--yes", **env)
    assert "nothing is deployed" in advent("--target", "aws", "status", **env).stdout


def test_a_missing_region_is_an_error(advent: Run) -> None:
    stderr = advent("--target", "aws", "status", code=3, AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="y").stderr
    assert "no region is set" in stderr


@pytest.fixture
def closed_port() -> Iterator[str]:
    """A URL at which no server listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"


class CaptivePortal(http.server.BaseHTTPRequestHandler):
    """Responds to every request with a web page."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>Welcome to our wifi</html>")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def page() -> Iterator[str]:
    """The URL of a server that is not AWS."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), CaptivePortal) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


KEYS = {"AWS_ACCESS_KEY_ID": "AKIAXXXXXXXXXXXXXXXX", "AWS_SECRET_ACCESS_KEY": "very-secret"}


@pytest.mark.parametrize(
    ("args", "env", "message"),
    [
        ((), {}, "Unable to locate credentials"),
        ((), {"AWS_ACCESS_KEY_ID": "x"}, "Partial credentials"),
        (("--profile", "nope"), {}, "profile (nope) could not be found"),
        ((), {"AWS_PROFILE": "nope"}, "profile (nope) could not be found"),
        ((), {**KEYS, "AWS_ENDPOINT_URL": "closed port"}, "cannot be reached"),
        ((), {**KEYS, "AWS_ENDPOINT_URL": "nonsense"}, "Invalid endpoint"),
        ((), {**KEYS, "AWS_ENDPOINT_URL": "engine"}, "no valid AWS credentials"),
        ((), {**KEYS, "AWS_ENDPOINT_URL": "page"}, "the endpoint is not AWS"),
        ((), {**KEYS, "AWS_ENDPOINT_URL": "ftp://localhost"}, "cannot be reached"),
    ],
)
def test_a_failed_connection_is_one_sentence(
    advent: Run,
    running_engine: Engine,
    closed_port: str,
    page: str,
    args: tuple[str, ...],
    env: dict[str, str],
    message: str,
) -> None:
    urls = {"closed port": closed_port, "engine": running_engine.url, "page": page}
    env = {name: urls.get(value, value) for name, value in env.items()}
    done = advent("--target", "aws", "--region", "eu-west-1", *args, "status", code=UNREACHABLE, **env)
    assert message in done.stderr
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 2  # what happened and why; what to do next
    assert "very-secret" not in done.stderr


def test_the_local_target_ignores_broken_aws_settings(engine: Engine, advent: Run) -> None:
    env = {
        "AWS_PROFILE": "nope",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_REGION": "xx",
        "HTTP_PROXY": "http://127.0.0.1:1",
    }
    assert advent("up", **env).stdout.startswith(engine.url)
    assert advent("say", "awsadvent", **env).stdout == "awsadvent = 1\n"


def test_either_variable_sets_the_region(engine: Engine, advent: Run) -> None:
    env = {name: value for name, value in engine.environment(None).items() if not name.endswith("REGION")}
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        shown = advent("-v", "--target", "aws", "status", **env, **{name: "eu-north-1"}).stdout
        assert "missing" in shown
    assert "--region must be an AWS region" in advent("--region", "nonsense", "status", code=2).stderr


def test_credentials_are_looked_for_once(engine: Engine, advent: Run, tmp_path: Path) -> None:
    """Threads that create clients would look for them too, which botocore's provider of roles takes for a loop."""
    keys = {"Version": 1, "AccessKeyId": engine.access_key, "SecretAccessKey": engine.secret_key}
    (tmp_path / "keys.json").write_text(json.dumps(keys))
    (tmp_path / "keys.sh").write_text("echo >> asked\nsleep 0.5\ncat keys.json\n")
    (tmp_path / "aws").write_text("[profile slow]\nregion = eu-west-1\ncredential_process = sh keys.sh\n")
    env = {"AWS_CONFIG_FILE": "aws", "AWS_ENDPOINT_URL": engine.url}
    assert "26 to create" in advent("--target", "aws", "--profile", "slow", "plan", **env).stdout
    assert (tmp_path / "asked").read_text() == "\n"


def test_the_profile_option_takes_precedence_over_the_environment(engine: Engine, advent: Run, tmp_path: Path) -> None:
    keys = f"aws_access_key_id = {engine.access_key}\naws_secret_access_key = {engine.secret_key}\n"
    (tmp_path / "aws").write_text(f"[profile good]\nregion = eu-west-1\n{keys}")
    env = {"AWS_CONFIG_FILE": "aws", "AWS_PROFILE": "missing", "AWS_ENDPOINT_URL": engine.url}
    assert "26 to create" in advent("--target", "aws", "--profile", "good", "plan", **env).stdout


def test_a_closed_pipe_neither_crashes_nor_stops_the_run(engine: Engine, tmp_path: Path) -> None:
    command = f"'{ADVENT}' up 2>&1 | true; '{ADVENT}' plan | head -1; '{ADVENT}' status >&- <&-"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("stack awsadvent on the local engine, us-east-1")
    assert done.stdout.count("\n") == 1


def test_expired_credentials_are_an_error_of_credentials() -> None:
    assert "credentials" in unreachable(refusal("ExpiredToken")).what


def test_a_key_that_aws_does_not_find_may_be_of_another_place(running_engine: Engine, advent: Run) -> None:
    """aws-sdk-ruby #2850: so AWS answers in a region that is not enabled, and to keys of another partition."""
    code, message = "InvalidClientTokenId", "The security token included in the request is invalid."
    with proxies.running(running_engine) as proxy:
        proxy.script = {"sts:GetCallerIdentity": [refusing(403, code, message), refusing(403, "ExpiredToken", "old")]}
        env = {**running_engine.environment(None), "AWS_ENDPOINT_URL": proxy.endpoint.url}
        error = advent("--target", "aws", "status", code=UNREACHABLE, **env).stderr
        assert "no valid AWS credentials" in error
        assert "the same where a region is not enabled in your account, and to keys of another partition" in error
        assert "not enabled" not in advent("--target", "aws", "status", code=UNREACHABLE, **env).stderr


@pytest.mark.parametrize("code", ["InternalFailure", "InternalError"])
def test_an_error_inside_aws_is_not_one_of_the_network(running_engine: Engine, advent: Run, code: str) -> None:
    with proxies.running(running_engine) as proxy:
        proxy.script = {"sts:GetCallerIdentity": [refusing(500, code, "We are sorry.")] * 2}  # botocore asks twice
        env = {**running_engine.environment(None), "AWS_ENDPOINT_URL": proxy.endpoint.url}
        error = advent("--target", "aws", "status", code=UNREACHABLE, **env).stderr
    assert error.splitlines() == [
        f"error: AWS returned {code} for GetCallerIdentity: We are sorry.",
        "  try: run the same command again: the error is inside AWS",
    ]
    for status, hint in ((500, "run the same command again: the error is inside AWS"), (400, "")):
        metadata = {"HTTPStatusCode": status}
        later = ClientError({"Error": {"Code": code}, "ResponseMetadata": metadata}, "GetThing")
        assert (explained := explain(later))
        assert (str(explained), explained.hint) == (f"AWS returned {code} for GetThing", hint)


def test_only_the_given_code_means_absence() -> None:
    def call(code: str) -> None:
        raise refusal(code)

    assert get_or_none(call, "NoSuchEntity", code="NoSuchEntity") is None
    with pytest.raises(ClientError):
        get_or_none(call, "NoSuchEntity", code="AccessDenied")


def test_a_bug_is_not_explained_away() -> None:
    assert explain(KeyError("x")) is None
    explained = explain(
        refusal("AccessDeniedException", "User: arn:x is not authorized to perform: a:B on resource: arn:y")
    )
    assert explained
    assert "is not authorized to perform: a:B on resource: arn:y" in str(explained)
    assert str(explained).startswith("access denied: GetThing: ")
    assert os.linesep not in str(explained)
