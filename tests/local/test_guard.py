"""The local engine is for its owner: it refuses whatever web pages and other users of the machine can send.

The requests are those that a browser sends for a page of another origin ("HTTP-network-or-cache fetch" and "CORS
protocol", Fetch Standard; "Fetch Metadata Request Headers", W3C), and those of a user who knows MiniStack: it takes
`test`, twelve digits or no key for root, and serves its own pages without a signature.
"""

import base64
import hashlib
import http.client
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from advent_cli.aws.retry import Waiter
from advent_cli.local import files
from advent_cli.local.lifecycle import Engine
from advent_cli.messages import post, slack_post
from advent_cli.resources.parameter import Parameter
from advent_cli.stack.build import Stack
from advent_cli.words import counts
from tests.conftest import Run
from tests.support import stacks
from tests.support.functions import FORM
from tests.support.proxy import signature

DAY = "20260101/us-east-1"


def forged(key: str) -> str:
    """The Authorization header of someone without the secret key."""
    return f"AWS4-HMAC-SHA256 Credential={key}/{DAY}/lambda/aws4_request, SignedHeaders=host, Signature=0"


PAGES = {
    "fetch, no-cors": {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"},
    "fetch, cors, from a sandboxed frame": {"Origin": "null"},
    "a form": {"Origin": "http://127.0.0.1:9999", "Sec-Fetch-Site": "same-site"},
    "a page served by an API of the engine": {"Sec-Fetch-Site": "same-origin"},
    "an image": {"Sec-Fetch-Site": "cross-site"},
    "DNS rebinding": {"Host": "evil.example:4566"},
    "DNS rebinding, two names": {"Host": "127.0.0.1.evil.example"},
    "an invalid host name": {"Host": "["},
}
FORGED = {
    "no header": {},
    "a token": {"Authorization": "Bearer x"},
    "a password": {"Authorization": "Basic eDp5"},
    "signature version 2": {"Authorization": "AWS test:0"},
    **{f"the key {key!r}": {"Authorization": forged(key)} for key in ("test", "000000000000", "")},
}
QUERIES = ["", f"?X-Amz-Credential=test/{DAY}/lambda/aws4_request", "?AWSAccessKeyId=test&Signature=0"]
OWN_PAGES = [
    "/_ministack/reset",
    "/_ministack/config",
    "/_ministack/cfn-response/x",
    "/_localstack/health",
    "/_aws/ses",
]


@pytest.fixture(scope="module")
def before(deployed: Stack) -> dict[str, Any]:
    return state(deployed)


@pytest.fixture
def unchanged(deployed: Stack, before: dict[str, Any]) -> Iterator[None]:
    yield
    assert state(deployed) == before


def state(stack: Stack) -> dict[str, Any]:
    """What an intruder would change first."""
    functions = stack.aws.client("lambda").list_functions()["Functions"]
    names = ("FunctionName", "Role", "CodeSha256", "LastModified")
    return {
        "names": sorted(stacks.left(stack.aws.client)),
        "functions": [{name: function[name] for name in names} for function in functions],
        "counts": dict(counts.scan(stack.table)),
    }


def ask(
    engine: Engine, method: str, path: str, headers: dict[str, str], body: bytes = b""
) -> tuple[int, dict[str, str], bytes]:
    """The status, headers and body of the response."""
    connection = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=60)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    finally:
        connection.close()


def is_refused(response: tuple[int, dict[str, str], bytes]) -> bool:
    status, headers, body = response
    return status in (400, 403) and b"Functions" not in body and "access-control-allow-origin" not in headers


def signed_headers(engine: Engine, method: str, path: str) -> dict[str, str]:
    """The headers of this request as the owner signs it."""
    return {name.title(): value for name, value in stacks.signed(engine, method, path).header_items()}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("path", ["/2015-03-31/functions/", "/_ministack/health", "/_ministack/reset", "/"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_a_web_page_is_refused_even_with_a_signature(
    running_engine: Engine, unchanged: None, page: str, path: str, method: str
) -> None:
    for headers in ({}, signed_headers(running_engine, method, path)):
        assert is_refused(ask(running_engine, method, path, {**headers, **PAGES[page]}))


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("credentials", FORGED)
def test_requests_without_a_valid_key_are_refused(
    running_engine: Engine, unchanged: None, credentials: str, query: str
) -> None:
    headers = {**FORGED[credentials], "X-Amz-Date": "20260101T000000Z"}
    assert is_refused(ask(running_engine, "GET", f"/2015-03-31/functions/{query}", headers))
    body = json.dumps({"TableName": "table", "Key": {"word": {"S": "x"}}}).encode()
    target = {"X-Amz-Target": "DynamoDB_20120810.DeleteTable", "Content-Type": "application/x-amz-json-1.0"}
    for path in ("/", "/_aws/execute-api", "/_aws/execute-api/", "/_aws/execute-api//", "/restapis/x"):
        response = ask(running_engine, "POST", f"{path}{query}", {**headers, **target}, body)
        assert is_refused(response) or response[0] == 404


def raw(target: str, *lines: str, host: str = "127.0.0.1", method: str = "GET") -> list[str]:
    return [f"{method} {target} HTTP/1.1", f"Host: {host}", *lines]


LIST, TOKEN, KEY = "/2015-03-31/functions/", "Authorization: Bearer x", f"Authorization: {forged('X')}"
TABLES = ("X-Amz-Target: DynamoDB_20120810.ListTables", "Content-Type: application/x-amz-json-1.0")
RAW = {  # code that reads the last of two headers sees another key than code that reads the first, or both
    "two headers": raw(LIST, TOKEN, KEY),
    "two headers, the key first": raw(LIST, KEY, TOKEN),
    "a header and a query": raw(f"{LIST}?X-Amz-Credential=X/{DAY}/lambda/aws4_request", TOKEN),
    "two queries": raw(f"{LIST}?X-Amz-Credential=X/a&x-amz-credential=test/b"),
    "an invented key": raw("/v2/_catalog", f"Authorization: {forged('AKIAIOSFODNN7EXAMPLE')}"),
    **{
        f"the host name of an API, and {target!r}": raw(
            target, TOKEN, *TABLES, host="deadbeef.execute-api.localhost", method="POST"
        )
        for target in ("x", "*", "?a", ";")
    },
}


@pytest.mark.parametrize("name", RAW)
def test_ambiguous_requests_are_refused(running_engine: Engine, unchanged: None, name: str) -> None:
    body = b"{}"
    with socket.create_connection(("127.0.0.1", running_engine.port), timeout=60) as connection:
        lines = [*RAW[name], f"Content-Length: {len(body)}", "Connection: close", "", ""]
        connection.sendall("\r\n".join(lines).encode() + body)
        response = b"".join(iter(lambda: connection.recv(65536), b""))
    assert response.split(b" ", 2)[1] in (b"400", b"403"), response
    assert b"TableNames" not in response
    assert b"FunctionName" not in response


@pytest.mark.parametrize("change", ["the body", "the hash of the body", "an added header", "a duplicate header"])
def test_a_signature_covers_the_whole_request(running_engine: Engine, unchanged: None, change: str) -> None:
    """An intercepted request with a valid signature, with one change."""
    body = b'{"TableName": "table"}'
    call = AWSRequest("POST", f"{running_engine.url}/", {"X-Amz-Target": "DynamoDB_20120810.DescribeTable"}, body)
    headers = signature(running_engine, "dynamodb", call)
    headers["Host"] = f"127.0.0.1:{running_engine.port}"
    assert ask(running_engine, "POST", "/", headers, body)[0] == 200
    if change == "the hash of the body":
        headers["X-Amz-Content-SHA256"] = hashlib.sha256(body).hexdigest()
    if change == "an added header":
        headers["X-Amz-Trailer"] = "x"
    if change == "a duplicate header":
        headers["x-amz-target"] = "DynamoDB_20120810.DeleteTable"
    changed = body if change.endswith("header") else b'{"TableName": "table", "a": "b"}'
    assert is_refused(ask(running_engine, "POST", "/", headers, changed))


def test_a_body_cannot_change_the_caller(running_engine: Engine, deployed: Stack, unchanged: None) -> None:
    """A user without permissions puts root's key into a trailer of "aws-chunked", which MiniStack makes a header."""
    iam = deployed.aws.client("iam")
    iam.create_user(UserName="nobody")
    keys = iam.create_access_key(UserName="nobody")["AccessKey"]
    user = replace(running_engine, access_key=keys["AccessKeyId"], secret_key=keys["SecretAccessKey"])
    trailer = f"authorization:{forged(running_engine.access_key)}"
    body = f"2\r\n{{}}\r\n0\r\n{trailer}\r\n\r\n".encode()
    target = {"X-Amz-Target": "DynamoDB_20120810.ListTables", "Content-Encoding": "aws-chunked"}
    call = AWSRequest("POST", f"{user.url}/", target, b"")

    class Presign(SigV4QueryAuth):  # type: ignore[misc]  # botocore has no types
        def payload(self, _: AWSRequest) -> str:  # botocore would put it into the query
            return hashlib.sha256(body).hexdigest()

    Presign(Credentials(user.access_key, user.secret_key), "dynamodb", "us-east-1").add_auth(call)
    path = call.url.removeprefix(user.url)
    headers = {**dict(call.headers), **target, "Host": f"127.0.0.1:{user.port}"}
    status, _, response = ask(running_engine, "POST", path, headers, body)
    assert b"SignatureDoesNotMatch" not in response  # the user lacks the permission
    iam.delete_access_key(UserName="nobody", AccessKeyId=user.access_key)
    iam.delete_user(UserName="nobody")
    assert (status, b"TableNames" in response) != (200, True)
    connections = f"{urllib.parse.urlsplit(deployed.url or '').path}/@connections/x?X-Amz-Algorithm=x"
    encoded = {"Content-Encoding": "aws-chunked"}
    assert ask(running_engine, "POST", connections, encoded, body)[0] in (403, 404)


def test_a_partial_message_is_dropped(running_engine: Engine, deployed: Stack, unchanged: None) -> None:
    """The client disconnects before the end of the body."""
    path = urllib.parse.urlsplit(deployed.url or "").path
    body = slack_post.build_request("half", stacks.TUTORIAL.slack, None).body.decode()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {FORM}"
    half = f"{head}\r\nTransfer-Encoding: chunked\r\n\r\n{len(body):x}\r\n{body}\r\n"  # without the last chunk
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", running_engine.port)) as connection:
            connection.sendall(half.encode())
    message = slack_post.build_request("warm", stacks.TUTORIAL.slack, None)
    assert ask(running_engine, "POST", path, message.headers, message.body)[0] == 200
    wait_and_reset_count(deployed)


def test_too_long_a_body_is_refused(running_engine: Engine) -> None:
    headers = {"Content-Type": FORM, "Origin": "http://evil.example"}
    assert ask(running_engine, "POST", "/_aws/execute-api/x/y", headers, b"x" * 11_000_000)[0] == 413


def test_a_request_without_a_key_is_refused_before_its_body_is_read(running_engine: Engine) -> None:
    """Otherwise anyone could keep the engine busy."""
    with socket.create_connection(("127.0.0.1", running_engine.port), timeout=60) as connection:
        connection.sendall(b"POST /_x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000000\r\n\r\nx")
        assert connection.recv(65536).startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize("path", OWN_PAGES)
@pytest.mark.parametrize("credentials", FORGED)
def test_the_engines_own_pages_are_for_its_owner(
    running_engine: Engine, unchanged: None, credentials: str, path: str
) -> None:
    for method in ("GET", "POST", "PUT", "DELETE"):
        assert is_refused(ask(running_engine, method, path, FORGED[credentials]))
        signed = signed_headers(running_engine, method, path)
        invalid = {name: value[:-4] + "0000" if name == "Authorization" else value for name, value in signed.items()}
        assert is_refused(ask(running_engine, method, path, invalid))


def test_the_code_of_a_function_is_for_its_owner(running_engine: Engine, deployed: Stack) -> None:
    url = deployed.aws.client("lambda").get_function(FunctionName="sns_logger")["Code"]["Location"]
    path = urllib.parse.urlsplit(url).path
    assert is_refused(ask(running_engine, "GET", path, {}))
    assert ask(running_engine, "GET", path, signed_headers(running_engine, "GET", path))[2].startswith(b"PK")


@pytest.mark.parametrize("key", ["root", "test", "000000000000", "function"])
def test_the_signature_is_checked(running_engine: Engine, deployed: Stack, unchanged: None, key: str) -> None:
    keys = {
        "root": (running_engine.access_key, "test", None),
        "test": ("test", "test", None),
        "000000000000": ("000000000000", "test", None),
        "function": computed_credentials(deployed),
    }
    access_key, secret_key, token = keys[key]
    client = boto3.client(
        "lambda", endpoint_url=running_engine.url, region_name="us-east-1",
        aws_access_key_id=access_key, aws_secret_access_key=secret_key, aws_session_token=token,
    )  # fmt: skip
    with pytest.raises(ClientError) as caught:
        client.list_functions()
    assert caught.value.response["Error"]["Code"] in (
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    )


def computed_credentials(stack: Stack) -> tuple[str, str, str]:
    """The credentials that MiniStack derives for a function from public data: its ARN and its role's ARN."""
    reply = post.webhook(stack).say("warm", Waiter())  # a function has credentials once it has run
    assert "warm" in reply.text
    wait_and_reset_count(stack)
    function = stack.aws.client("lambda").get_function(FunctionName="aws_advent")["Configuration"]
    digest = hashlib.sha256(f"{function['FunctionArn']}:{function['Role']}".encode()).hexdigest()
    secret, token = (hashlib.sha256(f"{kind}:{digest}".encode()).hexdigest() for kind in ("secret", "token"))
    return f"ASIA{digest[:16].upper()}", secret, token


def wait_and_reset_count(stack: Stack) -> None:
    """Wait until all functions have counted the word, and delete it."""
    Waiter().until(lambda: counts.of(stack.table, ["warm"]) == {"warm": 11}, "all of it to be counted")
    stack.aws.client("dynamodb").delete_item(TableName=stack.table.name, Key={stack.table.key_name: {"S": "warm"}})


def test_a_websocket_is_refused(running_engine: Engine, deployed: Stack, unchanged: None) -> None:
    nonce = base64.b64encode(secrets.token_bytes(16)).decode()
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": nonce,
    }
    for path in ("/", urllib.parse.urlsplit(deployed.url or "").path, "/mqtt"):
        for headers in ({}, {"Origin": "http://evil.example"}, {"Host": "a.iot.us-east-1.localhost"}):
            assert ask(running_engine, "GET", path, {**upgrade, **headers})[0] == 403


@pytest.mark.parametrize("page", PAGES)
def test_an_api_is_open_to_all_as_on_aws_without_cors_headers(
    running_engine: Engine, deployed: Stack, page: str
) -> None:
    path = urllib.parse.urlsplit(deployed.url or "").path
    message = slack_post.build_request("warm", stacks.TUTORIAL.slack, None)
    headers = {**message.headers, **PAGES[page]}
    if page == "an invalid host name":
        del headers["Host"]
    status, answered, body = ask(running_engine, "POST", path, headers, message.body)
    assert (status, "warm" in body.decode()) == (200, True)
    assert not [name for name in answered if name.startswith("access-control")]
    preflight = ask(running_engine, "OPTIONS", path, {**headers, "Access-Control-Request-Method": "POST"})
    assert not [name for name in preflight[1] if name.startswith("access-control")]
    wait_and_reset_count(deployed)


def test_the_host_name_of_an_api_leads_only_to_it(running_engine: Engine, deployed: Stack, unchanged: None) -> None:
    api_id, path = urllib.parse.urlsplit(deployed.url or "").path.removeprefix("/_aws/execute-api/").split("/", 1)
    host = {"Host": f"{api_id}.execute-api.localhost:{running_engine.port}", "Origin": "http://evil.example"}
    message = slack_post.build_request("warm", stacks.TUTORIAL.slack, None)
    assert ask(running_engine, "POST", f"/{path}", {**message.headers, **host}, message.body)[0] == 200
    wait_and_reset_count(deployed)
    target = {"X-Amz-Target": "DynamoDB_20120810.DeleteTable", **FORGED["a token"]}
    for path in ("/_ministack/reset", "/", "/2015-03-31/functions/"):
        status, _, body = ask(running_engine, "POST", path, {**host, **target}, b'{"TableName": "table"}')
        assert (status, json.loads(body)) == (404, {"message": "Not Found"})


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can run as another user")
@pytest.mark.skipif(shutil.which("runuser") is None, reason="there is no runuser")
def test_another_user_of_the_machine_is_refused(running_engine: Engine, deployed: Stack, unchanged: None) -> None:
    """Another user can find the port and send any request, but cannot read the engine's files."""
    program = f"""
import os, urllib.request, pathlib, urllib.error
for file in {[str(path) for path in (home_of(running_engine), home_of(running_engine) / "engine.json")]}:
    try:
        os.listdir(file) if os.path.isdir(file) else open(file)
        print("read", file)
    except OSError:
        pass
for path in ("/2015-03-31/functions/", "/_ministack/reset", "/_aws/ses/messages"):
    for header in ("Bearer x", {FORGED["the key 'test'"]["Authorization"]!r}):
        request = urllib.request.Request("{running_engine.url}" + path, b"", {{"Authorization": header}})
        try:
            print(path, urllib.request.urlopen(request).status)
        except urllib.error.HTTPError as error:
            assert error.code in (400, 403), error.code
print("tried")
"""
    python = next((each for each in (sys.executable, "/usr/bin/python3") if can_run(each)), None)
    if python is None:
        pytest.skip("the user nobody cannot run Python here")
    done = subprocess.run(
        ["runuser", "-u", "nobody", "--", python, "-c", program], cwd="/", capture_output=True, text=True
    )
    assert done.stdout == "tried\n", done.stderr


def can_run(python: str) -> bool:
    command = ["runuser", "-u", "nobody", "--", python, "-c", ""]
    return Path(python).exists() and subprocess.run(command, cwd="/", capture_output=True).returncode == 0


def home_of(engine: Engine) -> Path:
    from advent_cli.local import lifecycle

    assert engine.pid
    return lifecycle.home()


def test_the_owner_is_root(running_engine: Engine, deployed: Stack, advent: Run) -> None:
    """With the variables that `local env` prints, as a shell reads them."""
    exports = advent("local", "env").stdout
    assert running_engine.secret_key in exports
    program = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
    shell = f'{exports}\n"{sys.executable}" -c "{program}"'
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=True)
    assert done.stdout == "arn:aws:iam::000000000000:root\n"


def test_its_files_are_private_and_its_secrets_stay_there(running_engine: Engine) -> None:
    home = home_of(running_engine)
    assert home.stat().st_mode & 0o777 == 0o700
    assert (home / "engine.json").stat().st_mode & 0o777 == 0o600
    assert running_engine.secret_key not in repr(running_engine)
    assert running_engine.secret_key not in repr(running_engine.endpoint)
    assert running_engine.secret_key not in files.log_file().read_text()
    arguments = Path(f"/proc/{running_engine.pid}/cmdline")
    if arguments.exists():
        assert running_engine.access_key not in arguments.read_text()


def test_a_web_page_cannot_post_to_an_app_with_a_secret(engine: Engine) -> None:
    stack = stacks.tutorial(engine)
    stacks.up(stack)
    secret = stack.secrets["slack-secret"]
    assert isinstance(secret, Parameter)
    secret.put("only Slack knows", Waiter())
    headers = {"Content-Type": FORM, "Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
    forged = b"text=awsadvent+forged&trigger_word=awsadvent&token=x"
    assert ask(engine, "POST", urllib.parse.urlsplit(stack.url or "").path, headers, forged)[0] == 401
    assert dict(counts.scan(stack.table)) == {}
