"""Errors are shown without the secrets that AWS quotes in them, in every output; the rest of the text stays."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from advent_cli.aws.connect import connect
from advent_cli.aws.redaction import readable
from advent_cli.errors import AdventError
from advent_cli.local.lifecycle import Engine
from advent_cli.output.advice import presentable
from tests.conftest import Run as Advent
from tests.support import proxy as proxies
from tests.support.proxy import Handler, Proxy, pass_on, refuse, refusing

KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"  # from AWS's documentation, like the id below
SECRETS = (
    "AKIAIOSFODNN7EXAMPLE",
    "xoxb-17653672481-19874698323-pdFZKVeTuE8sk7oOcHrzqqgy",
    "FwoGZXIvYXdzEBEaDFake",
)
INNOCENT = (
    "test 3f786850e387550fdab836ed7e6dc881de23001b arn:aws:s3:::abc/DEF/0123456789/abcdefghijklmnopqrstuvwxyz0123"
)
QUOTES = f"refused {KEY} {SECRETS[0]} {SECRETS[1]} x-amz-security-token:{SECRETS[2]} in {INNOCENT}"
COMMANDS = {
    "plan": ["plan"],
    "plan --json": ["plan", "--json"],
    "status": ["status"],
    "status --json": ["status", "--json"],
    "up": ["up", "--yes"],
    "up --json": ["up", "--yes", "--json"],
    "up --events": ["up", "--yes", "--events"],
    "doctor": ["doctor"],
    "say": ["say", "--trace", "awsadvent"],
    "say --json": ["say", "awsadvent", "--json"],
    "list": ["list"],
    "slack secret": ["slack", "secret"],
}


@pytest.fixture
def proxy(engine: Engine) -> Iterator[Proxy]:
    with proxies.running(engine) as proxy:
        proxy.meet = as_root
        yield proxy


def as_root(_: str, handler: Handler, body: bytes) -> None:
    """Accept the documentation's keys as root's, so that this file knows the secret."""
    proxies.sign_as_root(handler, body)
    pass_on(handler, body)


@pytest.fixture
def person(proxy: Proxy, tmp_path: Path) -> dict[str, str]:
    """The environment of a user whose AWS is the proxy, with keys in a file."""
    file = tmp_path / "credentials"
    keys = proxy.engine.environment(None)["AWS_ACCESS_KEY_ID"]
    file.write_text(f"[default]\naws_access_key_id = {keys}\naws_secret_access_key = {KEY}\n")
    where = {"AWS_ENDPOINT_URL": proxy.endpoint.url, "AWS_REGION": "us-east-1", "ADVENT_TARGET": "aws"}
    return {**where, "AWS_SHARED_CREDENTIALS_FILE": str(file)}


def outputs(advent: Advent, words: list[str], code: int, env: dict[str, str]) -> str:
    done = advent(*words, code=code, stdin=f"{SECRETS[1]}\n", **env)
    return json.dumps(json.loads(done.stdout)) if done.stdout.startswith("{\n") else done.stdout + done.stderr


def assert_clean(output: str) -> None:
    assert "refused *** *** *** x-amz-security-token:*** in " in output
    assert INNOCENT in output
    assert [secret for secret in (KEY, *SECRETS) if secret in output] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_shows_a_secret_that_aws_quotes(
    proxy: Proxy, advent: Advent, person: dict[str, str], name: str
) -> None:
    def meet(call: str, handler: Handler, body: bytes) -> None:
        if call.startswith("sts:"):
            as_root(call, handler, body)
        else:
            refuse(handler, 400, "ValidationException", QUOTES)

    proxy.meet = meet
    assert_clean(outputs(advent, COMMANDS[name], 1, person))


@pytest.mark.parametrize("name", ["plan", "plan --json", "doctor", "list"])
def test_no_secret_shows_when_credentials_are_rejected(
    proxy: Proxy, advent: Advent, person: dict[str, str], name: str
) -> None:
    proxy.meet = lambda _, handler, body: refusing(403, "SignatureDoesNotMatch", QUOTES)(handler, body)
    assert_clean(outputs(advent, COMMANDS[name], 1 if name == "doctor" else 3, person))


def test_no_secret_shows_when_a_step_fails(proxy: Proxy, advent: Advent, person: dict[str, str]) -> None:
    proxy.script["dynamodb:CreateTable"] = [refusing(400, "ValidationException", QUOTES)] * 3
    for words in (["up", "--yes"], ["up", "--yes", "--json"], ["up", "--yes", "--events"]):
        assert_clean(outputs(advent, words, 1, person))


def test_no_typed_secret_shows(proxy: Proxy, advent: Advent, person: dict[str, str]) -> None:
    proxy.script["ssm:PutParameter"] = [refusing(400, "ValidationException", "Value 'correct-horse' at 'value'")]
    output = advent("slack", "secret", code=1, stdin="correct-horse\n", **person).stderr
    assert "Value '***' at 'value'" in output


def test_the_keys_of_the_local_engine_are_secrets(engine: Engine) -> None:
    learned: set[str] = set()
    connect("x", endpoint=engine.endpoint, secrets=learned)
    assert learned == {engine.access_key, engine.secret_key}


@pytest.mark.parametrize(
    "text",
    [
        INNOCENT,
        "Credential should be scoped to a valid region",
        "a bearer token is missing; basic settings are",
        "cannot read /home/ann/.aws/credentials-of-mine",
        "see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials.html, or write to ann@example.org",
        "sha256 6dcd4ce23d88e2ee9568ba546c007c63d9131c1b, short",
    ],
)
def test_text_that_users_need_stays(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/home/ann/.aws/credentials-of-mine")
    monkeypatch.setenv("KEYBOARD", "short")
    assert readable(text, {"test", "short", ""}) == text


def test_secrets_of_the_environment_and_the_run_are_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_TOKEN", "correct-horse-battery")
    proxy = "http://ann:hunter2@proxy.example.org"
    error = AdventError("a correct-horse-battery", why=f"b {proxy}", hint="c staple-it, `advent up`")
    output = presentable(error, {"staple-it"})
    assert (output.what, output.why) == ("a ***", "b http://***@proxy.example.org")
    assert output.hint == "c ***, `advent up`"


INNOCENT_NAMES = (
    *("KEYS_TABLE", "KEYBOARD_LAYOUT", "PASSENGER_APP_ENV", "XAUTHORITY", "AUTHSTUFF_ARN", "GIT_AUTHOR_EMAIL", "PWD"),
    *("OLDPWD", "SLACK_SECRET_PARAMETER", "TOKENIZER_MODEL", "MONKEY", "BYPASS", "SSH_AUTH_SOCK", "COMPASS_HOME"),
)
SECRET_NAMES = (
    *("AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "SLACK_SIGNING_SECRET", "DB_PASSWORD", "PGPASSWORD", "MYSQL_PWD", "KEY"),
    *("api_key", "APIKEY", "STRIPE_APIKEY", "GPG_PASSPHRASE", "SMTP_PASS", "NPM_AUTH", "MY_CREDENTIALS", "TOKEN2"),
    *("SECRET_KEY_BASE", "VAULT_SECRET_ID", "SECRETKEY", "ROOT_PASSWD", "MY_CREDENTIAL"),
)


@pytest.mark.parametrize("name", INNOCENT_NAMES + SECRET_NAMES)
def test_a_variable_is_secret_by_whole_words_of_its_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    value = "awsadvent-word-table"
    monkeypatch.setenv(name, value)
    assert readable(f"no {value} here") == (f"no {value} here" if name in INNOCENT_NAMES else "no *** here")


def test_labelled_tokens_and_webhooks_are_removed() -> None:
    text = (
        'X-Amz-Security-Token: FwoG, {"X-Amz-Security-Token": "FwoG"} https://hooks.slack.com/services/T1/B1/abc in us'
    )
    output = 'X-Amz-Security-Token: ***, {"X-Amz-Security-Token": "***"} https://hooks.slack.com/services/*** in us'
    assert readable(text) == output
